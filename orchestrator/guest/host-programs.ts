/** Programs of the host that go into a guest as they are, with their libraries. */
import { readFile, realpath } from 'node:fs/promises';
import { InfraError, tryCommand } from '../base/index.ts';
import type { CpioEntry } from './cpio.ts';

/** A program and the Debian package that brings it. */
export interface HostProgram {
  readonly path: string;
  readonly package: string;
}

/** Other people's tools for I2C and GPIO devices: to look at an adapter by hand, and to test adapters. */
export const deviceTools: readonly HostProgram[] = [
  ...['i2cdetect', 'i2cdump', 'i2cget', 'i2cset', 'i2ctransfer'].map((name) => ({
    path: `/usr/sbin/${name}`,
    package: 'i2c-tools',
  })),
  ...['gpiodetect', 'gpioinfo', 'gpioget', 'gpioset', 'gpiomon'].map((name) => ({
    path: `/usr/bin/${name}`,
    package: 'gpiod',
  })),
];

/**
 * The program itself.
 * @throws InfraError naming the package when the host lacks it
 */
export async function hostProgram({ path, package: name }: HostProgram): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw new InfraError(`${path} is missing: the guest image needs it`, {
      cause: error,
      hint: `apt-get install ${name}`,
    });
  });
}

/**
 * Archive entries for programs and all that they are linked with, each file once.
 * @throws InfraError for a program or library that the host lacks
 */
export async function programEntries(
  programs: readonly HostProgram[],
  signal?: AbortSignal,
): Promise<CpioEntry[]> {
  const entries = new Map<string, CpioEntry>();
  for (const program of programs) {
    const path = program.path.slice(1);
    entries.set(path, { type: 'file', path, mode: 0o755, content: await hostProgram(program) });
    for (const library of await sharedLibraries(program.path, signal)) {
      const inGuest = library.slice(1);
      if (entries.has(inGuest)) continue;
      const content = await readFile(await realpath(library));
      entries.set(inGuest, { type: 'file', path: inGuest, mode: 0o755, content });
    }
  }
  return [...entries.values()];
}

/** Absolute paths of the libraries and the loader that a dynamic program needs, from ldd(1). */
async function sharedLibraries(program: string, signal?: AbortSignal): Promise<string[]> {
  const result = await tryCommand({ argv: ['ldd', program], ...(signal === undefined ? {} : { signal }) });
  const text = result.stdout.toString();
  const missing = /^\s*(\S+) => not found$/m.exec(text)?.[1];
  if (missing !== undefined) throw new InfraError(`${program} needs ${missing}, which this host lacks`);
  // "not a dynamic executable" is exit code 1 with nothing on standard output: no libraries.
  return [...text.matchAll(/(?:=>\s+|^\s+)(\/\S+) \(0x/gm)].map((match) => match[1] as string).sort();
}
