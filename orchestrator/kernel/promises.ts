/** A variant is what it says it is: its kernel has the functions that its series brings, and lacks those it must not have. */
import { readFile } from 'node:fs/promises';
import { BuildError } from '../base/index.ts';

/** Functions that a variant promises, see `contains` and `lacks` in variants.yaml. */
export interface Promises {
  readonly contains: readonly string[];
  readonly lacks: readonly string[];
}

/** The names in a System.map (nm(1): address, type, name). */
export function systemMapNames(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const [, , name] = line.split(' ');
    if (name !== undefined) names.add(name);
  }
  return names;
}

/** What of the promises does not hold, in words; empty when all do. */
export function brokenPromises({ contains, lacks }: Promises, names: ReadonlySet<string>): readonly string[] {
  return [
    ...contains.filter((name) => !names.has(name)).map((name) => `lacks ${name}`),
    ...lacks.filter((name) => names.has(name)).map((name) => `has ${name}`),
  ];
}

/**
 * Checks a built kernel against its variant's promises.
 * @throws BuildError naming what is missing or should not be there
 */
export async function requirePromises(kernel: {
  readonly systemMap: string;
  readonly key: string;
  readonly variant: Promises & { readonly name: string };
}): Promise<void> {
  const { variant } = kernel;
  if (variant.contains.length + variant.lacks.length === 0) return;
  const broken = brokenPromises(variant, systemMapNames(await readFile(kernel.systemMap, 'utf8')));
  if (broken.length === 0) return;
  throw new BuildError(`kernel ${variant.name} is not what it says it is: it ${broken.join(', ')}`, {
    detail: `kernel ${kernel.key}, ${kernel.systemMap}`,
    hint: 'look at series, contains and lacks of the variant in variants.yaml',
  });
}
