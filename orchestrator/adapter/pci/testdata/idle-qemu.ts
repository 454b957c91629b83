/** For tests: a real QEMU that runs no guest, with the root ports of a machine. */
import { join } from 'node:path';
import type { Test } from 'tap';
import { makeTemporaryDirectory, startProcess } from '../../../base/index.ts';
import { listenForOne, QmpClient, rootPorts } from '../../../machine/index.ts';
import { NATIVE_HOTPLUG } from '../why-not.ts';

/** For QEMU to call, and for what is asked of it. */
export const LIMIT_MS = 20_000;

/**
 * Starts it, with memory that can be shared. `-S`: its CPUs never run. With native hot-plug and no power on its slots it
 * lets go of a device without asking the guest.
 */
export async function idleQemu(t: Test): Promise<QmpClient> {
  const directory = await makeTemporaryDirectory('test');
  t.teardown(() => directory[Symbol.asyncDispose]());
  const path = join(directory.path, 'qmp');
  const listener = await listenForOne(path);
  t.teardown(() => listener[Symbol.asyncDispose]());
  const ports = rootPorts.flatMap((name, at) => [
    '-device',
    `pcie-root-port,id=${name},chassis=${at + 1},slot=${at + 1}`,
  ]);
  const child = startProcess({
    argv: [
      ...(['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-display', 'none', '-S'] as const),
      ...['-object', `memory-backend-file,id=ram,mem-path=${directory.path}/ram,size=16M,share=on`],
      ...['-global', NATIVE_HOTPLUG.machineGlobals[0]],
      ...['-machine', 'q35,memory-backend=ram', '-accel', 'tcg', '-m', '16M', ...ports],
      ...['-chardev', `socket,id=qmp,path=${path}`, '-mon', 'chardev=qmp,mode=control'],
    ],
  });
  t.teardown(() => child.kill());
  const socket = await listener.accept(LIMIT_MS);
  if (socket === undefined) throw new Error('QEMU did not call');
  const qmp = new QmpClient(socket);
  await qmp.negotiate();
  return qmp;
}
