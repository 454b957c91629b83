/** Which kernels a run compares: names from variants.yaml, a suite's own, or a source with series from the command line. */
import { resolve } from 'node:path';
import { type Progress, suggestNames, UsageError } from '../base/index.ts';
import {
  kernelConfigsDirectory,
  loadVariants,
  oneShotOptions,
  oneShotVariants,
  resolveVariant,
  type Variant,
} from '../kernel/index.ts';

/** Options that say which kernels, as commander gives them. */
export interface VariantOptions {
  readonly variant: readonly string[];
  readonly tree?: string;
  readonly source?: string;
  readonly series: readonly string[];
  readonly eachPatch?: boolean;
  readonly profile?: string;
  readonly kernelConfigs?: string;
}

/** The variants of a run, and the options that made those which variants.yaml has not. */
export interface ChosenVariants {
  readonly variants: readonly Variant[];
  /** For the command that reproduces a case; with absolute paths. */
  readonly options: readonly string[];
}

/** What series go on when neither a tree nor a source is named. */
const DEFAULT_BASE = 'baseline';

/**
 * Resolves the options. With `--tree`, `--source` or `--series` the variants are made from them, and `--variant` picks
 * some of these by name or adds others from variants.yaml.
 * @throws UsageError, ConfigError; InfraError when a series can't be read
 */
export async function chosenVariants(
  suiteVariants: readonly string[],
  options: VariantOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<ChosenVariants> {
  const directory = options.kernelConfigs ?? kernelConfigsDirectory;
  const known = await loadVariants(directory);
  const named = async (names: readonly string[]): Promise<Variant[]> => {
    const variants: Variant[] = [];
    for (const name of names) variants.push(await resolveVariant(known, name, directory));
    return variants;
  };
  const { tree, source, series, eachPatch, profile } = options;
  const wanted = [...new Set(options.variant)];
  if (tree === undefined && source === undefined && series.length === 0) {
    refuseAlone(options);
    return {
      variants: await named(wanted.length > 0 ? wanted : suiteVariants),
      options: kernelConfigsOption(options),
    };
  }
  if (tree !== undefined && source !== undefined) {
    throw new UsageError('--tree and --source name two sources', {
      hint: `--tree ${tree} is the same as --source dir:${tree}; series are compared on one source at a time`,
    });
  }
  if (eachPatch && series.length === 0) {
    throw new UsageError('--each-patch needs a series', { hint: 'add --series FILE' });
  }
  const base = Object.hasOwn(known.value.variants, DEFAULT_BASE)
    ? known.value.variants[DEFAULT_BASE]
    : undefined;
  const sourceText = tree === undefined ? (source ?? base?.source) : `dir:${resolve(tree)}`;
  if (sourceText === undefined) {
    throw new UsageError('which source do the series go on?', { hint: 'add --tree DIR or --source SOURCE' });
  }
  const oneShot = {
    source: sourceText,
    series,
    eachPatch: eachPatch ?? false,
    profile: profile ?? base?.profile ?? 'sanitize',
  };
  const made = await oneShotVariants(known, oneShot, directory, { progress, signal });
  const reproduce = [...kernelConfigsOption(options), ...oneShotOptions(oneShot)];
  const picked = made.filter(({ name }) => wanted.includes(name));
  const others = wanted.filter((name) => !made.some((one) => one.name === name));
  const unknown = others.find((name) => !Object.hasOwn(known.value.variants, name));
  if (unknown !== undefined) {
    const names = [...made.map(({ name }) => name), ...Object.keys(known.value.variants)];
    throw new UsageError(`unknown variant ${unknown}`, { hint: suggestNames(unknown, names) });
  }
  return { variants: [...(picked.length > 0 ? picked : made), ...(await named(others))], options: reproduce };
}

/** Options that mean nothing without a source or a series. */
function refuseAlone({ eachPatch, profile }: VariantOptions): void {
  const option = eachPatch ? '--each-patch' : profile === undefined ? undefined : '--profile';
  if (option === undefined) return;
  throw new UsageError(`${option} is for variants of the command line`, {
    hint: 'add --tree DIR, --source SOURCE or --series FILE; variants.yaml says the profile of its own variants',
  });
}

function kernelConfigsOption({ kernelConfigs }: VariantOptions): string[] {
  return kernelConfigs === undefined ? [] : ['--kernel-configs', resolve(kernelConfigs)];
}
