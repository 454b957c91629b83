/** Other people's tools against an adapter in a guest: what they read and do is compared with what is outside. */
import type { Test } from 'tap';
import { EEPROM_CONTENTS, type GpioLines, type PlugFacts } from '../adapter/index.ts';
import { delay } from '../base/index.ts';
import type { PluggedAdapter } from '../case/index.ts';
import type { UsbGuest } from './usb-guest.ts';

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;
const bytesOf = (text: string): number[] =>
  [...text.matchAll(/0x([0-9a-f]{2})/g)].map(([, digits]) => Number.parseInt(digits as string, 16));

/** i2c-tools against an EEPROM and a sensor. */
export async function i2cTools(
  t: Test,
  guest: UsbGuest,
  { facts, outside }: Pick<PluggedAdapter, 'facts' | 'outside'>,
): Promise<void> {
  const bus = facts.device.replace('/dev/i2c-', '');
  if (outside === undefined) throw new Error('no bus');
  const { ask } = guest;
  const found = await ask(`i2cdetect -y -r ${bus} 0x48 0x50`);
  t.match(found, /40: +48 -- -- -- -- -- -- --/, 'i2cdetect finds the sensor');
  t.match(found, /50: 50/, 'and the EEPROM');
  t.equal((await ask(`i2cget -y ${bus} 0x50 0x21`)).trim(), hex(EEPROM_CONTENTS[0x21] as number), 'i2cget');
  const dump = await ask(`i2cdump -y -r 0x00-0x3f ${bus} 0x50 b`);
  const rows = [...dump.matchAll(/^[0-9a-f]{2}: ((?:[0-9a-f]{2} ){16})/gm)].map(([, row]) =>
    (row as string).trim(),
  );
  t.equal(
    rows.join(' '),
    [...EEPROM_CONTENTS.slice(0, 0x40)].map((byte) => hex(byte).slice(2)).join(' '),
    'i2cdump',
  );
  await ask(`i2cset -y ${bus} 0x50 0x21 0x5a`);
  t.equal((await ask(`i2cget -y ${bus} 0x50 0x21`)).trim(), '0x5a', 'i2cset');
  t.equal(outside.eeprom.contents[0x21], 0x5a, 'and the chip has it');
  const read = bytesOf(await ask(`i2ctransfer -y ${bus} w1@0x50 0x10 r16`));
  t.same(read, [...EEPROM_CONTENTS.slice(0x10, 0x20)], 'i2ctransfer with two messages');
  t.not((await guest.try(`i2cget -y ${bus} 0x33 0`)).code, 0, 'nobody at 0x33');
}

/** libgpiod's tools against the pins. */
export async function gpioTools(
  t: Test,
  guest: UsbGuest,
  facts: PlugFacts,
  lines: GpioLines | undefined,
  hasEvents: boolean,
): Promise<void> {
  const chip = facts.device.replace('/dev/', '');
  if (lines === undefined) throw new Error('no lines');
  const { run } = guest;
  t.match(await run('gpiodetect'), new RegExp(`^${chip} .*\\(${lines.count} lines\\)`, 'm'), 'gpiodetect');
  t.equal(
    (await run(`gpioinfo ${chip}`)).split('\n').filter((line) => /line +\d+:/.test(line)).length,
    lines.count,
  );
  lines.drive(1, 1);
  t.equal((await run(`gpioget ${chip} 1`)).trim(), '1', 'gpioget sees a line that is high outside');
  lines.drive(1, 0);
  t.equal((await run(`gpioget ${chip} 1`)).trim(), '0');
  const edges: string[] = [];
  const stop = lines.onEdge(({ line, level }) => edges.push(`${line}=${level}`));
  await run(`gpioset --mode=time --usec=200000 ${chip} 2=1`);
  stop();
  t.match(edges, ['2=1'], 'gpioset drives a line');
  if (!hasEvents) {
    t.not((await guest.try(`gpiomon -n 1 ${chip} 3`)).code, 0, 'no events of its lines');
    return;
  }
  const process = await guest.shell.start(`gpiomon -n 4 -F '%e %n %s' ${chip} 3`);
  const events: { readonly rising: boolean; readonly atMs: number }[] = [];
  process.onLine((line) => {
    const [type, ns, s] = line.split(' ').map(Number);
    events.push({ rising: type === 1, atMs: (s ?? 0) * 1000 + (ns ?? 0) / 1e6 });
  });
  // It has requested the line once that has a consumer: nothing else tells when it listens.
  await run(
    `looks=0; until gpioinfo ${chip} | grep -q 'line *3:.*gpiomon'; do looks=$((looks+1)); [ $looks -lt 100 ]; done`,
  );
  const made: number[] = [];
  const watch = lines.onEdge(({ line, atMs }) => {
    if (line === 3) made.push(atMs);
  });
  for (const level of [1, 0, 1, 0] as const) {
    lines.drive(3, level);
    await delay(700);
  }
  t.equal(await process.exited, 0, process.stderr());
  watch();
  t.same(
    events.map(({ rising }) => rising),
    [true, false, true, false],
    'gpiomon sees each edge',
  );
  const gaps = (times: readonly number[]): number[] =>
    times.slice(1).map((at, index) => at - (times[index] as number));
  const [asked, seen] = [gaps(made), gaps(events.map(({ atMs }) => atMs))];
  const off = asked.map((gap, index) => Math.abs(gap - (seen[index] ?? Number.NaN)));
  t.comment(`gaps made ${asked.map(Math.round).join(' ')} ms, seen ${seen.map(Math.round).join(' ')} ms`);
  t.ok(
    off.every((ms) => ms < 400),
    `at the times when they were made: off by ${off.map(Math.round).join(', ')} ms`,
  );
}
