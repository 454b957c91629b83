/**
 * What is kept of a case on disk (record.json). It holds what was seen and asked, never what it means: the verdict
 * is computed from it by `judge`, today or years later. Every key is always there; what is not known is null.
 * Times in ns are the guest's CLOCK_BOOTTIME, times in ms are the host's monotonic clock.
 */
import type { Case } from '../suite/index.ts';

/** Raised when a reader of today's records would misread them. */
export const RECORD_SCHEMA_VERSION = 1;

/** The steps of a case, in order. */
export type PhaseName = 'boot' | 'clone' | 'plug' | 'hold' | 'remove' | 'aftermath' | 'test' | 'collect';

/** One step and when it ran. */
export interface Phase {
  readonly name: PhaseName;
  readonly startMs: number;
  readonly endMs: number;
}

/** What ended a wait: the kernel by `itself`, or what unplug did to end it; `never`: it was still waiting at the end. */
export type EndedBy = 'itself' | 'interrupt' | 'close' | 'kill' | 'never';

/** One look at a task in /proc. */
export interface Observation {
  readonly atNs: number;
  /** One letter as in /proc/PID/stat: S, D, R …; `-` when the task was gone. */
  readonly state: string;
  readonly wchan: string;
  /** Innermost first, as /proc/PID/stack prints it: `i2c_del_adapter+0x1f0/0x230`. */
  readonly stack: readonly string[];
}

/** The removal: what was asked, and what came of it. */
export interface RemovalRecord {
  readonly mechanism: string;
  /** What was written and where, or the command, for the reader. */
  readonly action: string;
  /** The task that the kernel runs remove() in; null when there is none in the guest. */
  readonly pid: number | null;
  /** Just before the removing call. */
  readonly askedNs: number;
  /** When the removing call came back; null when it did not. */
  readonly returnedNs: number | null;
  /** Error name of the removing call, e.g. `EBUSY`; null when it succeeded or did not come back. */
  readonly errno: string | null;
  /** When the host had word that the device is gone (QMP DEVICE_DELETED); null where there is no such word. */
  readonly hostSawGoneMs: number | null;
  /**
   * When the device's node or name was seen to be gone in the guest; null when nobody looked: then what the use
   * afterwards and the opening of the old name gave must show it.
   */
  readonly guestSawGoneNs: number | null;
  readonly endedBy: EndedBy;
  /** When unplug acted to end the wait (interrupt, close, kill) or gave up (never); null when it ended by itself. */
  readonly endedAtNs: number | null;
  /** Looks at the removing task while it waited. */
  readonly observations: readonly Observation[];
}

/** The program that holds the device. */
export interface UserRecord {
  readonly pid: number;
  /** The thread in the blocking call; for a hold with nothing pending (t0) the main thread. */
  readonly tid: number;
  /** Whether a call is pending: false for t0. */
  readonly blocking: boolean;
  /** What ended the pending call; `itself` also means by an answer of the driver. Null when nothing was pending. */
  readonly endedBy: EndedBy | null;
  /** When unplug acted to end the call or gave up; null when it ended by itself or nothing was pending. */
  readonly endedAtNs: number | null;
  /** Looks at the blocked thread after the removal was asked for. */
  readonly observations: readonly Observation[];
}

/** A task of a selftest that had not ended in time. */
export interface TestTask {
  readonly pid: number;
  readonly comm: string;
  readonly observations: readonly Observation[];
}

/** A run of the kernel's own tests. What they printed is beside the record. */
export interface TestsRecord {
  /** The file with the output: KUnit prints on the console, a selftest's lines are events. */
  readonly output: 'console.log' | 'events.jsonl';
  /** The kernel parameters, or the command line in the guest. */
  readonly asked: string;
  /** Bound for a selftest; null where there was none but that of the boot. */
  readonly limitMs: number | null;
  /** From the start of a selftest to its end or to the end of unplug's patience; null for KUnit. */
  readonly durationMs: number | null;
  /** Of a selftest that ended by itself; 128 + signal where the shell says so. */
  readonly exitCode: number | null;
  /** `kill`: unplug killed what had not ended in time; `never`: it was still there after that, or the boot did not end. */
  readonly endedBy: EndedBy;
  /** Looks at what was running when the bound was reached, parents first. */
  readonly tasks: readonly TestTask[];
}

