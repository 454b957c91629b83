/** What the cases of one variant share. */
import type { RunKeys } from '../guest/index.ts';
import type { Accelerator } from '../machine/index.ts';
import type { Limits } from '../suite/index.ts';

/** A variant that is built and packed: all that a case needs to boot. */
export interface CaseEnvironment {
  readonly suite: string;
  readonly variant: string;
  /** Source and series of the kernel, for people. */
  readonly description: string;
  readonly profile: string;
  readonly kernel: {
    readonly key: string;
    readonly release: string;
    readonly bzImage: string;
    /** Whether the final .config has a symbol (without `CONFIG_`) as y or m. */
    readonly hasSymbol: (symbol: string) => boolean;
    /** Whether System.map has a function: it is part of vmlinux. */
    readonly hasFunction: (name: string) => boolean;
  };
  readonly accelerator: { readonly name: Accelerator; readonly reason: string };
  /** Path of the guest image with this run's keys in it. */
  readonly initramfs: string;
  readonly keys: RunKeys;
  readonly machine: { readonly memoryMiB: number; readonly cpus: number };
  readonly limits: Limits;
  /** Collections of selftests in the image, with the names of their files; what the source lacks is not here. */
  readonly selftests: ReadonlyMap<string, readonly string[]>;
  /** khungtaskd's time-out in the guest; below `limits.removalMs`, so that its report comes before our bound. */
  readonly hungTaskSecs: number;
}
