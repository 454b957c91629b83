import t from 'tap';
import { BehaviourScript, type PluggedUsb, usbModels } from '../adapter/index.ts';
import { type AdapterHand, answerTo } from './shell-adapter.ts';

function hand(): AdapterHand & { readonly asked: string[]; readonly usb: PluggedUsb } {
  const device = usbModels.find(({ name }) => name === 'mcp2221')?.create();
  const usb = { device, script: new BehaviourScript() } as unknown as PluggedUsb;
  const asked: string[] = [];
  return {
    asked,
    usb,
    plugged: usb,
    plug: async () => ({ facts: { device: '/dev/gpiochip0' } }),
    unplug: async (how) => void asked.push(how),
  };
}

t.test('commands of the prompt', async (t) => {
  const one = hand();
  t.equal(await answerTo(one, 'plug', []), 'plugged: /dev/gpiochip0');
  t.equal(await answerTo(one, 'unplug', []), 'asked: device_del');
  t.equal(await answerTo(one, 'unplug', ['usb_disconnect']), 'asked: usb_disconnect');
  t.same(one.asked, ['device_del', 'usb_disconnect']);
  t.equal(await answerTo(one, 'line', ['2', 'high']), 'line 2 is high');
  t.match(await answerTo(one, 'line', []), /^0 \w+ low\n1 \w+ low\n2 \w+ high\n3 \w+ low$/);
  t.equal(await answerTo(one, 'misbehave', ['stall', '2']), 'stall: in force');
  const { script } = one.usb;
  t.equal(script.next({ kind: 'control', endpoint: 0 }).behaviour, undefined, 'only with request 2');
  t.match(script.next({ kind: 'control', endpoint: 0 }).behaviour, { do: 'status', status: 'stall' });
  await answerTo(one, 'misbehave', ['none']);
  t.equal(script.next({ kind: 'control', endpoint: 0 }).behaviour, undefined);
});

t.test('what makes no sense is answered with how it is meant', async (t) => {
  const one = hand();
  for (const [command, ...args] of [
    ['unplug', 'gently'],
    ['line', '2', 'up'],
    ['line', 'two', 'high'],
    ['misbehave', 'badly'],
    ['misbehave', 'stall', 'soon'],
    ['dance'],
  ] as const)
    await t.rejects(
      answerTo(one, command, args),
      { code: 'USAGE', message: /usage: / },
      `${command} ${args}`,
    );
  await t.rejects(answerTo(one, 'line', ['9', 'high']), { message: /no line 9/ });
  await t.rejects(answerTo({ ...one, plugged: undefined }, 'line', []), {
    message: /nothing is plugged that has lines/,
  });
});