/** One answer of the health program. */
export interface HealthSample {
  /** A process could be made and ran to its end. */
  readonly forked: boolean;
  /** /proc/sys/kernel/tainted; null when it could not be read. */
  readonly tainted: number | null;
  /** `debug_locks` of /proc/lockdep_stats; null where the kernel has no lockdep. */
  readonly lockdep: boolean | null;
}

/** Health before the hold and after the aftermath. */
export interface HealthRecord {
  readonly before: HealthSample | null;
  readonly after: HealthSample | null;
  /** Why there is no `after` though it was asked for, e.g. `no answer within 10 s`; null otherwise. */
  readonly failure: string | null;
}

/** About console.log beside the record. */
export interface ConsoleRecord {
  readonly bytes: number;
  /** Bytes that were there when the removal was asked for: splats from here on are after it. */
  readonly removalStartByte: number | null;
  /** Whether it was read up to the end of the case; false: something was lost. */
  readonly complete: boolean;
}

/** Why a guest did not answer any more (orchestrator/machine/diagnosis-types.ts says what each means). */
export type DiagnosisKind =
  | 'qemu-ended'
  | 'qemu-stopped'
  | 'qemu-stuck'
  | 'paused'
  | 'frozen-spinning'
  | 'frozen-halted'
  | 'server-dead'
  | 'no-userspace';

/** What was seen of a guest that did not answer any more, looked at from outside. */
export interface DiagnosisRecord {
  readonly kind: DiagnosisKind;
  /** One line: `CPU 0 spins with interrupts off in unplug_fixture_remove`. */
  readonly summary: string;
  /** A line each: states, registers, stacks, what the kernel said to an NMI. */
  readonly evidence: readonly string[];
  /** Bytes of the console when unplug injected an NMI: what is behind is its doing. Null when it injected none. */
  readonly nmiStartByte: number | null;
}

/** unplug or the host failed, so that the case says nothing of the kernel. */
export interface InfraRecord {
  /** `code` of the error (`BOOT`, `GUEST`, `INFRA` …). */
  readonly code: string;
  readonly message: string;
  readonly phase: PhaseName;
}

/** record.json */
export interface CaseRecord {
  readonly schemaVersion: typeof RECORD_SCHEMA_VERSION;
  readonly suite: string;
  /** In records older than the other kinds there is no `kind`: those are removals. */
  readonly case: Case;
  readonly variant: string;
  readonly kernel: { readonly key: string; readonly release: string };
  readonly profile: string;
  readonly accelerator: { readonly name: 'kvm' | 'tcg'; readonly reason: string };
  /** Null when the case ended before there was one. */
  readonly machine: {
    readonly memoryMiB: number;
    readonly cpus: number;
    /** Null in records of before there were clones: those were booted. */
    readonly origin: 'boot' | 'clone' | null;
  } | null;
  /** The limits that were used, after scaling. */
  readonly limits: { readonly removalMs: number; readonly userMs: number };
  /** Wall time of the start, ISO 8601. */
  readonly startedAt: string;
  /** The device node that was held, e.g. `/dev/gpiochip0`. */
  readonly device: string | null;
  /**
   * What the plug script said beside that, e.g. `hotplug`: the driver that the guest has bound to the port. Null in older
   * records, and when it came to no plug.
   */
  readonly facts: Readonly<Record<string, string>> | null;
  readonly phases: readonly Phase[];
  readonly removal: RemovalRecord | null;
  readonly user: UserRecord | null;
  /** Null in a removal's record. */
  readonly tests: TestsRecord | null;
  readonly health: HealthRecord | null;
  readonly console: ConsoleRecord | null;
  readonly infra: InfraRecord | null;
  /** Null when the guest answered to the end, and in records of before there were diagnoses. */
  readonly diagnosis: DiagnosisRecord | null;
  readonly skip: { readonly reason: string } | null;
}
