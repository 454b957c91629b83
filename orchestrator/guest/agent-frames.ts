/** What the guest's agent says (guest/workloads/agent.c), taken apart. Pure and incremental. */

/** One record of the agent. */
export type AgentFrame =
  | { readonly word: 'out' | 'err'; readonly id: number; readonly bytes: Buffer }
  /** Exit code or 128 + signal of a program that ended, or the errno of one that could not be started. */
  | { readonly word: 'exit' | 'fail'; readonly id: number; readonly number: number };

const LINE_MAX = 64;

/** Takes pieces of any size and gives the whole records in them. */
export class AgentFrames {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws Error when it is no record: what comes after that means nothing */
  take(piece: Buffer): AgentFrame[] {
    let rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const frames: AgentFrame[] = [];
    for (;;) {
      const end = rest.indexOf(0x0a);
      if (end < 0 && rest.length <= LINE_MAX) break;
      const line = rest.subarray(0, end < 0 ? LINE_MAX : end).toString('latin1');
      const [, word, id, number] = /^(out|err|exit|fail) (\d{1,9}) (\d{1,9})$/.exec(line) ?? [];
      if (end < 0 || number === undefined) throw new Error(`the guest's agent said ${JSON.stringify(line)}`);
      const from = end + 1;
      if (word === 'exit' || word === 'fail') {
        frames.push({ word, id: Number(id), number: Number(number) });
        rest = rest.subarray(from);
        continue;
      }
      const to = from + Number(number);
      if (rest.length < to) break;
      frames.push({ word: word as 'out' | 'err', id: Number(id), bytes: rest.subarray(from, to) });
      rest = rest.subarray(to);
    }
    this.#rest = rest;
    return frames;
  }
}

/** A command for the agent: starts a program. @throws RangeError for more words or bytes than the agent takes */
export function runCommandFrame(id: number, words: readonly string[]): Buffer {
  const data = Buffer.from(words.map((word) => `${word}\0`).join(''));
  if (words.length > 64 || data.length >= 32_768)
    throw new RangeError(`too long a command for the guest's agent: ${words[0]}`);
  return Buffer.concat([Buffer.from(`run ${id} ${data.length}\n`), data]);
}

/** Bytes for a program's standard input; none: the end of it. */
export function inputFrame(id: number, text: string): Buffer {
  const data = Buffer.from(text);
  return Buffer.concat([Buffer.from(`in ${id} ${data.length}\n`), data]);
}
