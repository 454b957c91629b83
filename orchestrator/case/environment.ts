/** What the cases of one variant share. */
import type { GuestKeys } from '../guest/index.ts';
import type { Accelerator, MachineSpec, Symbolise, Template, TimeLimits } from '../machine/index.ts';
import type { Limits } from '../suite/index.ts';

/** A machine with what it begins from. */
export interface ReadyMachine {
  /** What every machine of it is made of; `name` is replaced by the case's. */
  readonly machine: MachineSpec;
  /** Writes the guest image for machines that are booted, the first time that it is asked for, and gives its path. */
  readonly initramfs: () => Promise<string>;
  /** The booted machine that cases are cloned from; without one every case boots. */
  readonly template: Template | undefined;
  readonly keys: GuestKeys;
  readonly timeLimits: TimeLimits;
}

/** A variant that is built and packed: all that a case needs to boot. */
export interface CaseEnvironment extends ReadyMachine {
  readonly suite: string;
  readonly variant: string;
  /** Source and series of the kernel, for people. */
  readonly description: string;
  readonly profile: string;
  readonly kernel: {
    readonly key: string;
    readonly release: string;
    /** Whether the final .config has a symbol (without `CONFIG_`) as y or m. */
    readonly hasSymbol: (symbol: string) => boolean;
    /** Whether System.map has a function: it is part of vmlinux. */
    readonly hasFunction: (name: string) => boolean;
  };
  readonly accelerator: { readonly name: Accelerator; readonly reason: string };
  /** Names of the kernel's functions, for what is seen from outside. */
  readonly symbolise: Symbolise;
  /** Machines of other shapes, by {@link shapeOf}; a case whose shape is not here gets the one above. */
  readonly shapes?: ReadonlyMap<string, ReadyMachine>;
  /** Whether each clone gets random numbers of its own. */
  readonly reseed: boolean;
  readonly limits: Limits;
  /** Collections of selftests in the image, with the names of their files; what the source lacks is not here. */
  readonly selftests: ReadonlyMap<string, readonly string[]>;
  /** khungtaskd's time-out in the guest; below `limits.removalMs`, so that its report comes before our bound. */
  readonly hungTaskSecs: number;
}
