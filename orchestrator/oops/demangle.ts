/**
 * Mangled names to readable ones, for titles: Rust's v0 scheme, and the function's name of an Itanium C++ symbol.
 * Kernel stacks show symbols as they are in kallsyms.
 */

/** Longest name and deepest nesting that are read; back references could make small input large. */
const LENGTH_MAX = 400;
const DEPTH_MAX = 60;
const TYPES_MAX = 64;

/** The name in words, `<rust_dma::Device as kernel::pci::Driver>::probe`; `undefined` where it is not mangled. */
export function demangle(symbol: string): string | undefined {
  if (symbol.length > LENGTH_MAX) return undefined;
  if (symbol.startsWith('_R')) return new RustName(symbol.slice(2)).read();
  return cppName(symbol);
}

/** Itanium C++ ABI, 5.1: `_Z`, then a length and a name, or `N…E` around several. Arguments are left out. */
function cppName(symbol: string): string | undefined {
  const nested = /^_ZN[KVr]*(?=\d)/.exec(symbol);
  if (!nested && !/^_Z\d/.test(symbol)) return undefined;
  const parts: string[] = [];
  let at = nested ? nested[0].length : 2;
  for (;;) {
    const length = /^\d{1,3}/.exec(symbol.slice(at, at + 3))?.[0];
    if (length === undefined) break;
    at += length.length;
    const name = symbol.slice(at, at + Number(length));
    if (name.length < Number(length)) return undefined;
    parts.push(name);
    at += name.length;
    if (!nested) break;
  }
  return parts.length === 0 ? undefined : parts.join('::');
}

/** One-letter types of the v0 scheme. */
const BASIC: Readonly<Record<string, string>> = {
  a: 'i8',
  b: 'bool',
  c: 'char',
  d: 'f64',
  e: 'str',
  f: 'f32',
  h: 'u8',
  i: 'isize',
  j: 'usize',
  l: 'i32',
  m: 'u32',
  n: 'i128',
  o: 'u128',
  p: '_',
  s: 'i16',
  t: 'u16',
  u: '()',
  v: '...',
  x: 'i64',
  y: 'u64',
  z: '!',
};

/** Rust RFC 2603 (symbol name mangling v0). Hashes of crates and lifetimes are left out. */
class RustName {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): string | undefined {
    try {
      return this.#path().slice(0, LENGTH_MAX);
    } catch (error) {
      if (error instanceof NotMangled) return undefined;
      throw error;
    }
  }

  #path(): string {
    return this.#nested(() => {
      const tag = this.#next();
      switch (tag) {
        case 'C':
          return this.#identifier().name;
        case 'M':
          this.#implPath();
          return `<${this.#type()}>`;
        case 'X':
          this.#implPath();
          return this.#asTrait();
        case 'Y':
          return this.#asTrait();
        case 'N':
          return this.#member();
        case 'I':
          return `${this.#path()}::<${this.#until(() => this.#argument()).join(', ')}>`;
        case 'B':
          return this.#back(() => this.#path());
        default:
          throw new NotMangled();
      }
    });
  }

  #implPath(): void {
    if (this.#take('s')) this.#base62();
    this.#path();
  }

  #asTrait(): string {
    const type = this.#type();
    return `<${type} as ${this.#path()}>`;
  }

  /** Upper case namespaces are the compiler's own: closures and shims. */
  #member(): string {
    const space = this.#next();
    const parent = this.#path();
    const { name, index } = this.#identifier();
    if (!/[A-Z]/.test(space)) return name === '' ? parent : `${parent}::${name}`;
    const kind = space === 'C' ? 'closure' : space === 'S' ? 'shim' : space;
    return `${parent}::{${kind}${name === '' ? '' : `:${name}`}#${index}}`;
  }

  #argument(): string {
    if (this.#take('L')) {
      this.#base62();
      return "'_";
    }
    return this.#take('K') ? this.#constant() : this.#type();
  }

  #type(): string {
    return this.#nested(() => {
      const tag = this.#next();
      const basic = BASIC[tag];
      if (basic !== undefined) return basic;
      switch (tag) {
        case 'A': {
          const type = this.#type();
          return `[${type}; ${this.#constant()}]`;
        }
        case 'S':
          return `[${this.#type()}]`;
        case 'T':
          return `(${this.#until(() => this.#type()).join(', ')})`;
        case 'R':
        case 'Q':
          if (this.#take('L')) this.#base62();
          return `&${tag === 'Q' ? 'mut ' : ''}${this.#type()}`;
        case 'P':
          return `*const ${this.#type()}`;
        case 'O':
          return `*mut ${this.#type()}`;
        case 'B':
          return this.#back(() => this.#type());
        default:
          this.#at--;
          return this.#path();
      }
    });
  }

  /** A constant: its type, an `n` where it is negative, its value in hexadecimal. */
  #constant(): string {
    if (this.#take('p')) return '_';
    if (this.#take('B')) return this.#back(() => this.#constant());
    this.#type();
    const sign = this.#take('n') ? '-' : '';
    const end = this.#text.indexOf('_', this.#at);
    if (end < 0) throw new NotMangled();
    const digits = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return `${sign}${Number.parseInt(digits || '0', 16)}`;
  }

  #identifier(): { readonly name: string; readonly index: number } {
    const index = this.#take('s') ? this.#base62() + 1 : 0;
    this.#take('u');
    const length = /^\d{1,3}/.exec(this.#text.slice(this.#at, this.#at + 3))?.[0];
    if (length === undefined) throw new NotMangled();
    this.#at += length.length;
    this.#take('_');
    const name = this.#text.slice(this.#at, this.#at + Number(length));
    if (name.length < Number(length)) throw new NotMangled();
    this.#at += name.length;
    return { name, index };
  }

  /** `_` is 0, `0_` is 1, `Z_` is 62. */
  #base62(): number {
    const end = this.#text.indexOf('_', this.#at);
    if (end < 0 || end - this.#at > 11) throw new NotMangled();
    let value = 0;
    for (const digit of this.#text.slice(this.#at, end)) {
      const one = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(digit);
      if (one < 0) throw new NotMangled();
      value = value * 62 + one;
    }
    const digits = end - this.#at;
    this.#at = end + 1;
    return digits === 0 ? 0 : value + 1;
  }

  #back(read: () => string): string {
    const tag = this.#at - 1;
    const target = this.#base62();
    if (target >= tag) throw new NotMangled();
    const after = this.#at;
    this.#at = target;
    const text = read();
    this.#at = after;
    return text;
  }

  #until(read: () => string): readonly string[] {
    const all: string[] = [];
    while (!this.#take('E')) {
      all.push(read());
      if (all.length > TYPES_MAX) throw new NotMangled();
    }
    return all;
  }

  #nested(read: () => string): string {
    if (++this.#depth > DEPTH_MAX) throw new NotMangled();
    const text = read();
    this.#depth--;
    if (text.length > LENGTH_MAX) throw new NotMangled();
    return text;
  }

  #take(letter: string): boolean {
    if (this.#text[this.#at] !== letter) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const letter = this.#text[this.#at++];
    if (letter === undefined) throw new NotMangled();
    return letter;
  }
}

class NotMangled extends Error {}
