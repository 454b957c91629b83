/** What every adapter offers, whatever it is made of. */

/** How a device can be taken away. */
export type RemovalName = 'sysfs_unbind' | 'sysfs_remove' | 'configfs_disable';

/**
 * What a guest holds open when the device goes. t0: an idle file; t1: a blocked poll; t2: a blocked read; t3: a blocked
 * read of a file that was derived from the device's; t4: an ioctl in flight. That is one that sleeps until it is ended
 * (`t4-ioctl`), one after another that nothing ends early (`t4-busy`), those with short ones beside them by another
 * thread on the same file (`t4-shared`), or one that takes its own device away (`t4-nested`).
 */
export type HoldName =
  | 't0-idle'
  | 't1-poll'
  | 't2-read'
  | 't3-read'
  | 't4-ioctl'
  | 't4-busy'
  | 't4-shared'
  | 't4-nested';

/** What an adapter's plug script said: `device` is the node to hold, the rest is the adapter's own. */
export interface PlugFacts {
  readonly device: string;
  readonly [name: string]: string;
}

/** A removal is one write to one file of the guest: the kernel runs remove() inside that write. */
export interface RemovalWrite {
  readonly file: string;
  readonly value: string;
}

/** An adapter that exists in every guest without help from the host. */
export interface SoftwareAdapter {
  readonly name: string;
  readonly deviceClass: string;
  readonly description: string;
  /** Kernel symbols without `CONFIG_`. */
  readonly requiredSymbols: readonly string[];
  /** Functions of the kernel, as in System.map: tells apart what no symbol of Kconfig does. */
  readonly requiredFunctions: readonly string[];
  /** Functions whose presence tells that the kernel's interface is another one; none when absent. */
  readonly excludedFunctions?: readonly string[];
  readonly holds: readonly HoldName[];
  /** Why a hold or removal that other adapters have is not to be had here. */
  readonly whyNot: Readonly<Record<string, string>>;
  /**
   * Script for the guest's /bin/sh, run with `set -e`. A program that it starts costs a tenth of a second under TCG and
   * KASAN, what the shell does by itself costs next to nothing. It returns when the device can be opened, and prints
   * `name=value` lines: the facts.
   */
  readonly plug: string;
  readonly removals: Readonly<Partial<Record<RemovalName, (facts: PlugFacts) => RemovalWrite>>>;
}
