/** `kernel-configs/variants.yaml`: profiles (sets of fragments) and variants (source + profile) by name. */
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
import { parseSource, SOURCE_FORMS, type SourceSpec } from './source.ts';

/** Folder with `variants.yaml` and `fragments/` in the checkout. */
export const kernelConfigsDirectory: string = join(repositoryRoot, 'kernel-configs');

const NAME = /^[a-z0-9][a-z0-9.-]*$/;
const name = z.string().regex(NAME, 'expected a name of a-z, 0-9, "." and "-"');

const schema = z.strictObject({
  profiles: z.record(name, z.array(name).min(1)),
  variants: z.record(
    name,
    z.strictObject({ description: z.string().optional(), source: z.string(), profile: z.string() }),
  ),
});

/** A checked `variants.yaml`. */
export type VariantsFile = CheckedYaml<z.output<typeof schema>>;

/** A variant with all that its kernel is made from, read and checked. */
export interface Variant {
  readonly name: string;
  readonly description?: string;
  readonly source: SourceSpec;
  readonly profile: string;
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
  for (const [variant, { source, profile }] of Object.entries(yaml.value.variants)) {
    if (parseSource(source) === undefined) {
      throw yaml.errorAt(
        ['variants', variant, 'source'],
        `unknown source ${source}`,
        `expected ${SOURCE_FORMS}`,
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
 * Reads and checks what a variant is made from. Nothing is downloaded or built for it.
 * @throws UsageError for an unknown variant, with the nearest names; ConfigError for a wrong or missing fragment, for
 * fragments that disagree, and for symbols that Kconfig can't grant together
 */
export async function resolveVariant(
  yaml: VariantsFile,
  variantName: string,
  directory: string = kernelConfigsDirectory,
): Promise<Variant> {
  const { variants, profiles } = yaml.value;
  const variant = Object.hasOwn(variants, variantName) ? variants[variantName] : undefined;
  if (variant === undefined) {
    throw new UsageError(`unknown variant ${variantName}`, {
      hint: suggestNames(variantName, Object.keys(variants)),
    });
  }
  const source = parseSource(variant.source) as SourceSpec;
  const fragments: Fragment[] = [];
  for (const [index, fragment] of (profiles[variant.profile] ?? []).entries()) {
    const file = join(directory, 'fragments', `${fragment}.config`);
    const text = await readFile(file, 'utf8').catch(async () => {
      const known = (await readdir(join(directory, 'fragments')).catch(() => []))
        .filter((entry) => entry.endsWith('.config'))
        .map((entry) => entry.slice(0, -'.config'.length));
      throw yaml.errorAt(
        ['profiles', variant.profile, index],
        `no fragment ${fragment} (${file})`,
        suggestNames(fragment, known),
      );
    });
    fragments.push(parseFragment(fragment, file, text));
  }
  refuseExclusive(fragments.flatMap((fragment) => fragment.symbols));
  return {
    name: variantName,
    ...(variant.description === undefined ? {} : { description: variant.description }),
    source,
    profile: variant.profile,
    asked: mergeFragments(fragments),
  };
}
