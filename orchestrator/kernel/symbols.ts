/** A final `.config`: which symbols a kernel has. */
import { readFile } from 'node:fs/promises';

/** Symbols of a `.config` that are set: name without `CONFIG_` → value as written (`y`, `m`, `8`, `"x"`). */
export type FinalConfig = ReadonlyMap<string, string>;

/** Parses a `.config` as Kconfig writes it. A symbol that is not set is not in the map. */
export function parseFinalConfig(text: string): FinalConfig {
  const config = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^CONFIG_(\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) config.set(name, value);
  }
  return config;
}

/** Reads a `.config`. @throws when it can't be read */
export async function readFinalConfig(path: string): Promise<FinalConfig> {
  return parseFinalConfig(await readFile(path, 'utf8'));
}

/** Whether a symbol (with or without `CONFIG_`) is built in or a module. */
export function hasSymbol(config: FinalConfig, symbol: string): boolean {
  const value = config.get(symbol.replace(/^CONFIG_/, ''));
  return value === 'y' || value === 'm';
}

/** Those of `symbols` that the config lacks, in the order given. */
export function missingSymbols(config: FinalConfig, symbols: Iterable<string>): string[] {
  return [...symbols].filter((symbol) => !hasSymbol(config, symbol));
}
