/** Makes sure that nothing of the console is missing at the end of a case. */
import { delay } from '../base/index.ts';
import type { GuestShell } from '../guest/index.ts';
import type { RunningMachine } from '../machine/index.ts';

const CONSOLE_MARK_LIMIT_MS = 10_000;
/** Printed by us at the end: once it is on the console, all that the kernel printed before is there too. */
const END_MARK = 'unplug: end of case';

/**
 * Has the guest print a mark and waits until it is on the console: then nothing that came before is missing. When the
 * guest is past that, the end of QEMU and of the console is as good.
 */
export async function completeConsole(machine: RunningMachine, shell: GuestShell): Promise<boolean> {
  let seen: () => void = () => undefined;
  const marked = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const stop = machine.console.onLine((line) => {
    if (line.includes(END_MARK)) seen();
  });
  const timeout = new AbortController();
  try {
    const ask = shell.run(`echo '<6>${END_MARK}' > /dev/kmsg`, CONSOLE_MARK_LIMIT_MS).then(
      () => marked,
      () => new Promise<never>(() => undefined),
    );
    return await Promise.race([
      ask.then(() => true),
      machine.ended.then(() => true),
      delay(CONSOLE_MARK_LIMIT_MS, timeout.signal).then(
        () => false,
        () => false,
      ),
    ]);
  } finally {
    timeout.abort();
    stop();
  }
}
