/** The workload events of one case, in the order in which the host read them. */
import { monotonicMs, within } from '../base/index.ts';
import type { GuestProcess } from '../guest/index.ts';
import { type EventSource, guestLineToEvent, type WorkloadEvent } from '../verdict/index.ts';

/** What is kept of a program that prints without end. */
const OUTPUT_LINES_MAX = 20_000;
const OUTPUT_WIDTH_MAX = 2000;
/** Far beyond what any program of ours has to say in a case. */
const EVENTS_MAX = 100_000;
const OUTPUT_CUT = `unplug: more than ${OUTPUT_LINES_MAX} lines, the rest is left out`;

/** Collects events and lets others wait for one. */
export class EventLog {
  readonly #events: WorkloadEvent[] = [];
  readonly #counts = new Map<EventSource, number>();
  readonly #eventsMax: number;
  readonly #startedMs: number;
  readonly #watchers = new Set<() => void>();

  /**
   * @param startedMs the case's start on the host's monotonic clock: `hostMs` counts from it
   * @param eventsMax lines that are kept of each program; one that prints more makes the case an error
   */
  constructor(startedMs: number, eventsMax = EVENTS_MAX) {
    this.#startedMs = startedMs;
    this.#eventsMax = eventsMax;
  }

  /** A moment of the host's monotonic clock as `hostMs` of this log. */
  hostMs(monotonic: number): number {
    return Math.round((monotonic - this.#startedMs) * 1000) / 1000;
  }

  get events(): readonly WorkloadEvent[] {
    return this.#events;
  }

  /** Takes every line that a guest program prints from now on. */
  record(process: GuestProcess, source: EventSource): void {
    process.onLine((line) => this.take(line, source));
  }

  /** Takes one line that a guest program printed just now. */
  take(line: string, source: EventSource): void {
    const count = (this.#counts.get(source) ?? 0) + 1;
    this.#counts.set(source, count);
    if (count > this.#eventsMax + 1) return;
    const hostMs = this.hostMs(monotonicMs());
    // What is no event makes the case an error: a flood is no evidence.
    const flood = `unplug: more than ${this.#eventsMax} lines of program ${source}, the rest is left out`;
    const text = count > this.#eventsMax ? flood : line;
    this.#events.push(guestLineToEvent(text, source, hostMs));
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Notes whether a device came back. */
  noteCameBack(device: string | null, detail: string | null): void {
    const hostMs = this.hostMs(monotonicMs());
    this.#events.push({ ev: 'came-back', source: 'second', hostMs, device, detail });
  }

  /**
   * Takes every line of a program that is not ours as it is.
   * @param mark lines that begin with it are for us and no output
   */
  recordOutput(process: GuestProcess, mark: string): void {
    let lines = 0;
    process.onLine((line) => {
      if (line.startsWith(mark) || lines > OUTPUT_LINES_MAX) return;
      const text = lines++ < OUTPUT_LINES_MAX ? line.slice(0, OUTPUT_WIDTH_MAX) : OUTPUT_CUT;
      const hostMs = this.hostMs(monotonicMs());
      this.#events.push({ ev: 'output', source: 'selftest', hostMs, text });
      for (const watcher of [...this.#watchers]) watcher();
    });
  }

  /**
   * The first event that `choose` accepts, from index `from` on, as soon as there is one.
   * @returns undefined when `limitMs` passed, or `gone` settled, or the signal fired without one
   */
  async waitFor<T extends WorkloadEvent>(
    choose: (event: WorkloadEvent) => event is T,
    limitMs: number,
    gone: Promise<unknown>,
    options: { readonly from?: number; readonly signal?: AbortSignal } = {},
  ): Promise<T | undefined> {
    let next = options.from ?? 0;
    const look = (): T | undefined => {
      for (; next < this.#events.length; next++) {
        const event = this.#events[next];
        if (event !== undefined && choose(event)) return event;
      }
      return undefined;
    };
    const already = look();
    if (already !== undefined) return already;
    let stop: () => void = () => undefined;
    const found = new Promise<T>((resolve) => {
      const watcher = (): void => {
        const event = look();
        if (event !== undefined) resolve(event);
      };
      this.#watchers.add(watcher);
      stop = () => this.#watchers.delete(watcher);
    });
    try {
      return await within(Promise.race([found, gone.then(() => look())]), limitMs, options.signal);
    } finally {
      stop();
    }
  }
}
