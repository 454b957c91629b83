/** Makes sure that nothing of the console is missing at the end of a case. */
import { within } from '../base/index.ts';
import { type GuestShell, runInGuest } from '../guest/index.ts';
import type { ConsoleRecorder, RunningMachine } from '../machine/index.ts';

/** Printed by us at the end: once it is on the console, all that the kernel printed before is there too. */
const END_MARK = 'unplug: end of case';

/**
 * What /dev/kmsg gets; 6 is KERN_INFO (Documentation/ABI/testing/dev-kmsg). Without the line end the record would stay
 * open, and off the console, until another one comes (kernel/printk/printk.c vprintk_store()).
 */
export const END_MARK_RECORD = `<6>${END_MARK}\n`;

/** Settles when the mark is on the console. */
export function watchForEnd(console_: ConsoleRecorder): Promise<true> {
  return new Promise((resolve) => {
    const stop = console_.onLine((line) => {
      if (!line.includes(END_MARK)) return;
      stop();
      resolve(true);
    });
  });
}

/**
 * Waits until the mark is on the console, having it printed if nobody did: then nothing that came before is missing.
 * When the guest is past that, the end of QEMU and of the console is as good.
 * @param end from {@link watchForEnd}, called before anybody could print it
 */
export async function completeConsole(
  { ended, limits }: RunningMachine,
  shell: GuestShell,
  end: Promise<true>,
): Promise<boolean> {
  const complete = Promise.race([end, ended.then(() => true as const)]);
  // Most often the last look at the guest's health has printed it already, and it is on its way.
  if ((await within(complete, limits.consoleMarkMs / 20)) === true) return true;
  // A guest that refuses says nothing new: the bound below is what counts.
  runInGuest(shell, `printf '${END_MARK_RECORD}' >/dev/kmsg`, limits.consoleMarkMs).catch(() => undefined);
  return (await within(complete, limits.consoleMarkMs)) === true;
}
