/** `kernel-configs/variants.yaml`: profiles (sets of fragments) and variants (source + series + profile) by name. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type CheckedYaml,
  ConfigError,
  messageOf,
  parseYaml,
  repositoryRoot,
  suggestNames,
  UsageError,
} from '../base/index.ts';
import { refuseExclusive } from './exclusive.ts';
import { type AskedSymbol, type Fragment, mergeFragments, parseFragment } from './fragment.ts';
import { formatSeriesSpec, parseSeriesSpec, SERIES_FORMS, type SeriesSpec } from './series/index.ts';
import { formatSource, parseSource, SOURCE_FORMS, type SourceSpec } from './source.ts';

/** Folder with `variants.yaml` and `fragments/` in the checkout. */
export const kernelConfigsDirectory: string = join(repositoryRoot, 'kernel-configs');

const NAME = /^[a-z0-9][a-z0-9.-]*$/;
const name = z.string().regex(NAME, 'expected a name of a-z, 0-9, "." and "-"');

const functionName = z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of a kernel function');

const schema = z.strictObject({
  profiles: z.record(name, z.array(name).min(1)),
  variants: z.record(
    name,
    z.strictObject({
      description: z.string().optional(),
      source: z.string(),
      series: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
      profile: z.string(),
      contains: z.array(functionName).min(1).optional(),
      lacks: z.array(functionName).min(1).optional(),
    }),
  ),
});

/** A checked `variants.yaml`. */
export type VariantsFile = CheckedYaml<z.output<typeof schema>>;

/** A series of a variant, or the first patches of one. */
export interface VariantSeries {
  readonly spec: SeriesSpec;
  /** How many of its patches are used; all when absent. */
  readonly first?: number;
}

/** A variant with all that its kernel is made from, read and checked. */
export interface Variant {
  readonly name: string;
  readonly description?: string;
  readonly source: SourceSpec;
  /** What is put on the source, in order. */
  readonly series: readonly VariantSeries[];
  readonly profile: string;
  /** Functions that the built kernel must have, and must not have: a variant is what it says it is. */
  readonly contains: readonly string[];
  readonly lacks: readonly string[];
  /** What the profile's fragments ask for together. */
  readonly asked: readonly AskedSymbol[];
}

/**
 * Parses `variants.yaml` and checks that what it refers to inside itself exists.
 * @throws ConfigError with file:line:column and a caret
 */
export function parseVariants(file: string, text: string): VariantsFile {
  const yaml = parseYaml(file, text, schema);
  const profiles = Object.keys(yaml.value.profiles);
  for (const [variant, one] of Object.entries(yaml.value.variants)) {
    const { source, profile } = one;
    if (parseSource(source) === undefined) {
      throw yaml.errorAt(
        ['variants', variant, 'source'],
        `unknown source ${source}`,
        `expected ${SOURCE_FORMS}`,
      );
    }
    for (const [index, text] of seriesTexts(one.series).entries()) {
      if (parseSeriesSpec(text) !== undefined) continue;
      const path = Array.isArray(one.series) ? ['series', index] : ['series'];
      throw yaml.errorAt(
        ['variants', variant, ...path],
        `unknown series ${text}`,
        `expected ${SERIES_FORMS}`,
      );
    }
    if (!profiles.includes(profile)) {
      throw yaml.errorAt(
        ['variants', variant, 'profile'],
        `unknown profile ${profile}`,
        suggestNames(profile, profiles),
      );
    }
  }
  return yaml;
}

/**
 * Reads `variants.yaml` of a kernel-configs folder.
 * @throws ConfigError
 */
export async function loadVariants(directory: string = kernelConfigsDirectory): Promise<VariantsFile> {
  const file = join(directory, 'variants.yaml');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ConfigError(`can't read ${file}: ${messageOf(error)}`, { cause: error });
  });
  return parseVariants(file, text);
}

/**
 * Reads and checks what a variant is made from. Nothing is downloaded or built for it. Relative paths in its source
 * and series start from the kernel-configs folder.
 * @throws UsageError for an unknown variant, with the nearest names; ConfigError for a wrong or missing fragment, for
 * fragments that disagree, and for symbols that Kconfig can't grant together
 */
export async function resolveVariant(
  yaml: VariantsFile,
  variantName: string,
  directory: string = kernelConfigsDirectory,
): Promise<Variant> {
  const { variants } = yaml.value;
  const variant = Object.hasOwn(variants, variantName) ? variants[variantName] : undefined;
  if (variant === undefined) {
    throw new UsageError(`unknown variant ${variantName}`, {
      hint: suggestNames(variantName, Object.keys(variants)),
    });
  }
  return {
    name: variantName,
    ...(variant.description === undefined ? {} : { description: variant.description }),
    source: parseSource(variant.source, directory) as SourceSpec,
    series: seriesTexts(variant.series).map((text) => ({
      spec: parseSeriesSpec(text, directory) as SeriesSpec,
    })),
    profile: variant.profile,
    contains: variant.contains ?? [],
    lacks: variant.lacks ?? [],
    asked: await askedBy(yaml, variant.profile, directory),
  };
}

/**
 * What the fragments of a profile ask for together.
 * @throws UsageError for an unknown profile, with the nearest names; ConfigError as {@link resolveVariant}
 */
export async function askedBy(
  yaml: VariantsFile,
  profile: string,
  directory: string = kernelConfigsDirectory,
): Promise<readonly AskedSymbol[]> {
  const { profiles } = yaml.value;
  const names = Object.hasOwn(profiles, profile) ? profiles[profile] : undefined;
  if (names === undefined) {
    throw new UsageError(`unknown profile ${profile}`, {
      hint: suggestNames(profile, Object.keys(profiles)),
    });
  }
  const fragments: Fragment[] = [];
  for (const [index, fragment] of names.entries()) {
    const file = join(directory, 'fragments', `${fragment}.config`);
    const text = await readFile(file, 'utf8').catch(async () => {
      const known = (await readdir(join(directory, 'fragments')).catch(() => []))
        .filter((entry) => entry.endsWith('.config'))
        .map((entry) => entry.slice(0, -'.config'.length));
      throw yaml.errorAt(
        ['profiles', profile, index],
        `no fragment ${fragment} (${file})`,
        suggestNames(fragment, known),
      );
    });
    fragments.push(parseFragment(fragment, file, text));
  }
  refuseExclusive(fragments.flatMap((fragment) => fragment.symbols));
  return mergeFragments(fragments);
}

/** Source and series as they were written. */
export function describeVariant({ source, series }: Pick<Variant, 'source' | 'series'>): string {
  const parts = series.map(
    ({ spec, first }) => `${formatSeriesSpec(spec)}${first === undefined ? '' : `, first ${first}`}`,
  );
  return [formatSource(source), ...parts].join(' + ');
}

function seriesTexts(series: string | readonly string[] | undefined): readonly string[] {
  return series === undefined ? [] : typeof series === 'string' ? [series] : series;
}
