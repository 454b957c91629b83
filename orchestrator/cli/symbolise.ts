/** A report's text with the places of its frames in the source. */
import { Addr2line, type KernelFiles, symbolList } from '../kernel/index.ts';
import {
  addressOf,
  type CodePlace,
  codePlaceIn,
  parseAnswer,
  parseSymbols,
  type SourceFrame,
  sourceRoot,
  withPlaces,
} from '../oops/index.ts';

type OpenObject = { readonly addr2line: Addr2line; readonly symbols: ReadonlyMap<string, bigint> };

/** Asks one addr2line for each object that a frame is in, started when the first is. Disposing it ends them. */
export class Symboliser implements AsyncDisposable {
  readonly #files: KernelFiles;
  readonly #objects = new Map<string, Promise<OpenObject>>();
  #root: Promise<string> | undefined;

  constructor(files: KernelFiles) {
    this.#files = files;
  }

  /** The text, frames with their places; what is not known stays as it is. @throws InfraError when a tool fails */
  async text(text: string): Promise<string> {
    const lines: string[] = [];
    for (const line of text.split('\n')) {
      const place = codePlaceIn(line);
      lines.push(...(place === undefined ? [line] : withPlaces(line, place, await this.frames(place))));
    }
    return lines.join('\n');
  }

  /** The functions at a place, the innermost inlined one first; none where nothing is known. @throws InfraError when a tool fails */
  async frames(place: Omit<CodePlace, 'from' | 'to'>): Promise<readonly SourceFrame[]> {
    const { module } = place;
    const file =
      module === undefined ? this.#files.vmlinux : this.#files.modules.get(module.replaceAll('-', '_'));
    if (file === undefined) return [];
    this.#root ??= this.#sourceRoot();
    return this.#ask(file, place, await this.#root);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const object of this.#objects.values()) {
      const opened = await object.catch(() => undefined);
      await opened?.addr2line[Symbol.asyncDispose]();
    }
  }

  async #ask(
    file: string,
    place: Omit<CodePlace, 'from' | 'to'>,
    root: string,
  ): Promise<readonly SourceFrame[]> {
    const { addr2line, symbols } = await this.#open(file);
    const start = symbols.get(place.name);
    return start === undefined ? [] : parseAnswer(await addr2line.ask(addressOf(start, place)), root);
  }

  async #sourceRoot(): Promise<string> {
    return sourceRoot(
      await this.#ask(this.#files.vmlinux, { name: 'kernel_init', offset: 0, exact: true }, ''),
    );
  }

  #open(file: string): Promise<OpenObject> {
    const known = this.#objects.get(file);
    if (known !== undefined) return known;
    const opened = (async () => {
      const symbols = parseSymbols(await symbolList(file));
      return { addr2line: new Addr2line(file), symbols };
    })();
    this.#objects.set(file, opened);
    return opened;
  }
}
