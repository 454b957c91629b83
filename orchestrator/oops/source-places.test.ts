import t from 'tap';
import { addressOf, codePlaceIn, parseAnswer, parseSymbols, sourceRoot, withPlaces } from './index.ts';

t.test('code in a line', async (t) => {
  t.match(codePlaceIn(' foo.isra.0+0x12/0x340'), { name: 'foo.isra.0', offset: 0x12, exact: false });
  t.match(codePlaceIn(' ? foo+0x12/0x340 [gpio_sim]'), { name: 'foo', module: 'gpio_sim' });
  t.match(codePlaceIn('RIP: 0010:foo+0x12/0x340'), { name: 'foo', exact: true });
  t.equal(codePlaceIn('RIP: 0033:0x4cb213'), undefined);
  t.equal(codePlaceIn(' foo+0x12'), undefined, 'an offset without a size is no symbol of printk()');
});

t.test('a call is one byte before where it returns to', async (t) => {
  t.equal(addressOf(0x1000n, { offset: 0x12, exact: false }), 0x1011n);
  t.equal(addressOf(0x1000n, { offset: 0x12, exact: true }), 0x1012n);
  t.equal(addressOf(0x1000n, { offset: 0, exact: false }), 0x1000n);
});

t.test('symbols: the first code of a name', async (t) => {
  const symbols = parseSymbols(
    '0000000000000010 t foo\n0000000000000020 T foo\n0000000000000030 D bar\n                 U baz\n',
  );
  t.same([...symbols], [['foo', 0x10n]]);
});

t.test('an answer, and the line with it', async (t) => {
  const answer = [
    'list_del',
    '/b/linux/include/linux/list.h:217 (discriminator 3)',
    'foo',
    '/b/linux/drivers/x.c:12',
  ];
  const root = sourceRoot([{ name: 'kernel_init', place: '/b/linux/init/main.c:1' }]);
  const frames = parseAnswer(answer, root);
  t.same(frames, [
    { name: 'list_del', place: 'include/linux/list.h:217' },
    { name: 'foo', place: 'drivers/x.c:12' },
  ]);
  const shown = (line: string) => {
    const place = codePlaceIn(line);
    return place && withPlaces(line, place, frames);
  };
  t.same(shown(' ? foo+0x1/0x2 [x]'), [
    ' ? list_del include/linux/list.h:217 [inline]',
    ' ? foo+0x1/0x2 [x] drivers/x.c:12',
  ]);
  t.same(shown('WARNING: CPU: 0 PID: 1 at foo+0x1/0x2'), [
    'WARNING: CPU: 0 PID: 1 at foo+0x1/0x2 drivers/x.c:12',
  ]);
  t.same(parseAnswer(['??', '??:0'], root), []);
  t.same(parseAnswer(['f', '/c/build/unplug-modules/modules/f.c:3'], root), [
    { name: 'f', place: 'unplug-modules/modules/f.c:3' },
  ]);
});
