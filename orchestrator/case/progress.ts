/** What is known of a case so far: whatever happens, its record is made of it. */
import { monotonicMs } from '../base/index.ts';
import type {
  HealthRecord,
  Phase,
  PhaseName,
  RemovalRecord,
  TestsRecord,
  UserRecord,
} from '../verdict/index.ts';

/** State of a running case. */
export class Progress {
  readonly phases: Phase[] = [];
  device: string | null = null;
  facts: Readonly<Record<string, string>> | null = null;
  removal: RemovalRecord | null = null;
  user: UserRecord | null = null;
  tests: TestsRecord | null = null;
  health: HealthRecord | null = null;
  /** Bytes on the console when the removal was asked for. */
  removalStartByte: number | null = null;
  readonly #startedMs: number;
  #current: PhaseName;
  #begunMs = 0;
  #running = false;

  /** @param startedMs the case's start on the host's monotonic clock: phases count from it */
  constructor(startedMs: number, first: PhaseName) {
    this.#startedMs = startedMs;
    this.#current = first;
  }

  /** The phase that runs, or ran last. */
  get phase(): PhaseName {
    return this.#current;
  }

  /** Ends the phase that runs, and begins another. */
  begin(phase: PhaseName): void {
    this.end();
    this.#current = phase;
    this.#begunMs = this.#nowMs();
    this.#running = true;
  }

  /** Ends the phase that runs. */
  end(): void {
    if (this.#running)
      this.phases.push({ name: this.#current, startMs: this.#begunMs, endMs: this.#nowMs() });
    this.#running = false;
  }

  #nowMs(): number {
    return Math.round(monotonicMs() - this.#startedMs);
  }
}
