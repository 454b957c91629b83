/** A long-lived addr2line(1) for one object file. */
import { createInterface } from 'node:readline';
import { InfraError, runCommand, type SupervisedProcess, startProcess } from '../base/index.ts';

/** Asked after each address: its answer, which is known, ends that of the address before. */
const SENTINEL = '0x0000000000000000';

/** Asks for one address after the other. Disposing it ends the process. */
export class Addr2line implements AsyncDisposable {
  readonly #process: SupervisedProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #known = new Map<bigint, Promise<readonly string[]>>();
  #last: Promise<unknown> = Promise.resolve();

  /** @throws InfraError when addr2line can't be started */
  constructor(object: string) {
    this.#process = startProcess({ argv: ['addr2line', '-afi', '-e', object], stdin: true });
    this.#process.stderr.resume();
    this.#process.stdin.on('error', () => undefined);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Function and place, a line each, the innermost inlined function first; `??` and `??:0` where nothing is known.
   * @throws InfraError when addr2line ended
   */
  ask(address: bigint): Promise<readonly string[]> {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const answer = this.#last.then(() => this.#ask(address));
    this.#known.set(address, answer);
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.kill();
  }

  async #ask(address: bigint): Promise<readonly string[]> {
    this.#process.stdin.write(`0x${address.toString(16)}\n0\n`);
    const lines: string[] = [];
    for (let line = await this.#next(); line !== SENTINEL; line = await this.#next()) lines.push(line);
    await this.#next();
    await this.#next();
    return lines.slice(1);
  }

  async #next(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done) throw new InfraError('addr2line ended before it answered');
    return value;
  }
}

/** nm(1)'s list of an object file. @throws InfraError when it can't be read */
export async function symbolList(object: string): Promise<string> {
  return (await runCommand({ argv: ['nm', object] })).stdout.toString('latin1');
}
