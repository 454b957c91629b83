/**
 * virtio-i2c is taken away while a transfer is in flight. The removal waits for the file that is open, the user's wait
 * is interrupted, and virtio_i2c_xfer() frees what the ring still points to. Then the device answers: it does so when
 * the next transfer shows that the driver has given up the first one, so the window is no matter of luck.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { CleanupStack } from '../base/index.ts';
import { runCase } from '../case/index.ts';
import type { RemovalCase } from '../suite/index.ts';
import { judgeConsole } from '../verdict/index.ts';
import { prepareBaseline, temporaryFolder } from './baseline.ts';

const FULL = process.env['UNPLUG_TEST_FULL'] === '1';
const TIMES = FULL ? 10 : 1;

const IN_FLIGHT: RemovalCase = {
  kind: 'removal',
  name: 'virtio-i2c/i2c-dev/t4-ioctl/device_del',
  adapter: 'virtio-i2c',
  deviceClass: 'i2c-dev',
  hold: 't4-ioctl',
  removal: 'device_del',
};

await using shared = new CleanupStack();
const environment = await prepareBaseline(shared, { cases: [IN_FLIGHT] });

t.test(`${IN_FLIGHT.name}: use after free, ${TIMES} of ${TIMES} times`, async (t) => {
  for (let time = 1; time <= TIMES; time++) {
    const directory = await temporaryFolder(t);
    const { record, events } = await runCase(environment, IN_FLIGHT, directory);
    // complete() takes a lock in freed memory, so the guest may spin for ever and not answer any more.
    const console_ = await readFile(join(directory, 'console.log'));
    const verdict = judgeConsole(record, events, console_);
    t.equal(verdict.verdict, 'crash', verdict.title);
    t.match(
      console_.toString(),
      /KASAN: slab-use-after-free[\s\S]*virtio_i2c_msg_done[\s\S]*Freed by task[\s\S]*virtio_i2c_xfer/,
      'used by the interrupt, freed by the transfer',
    );
    t.comment(verdict.title);
  }
});

for (const [signal, words] of [
  ['SIGKILL', /vhost-user-backend, pid \d+\) was killed by SIGKILL/],
  // QEMU waits for the process, and the guest for QEMU: it takes all the bounds there are.
  ['SIGSTOP', /vhost-user-backend, pid \d+\) was stopped by a signal/],
] as const) {
  const skip = signal === 'SIGSTOP' && !FULL ? 'in the full test' : false;
  t.test(`the process that is the device gets ${signal}: an error, which names it`, { skip }, async (t) => {
    const directory = await temporaryFolder(t);
    const { record, events } = await runCase(environment, { ...IN_FLIGHT, hold: 't0-idle' }, directory, {
      onPlugged: ({ virtio }) => process.kill(virtio?.backend.pid ?? 0, signal),
    });
    const verdict = judgeConsole(record, events, await readFile(join(directory, 'console.log')));
    t.equal(verdict.verdict, 'error', verdict.title);
    t.match(record.infra?.message, words);
  });
}
