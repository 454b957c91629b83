import t from 'tap';
import { isNoise, parseFrame, parseLine, plainName, ruleFor } from './index.ts';

t.test('prefixes', async (t) => {
  const line = (raw: string) => {
    const { timeS, caller, body } = parseLine(raw, 0, 1);
    return [timeS, caller, body];
  };
  t.same(line('[   12.402871][   T91] BUG: x'), [12.402871, 'T91', 'BUG: x']);
  t.same(line('[   12.402871][    C0]  foo+0x1/0x2'), [12.402871, 'C0', ' foo+0x1/0x2']);
  t.same(line('[   12.402871] a [b] c'), [12.402871, undefined, 'a [b] c']);
  t.same(line('<4>[   12.402871] x\r'), [12.402871, undefined, 'x']);
  t.same(line('guest login: [   12.402871][  T91] x'), [12.402871, 'T91', 'x']);
  t.same(line('<4>no time'), [undefined, undefined, 'no time']);
  t.same(line('Nov 26 04:30:19 guest kernel:  foo+0x1/0x2'), [undefined, undefined, ' foo+0x1/0x2']);
  t.same(line('Nov 26 04:30:19 guest kernel: [    1.500000] BUG: x'), [1.5, undefined, 'BUG: x']);
  t.same(line('[    1.500000] guest.lan kernel: BUG: x'), [1.5, undefined, 'BUG: x']);
  t.same(line('[Thu Nov 26 04:30:19 2026] BUG: x'), [undefined, undefined, 'BUG: x']);
  t.same(line('[Thu Nov 26 04:30:19 2026][   T12] BUG: x'), [undefined, 'T12', 'BUG: x']);
  t.same(line('kern  :warn  : [    1.500000]  foo+0x1/0x2'), [1.5, undefined, ' foo+0x1/0x2']);
  t.same(line('kern  :warn  : [Thu Nov 26 04:30:19 2026] x'), [undefined, undefined, 'x']);
  t.same(line('2026-11-26T04:30:19,123456+00:00 BUG: x'), [undefined, undefined, 'BUG: x']);
  t.same(line('2026-11-26T04:30:19+0000 guest kernel: BUG: x'), [undefined, undefined, 'BUG: x']);
  t.same(line('6,339,5140900,-;BUG: x'), [undefined, undefined, 'BUG: x']);
  t.same(line('[    1.500000] a\x1b[1;31mb\x1b]0;title\x07c\x1bcd\x08e\tf\x7f\0'), [
    1.5,
    undefined,
    'abcde\tf',
  ]);
  t.same(line('unplug: mark'), [undefined, undefined, 'unplug: mark']);
});

t.test('frames of every shape', async (t) => {
  const shapes: readonly (readonly [string, string, boolean])[] = [
    [' foo+0x1/0x2', 'foo', false],
    [' ? foo.isra.0+0x1/0x2', 'foo', true],
    [' foo.constprop.0.cold+0x1/0x2 [mod]', 'foo', false],
    [' [<ffffffff81d15631>] foo+0x181/0x210', 'foo', false],
    [' [<     inline     >] foo drivers/gpio/gpiolib.c:12', 'foo', false],
    [' foo drivers/gpio/gpiolib.c:12 [inline]', 'foo', false],
    ['[<802918b8>] (foo) from [<80292a90>] (bar+0x9c/0x100)', 'foo', false],
    [' foo from bar+0x9c/0x100', 'foo', false],
    ['[c000000001bb3710] [c0000000000286fc] foo+0x43c/0x6d0', 'foo', false],
    ['RIP: 0010:foo+0x1/0x2', 'foo', false],
    ['pc : foo+0x18/0x2c', 'foo', false],
    ['PC is at foo+0x60/0x524', 'foo', false],
  ];
  for (const [body, name, unsure] of shapes) {
    const frame = parseFrame(body);
    t.same([frame?.name, frame?.unsure], [name, unsure], body);
  }
  t.equal(parseFrame(' foo+0x1/0x2 [gpio_sim]')?.module, 'gpio_sim');
  for (const none of [
    'RIP: 0033:0x4cb1ae',
    'RIP: 0010:0x0',
    'Call Trace:',
    'usb 1-1: reset',
    ' ffff888004a1c0c8',
  ]) {
    t.equal(parseFrame(none), undefined, none);
  }
});

t.test('names', async (t) => {
  t.equal(plainName('foo.part.0.isra.2'), 'foo');
  t.equal(plainName('foo.llvm.123456'), 'foo');
  for (const tool of ['__mutex_lock', 'kfree', 'refcount_warn_saturate', 'device_del', 'dump_stack_lvl'])
    t.ok(isNoise(tool), tool);
  for (const subject of [
    'gpiochip_remove',
    'unplug_fixture_read',
    'i2cdev_ioctl',
    'rtnl_lock',
    'synchronize_srcu',
    'chrdev_open',
  ]) {
    t.notOk(isNoise(subject), subject);
  }
});

t.test('rules cite their source and fill only what they match', async (t) => {
  const { RULES } = await import('./rules.ts');
  for (const rule of RULES) {
    t.match(rule.source, /\S/, String(rule.match));
    t.equal(
      rule.title.includes('{frame}'),
      rule.from !== 'none',
      `${rule.title}: names a function if it looks for one`,
    );
    t.notOk(rule.match.flags.includes('g'), 'a rule keeps no state');
  }
  t.equal(ruleFor('usb 1-1: USB disconnect'), undefined);
});
