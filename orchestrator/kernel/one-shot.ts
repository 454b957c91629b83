/** Variants from the command line: a source without and with series, instead of names from variants.yaml. */
import { UsageError } from '../base/index.ts';
import { type KernelOptions, settle } from './options.ts';
import {
  formatSeriesSpec,
  loadSeries,
  parseSeriesSpec,
  SERIES_FORMS,
  type Series,
  type SeriesSpec,
} from './series/index.ts';
import { formatSource, parseSource, SOURCE_FORMS, type SourceSpec } from './source.ts';
import {
  askedBy,
  kernelConfigsDirectory,
  type Variant,
  type VariantSeries,
  type VariantsFile,
} from './variants.ts';

/** What was asked for, as it was written. */
export interface OneShot {
  /** A source, see {@link SOURCE_FORMS}; a plain path is a tree as it is on disk. */
  readonly source: string;
  /** One variant each; several series joined by commas are put on one after the other. */
  readonly series: readonly string[];
  /** One variant for each patch, each with the patches before it. */
  readonly eachPatch: boolean;
  readonly profile: string;
}

/** A folder name, and a name to type: `revocable-v11-on-7.2`. */
function slug(text: string): string {
  const words = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '');
  return words.slice(0, 40).replace(/[-.]+$/, '') || 'series';
}

/** The source of a one-shot run: `dir:` for a plain path. @throws UsageError */
export function oneShotSource(text: string): SourceSpec {
  const spec = parseSource(text) ?? (/^[a-z]+:/.test(text) ? undefined : parseSource(`dir:${text}`));
  if (spec === undefined)
    throw new UsageError(`unknown source ${text}`, { hint: `expected ${SOURCE_FORMS}` });
  return spec;
}

/** The series that one `--series` puts on one another. @throws UsageError */
export function oneShotSeries(text: string): readonly SeriesSpec[] {
  return text.split(',').map((part) => {
    const spec = parseSeriesSpec(part);
    if (spec === undefined)
      throw new UsageError(`unknown series ${part}`, { hint: `expected ${SERIES_FORMS}` });
    return spec;
  });
}

/**
 * The options of the command line that make the same variants again, from whatever folder it is called.
 * @throws UsageError
 */
export function oneShotOptions({ source, series, eachPatch, profile }: OneShot): readonly string[] {
  const absolute = series.map((text) => oneShotSeries(text).map(formatSeriesSpec).join(','));
  return [
    ...['--source', formatSource(oneShotSource(source))],
    ...absolute.flatMap((one) => ['--series', one]),
    ...(eachPatch ? ['--each-patch'] : []),
    ...['--profile', profile],
  ];
}

/** What the variant without series is called. */
function baseName(source: SourceSpec): string {
  switch (source.kind) {
    case 'dir':
      return 'tree';
    case 'git':
      return slug(source.ref);
    case 'tar':
      return slug((source.file.split('/').at(-1) ?? '').replace(/\.tar.*$/, ''));
    case 'debian':
      return slug(
        `${source.package.replace('linux-source-', '')}${source.suite === undefined ? '' : `-${source.suite}`}`,
      );
  }
}

/**
 * The variants of a one-shot run: the source as it is, then one for each series, or for each patch of each series.
 * @throws UsageError, ConfigError, InfraError when a series can't be read
 */
export async function oneShotVariants(
  yaml: VariantsFile,
  wanted: OneShot,
  directory: string = kernelConfigsDirectory,
  options: KernelOptions = {},
): Promise<Variant[]> {
  const source = oneShotSource(wanted.source);
  const asked = await askedBy(yaml, wanted.profile, directory);
  const base = baseName(source);
  const variant = (name: string, description: string, series: readonly VariantSeries[]): Variant => ({
    name,
    description,
    source,
    series,
    profile: wanted.profile,
    contains: [],
    lacks: [],
    asked,
  });
  const variants = [variant(base, 'as it is', [])];
  for (const text of wanted.series) {
    const specs = oneShotSeries(text);
    const loaded: Series[] = [];
    for (const spec of specs) loaded.push(await loadSeries(spec, settle(options)));
    const names = loaded.map(({ name }) => slug(name));
    const described = specs.map(formatSeriesSpec).join(', then ');
    if (!wanted.eachPatch) {
      variants.push(
        variant(
          `${base}+${names.join('+')}`,
          described,
          specs.map((spec) => ({ spec })),
        ),
      );
      continue;
    }
    let before: readonly VariantSeries[] = [];
    let count = 0;
    for (const [index, one] of loaded.entries()) {
      const spec = specs[index] as (typeof specs)[number];
      for (const [at, patch] of one.patches.entries()) {
        count += 1;
        const name = `${base}+${String(count).padStart(2, '0')}-${slug(patch.subject)}`;
        variants.push(
          variant(name, `up to "${patch.subject}" of ${one.description}`, [
            ...before,
            { spec, first: at + 1 },
          ]),
        );
      }
      before = [...before, { spec }];
    }
  }
  return distinct(variants);
}

/** Two series may have one name: then the later gets a number. */
function distinct(variants: readonly Variant[]): Variant[] {
  const seen = new Map<string, number>();
  return variants.map((one) => {
    const count = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, count);
    return count === 1 ? one : { ...one, name: `${one.name}-${count}` };
  });
}
