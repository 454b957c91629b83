/** A variant's kernel: taken from the cache when it is there and whole, else built. */

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  acquireLock,
  exists,
  formatDurationMs,
  InfraError,
  type Manifest,
  messageOf,
  monotonicMs,
  publish,
  requireFreeSpace,
  sameFiles,
  verify,
  wallTime,
} from '../base/index.ts';
import { BUILD_LOG, buildState, compileKernel } from './build.ts';
import { cloneBuild, nearestBuild } from './build-clone.ts';
import { markUsed } from './cache-contents.ts';
import { type BuildContext, configure } from './configure.ts';
import { type KernelInputs, kernelInputs, kernelKey } from './kernel-key.ts';
import { type KernelTree, obtainTree, treeNeedMiB } from './kernel-tree.ts';
import { locateBases, treeOf } from './locate-tree.ts';
import { buildLayout } from './make-command.ts';
import { type KernelOptions, type SettledOptions, settle } from './options.ts';
import { requirePromises } from './promises.ts';
import { formatSeriesSpec } from './series/index.ts';
import { formatSource } from './source.ts';
import { probeToolchain } from './toolchain.ts';
import type { Variant } from './variants.ts';

/** Where the time of a build went, in ms. */
export interface BuildTimings {
  /** Download, unpacking, series; about 0 when the tree was there. */
  readonly sourceMs: number;
  /** Copying the nearest finished build folder; 0 when there was none, and all was compiled. */
  readonly cloneMs: number;
  readonly configureMs: number;
  readonly compileMs: number;
}

/** Where the time of one {@link ensureKernel} went, in ms. */
export interface KernelTimings extends BuildTimings {
  /** Asking apt and the compiler, and checking what the cache has. */
  readonly lookUpMs: number;
  /** Copying the result and its checksums. */
  readonly publishMs: number;
}

/** What `manifest.json` of a kernel says beside its files. */
export interface KernelMetadata {
  readonly schemaVersion: 1;
  readonly key: string;
  /** The variant that it was built for first; others with the same inputs share it. */
  readonly builtFor: string;
  readonly source: string;
  readonly sourceDescription: string;
  /** What was put on the source, as it was written. */
  readonly series: readonly string[];
  /** Paths that the series changed. */
  readonly changed: readonly string[];
  /** Kernel whose build folder this one began from; null when all was compiled. */
  readonly clonedFrom: string | null;
  /** Symbols that the source does not know and need not, by their marks. */
  readonly leftOut: readonly string[];
  readonly profile: string;
  /** `uname -r`. */
  readonly release: string;
  readonly inputs: KernelInputs;
  readonly builtAt: string;
  readonly timings: BuildTimings;
}

/** A finished kernel; its files were verified. */
export interface Kernel {
  readonly key: string;
  readonly variant: Variant;
  readonly release: string;
  readonly directory: string;
  readonly bzImage: string;
  readonly vmlinux: string;
  readonly systemMap: string;
  /** The final `.config`. */
  readonly config: string;
  readonly moduleSymvers: string;
  /** The kernel's own modules (`=m`). */
  readonly modules: readonly string[];
  /** May have been pruned: see {@link ensureFixtureModules}. */
  readonly buildDirectory: string;
  readonly source: KernelTree;
  readonly metadata: KernelMetadata & Manifest;
  /** True when nothing was built for this call. */
  readonly cached: boolean;
  readonly timings: KernelTimings;
}

/** Disk for a build folder, its share of ccache and the published kernel (sanitize, 6.12: 470 + 66 + 67 MiB). */
const BUILD_NEED_MIB = 800;

interface Plan {
  readonly key: string;
  readonly variant: Variant;
  readonly source: KernelTree;
  readonly inputs: KernelInputs;
  readonly directory: string;
}

/**
 * Gives the kernel of a variant, building it if the cache has it not or not whole.
 * @throws InfraError (disk, tools, no source), BuildError (lost symbol, compile error), what the signal was aborted with
 */
export async function ensureKernel(variant: Variant, options: KernelOptions = {}): Promise<Kernel> {
  const startedMs = monotonicMs();
  const settled = settle(options);
  const { cache, progress, signal } = settled;
  const [bases, toolchain] = await Promise.all([locateBases(variant, settled), probeToolchain(signal)]);
  let failure: InfraError | undefined;
  for (const base of bases.sources) {
    try {
      const source = await treeOf(base, bases, settled);
      const inputs = kernelInputs(source.identity, variant.asked, toolchain);
      const key = kernelKey(inputs);
      const plan: Plan = { key, variant, source, inputs, directory: join(cache.kernels, key) };
      const cached = await fromCache(plan, settled, true);
      const lookUpMs = monotonicMs() - startedMs;
      const kernel = cached ?? (await build(plan, settled));
      await requirePromises(kernel);
      await markUsed(kernel.directory);
      return { ...kernel, timings: { ...kernel.timings, lookUpMs } };
    } catch (error) {
      // Only a source that can't be had is a reason to try an older one.
      if (!(error instanceof InfraError) || base.content.at !== 'archive' || base === bases.sources.at(-1))
        throw error;
      if (await exists(base.directory)) throw error;
      failure ??= error;
      progress.warn(`${messageOf(error)}: an older package is taken from the cache`);
    }
  }
  throw failure ?? new InfraError(`no source for ${variant.name}`);
}

/** The build folder's context for a kernel. */
export function buildContext(
  kernel: Pick<Plan, 'key' | 'variant' | 'source'>,
  { cache, cpus, progress, signal }: SettledOptions,
): BuildContext {
  return {
    layout: buildLayout(kernel.source.directory, kernel.key),
    what: `kernel ${kernel.variant.name}`,
    sourceDescription: kernel.source.description,
    progress,
    ccacheDirectory: cache.ccache,
    cpus,
    ...(signal === undefined ? {} : { signal }),
  };
}

async function fromCache(
  plan: Plan,
  { progress, signal }: SettledOptions,
  say: boolean,
): Promise<Kernel | undefined> {
  const found = await verify<KernelMetadata>(plan.directory, signal);
  if (found.state === 'good') return finished(plan, found.manifest, undefined);
  if (found.state === 'damaged' && say) progress.warn(`${found.problem}: building this kernel again`);
  return undefined;
}

async function build(plan: Plan, options: SettledOptions): Promise<Kernel> {
  const { cache, progress, signal, cpus } = options;
  const { key, variant, source } = plan;
  await using _lock = await acquireLock(cache.locks, `kernel-${key}`, signal, () =>
    progress.info(`waiting for another unplug that builds kernel ${variant.name}`),
  );
  const meanwhile = await fromCache(plan, options, false);
  if (meanwhile !== undefined) return meanwhile;
  const damaged = await verify<KernelMetadata>(plan.directory, signal);

  const context = buildContext(plan, options);
  const { buildDirectory } = context.layout;
  const begun = await exists(buildDirectory);
  await requireFreeSpace(
    cache.root,
    treeNeedMiB(source) + (begun ? 0 : BUILD_NEED_MIB),
    `kernel ${variant.name} (source, build and result)`,
  );
  const sourceMs = await timed(() => obtainTree(source, options));
  for (const note of source.notes) progress.info(`kernel ${variant.name}: ${note}`);
  let clonedFrom: string | null = null;
  const cloneMs = begun
    ? 0
    : await timed(async () => {
        clonedFrom = await beginFromNearest(plan, options);
      });
  const how = begun
    ? 'going on with the build'
    : clonedFrom === null
      ? 'building'
      : `building from ${clonedFrom}`;
  progress.info(
    `kernel ${variant.name}: ${how} (${source.description}, profile ${variant.profile}, ${cpus} jobs; log: ` +
      `${join(buildDirectory, BUILD_LOG)})`,
  );
  let leftOut: readonly string[] = [];
  const compile = async (): Promise<BuildTimings> => {
    progress.update(`kernel ${variant.name}: configuring`);
    const configureMs = await timed(async () => {
      leftOut = (await configure(context, variant.asked)).leftOut.map(({ name }) => name);
    });
    const compileOptions = {
      profile: variant.profile,
      countsFile: join(cache.builds, 'object-counts.json'),
      progress,
    };
    return {
      sourceMs,
      cloneMs,
      configureMs,
      compileMs: await timed(() => compileKernel(context, compileOptions)),
    };
  };
  const finish = async (
    timings: BuildTimings,
  ): Promise<{ manifest: KernelMetadata & Manifest; publishMs: number }> => {
    const release = (await readFile(join(buildDirectory, 'include/config/kernel.release'), 'utf8')).trim();
    const startedMs = monotonicMs();
    const metadata: KernelMetadata = {
      schemaVersion: 1,
      key,
      builtFor: variant.name,
      source: formatSource(variant.source),
      sourceDescription: source.description,
      series: variant.series.map(({ spec }) => formatSeriesSpec(spec)),
      changed: source.changes.map(({ path }) => path),
      clonedFrom,
      leftOut,
      profile: variant.profile,
      release,
      inputs: plan.inputs,
      builtAt: wallTime(),
      timings,
    };
    const manifest = await publish(plan.directory, await filesToPublish(buildDirectory), metadata, signal);
    return { manifest, publishMs: monotonicMs() - startedMs };
  };
  let result = await finish(await compile());
  if (
    damaged.state === 'damaged' &&
    damaged.files !== undefined &&
    !sameFiles(damaged.files, result.manifest.files)
  ) {
    // make trusts timestamps: a build folder whose outputs were damaged too looks finished to it.
    progress.warn(`the build folder of kernel ${variant.name} is damaged too: building from scratch`);
    await rm(buildDirectory, { recursive: true, force: true });
    clonedFrom = null;
    result = await finish(await compile());
  }
  const { manifest, publishMs } = result;
  const { configureMs, compileMs } = manifest.timings;
  progress.info(
    `kernel ${variant.name} ${manifest.release}: built in ${formatDurationMs(cloneMs + configureMs + compileMs)}`,
  );
  return finished(plan, manifest, publishMs);
}

/** Copies the nearest finished build folder, if there is one. @returns its kernel's key */
async function beginFromNearest(
  { variant, source, inputs, key }: Plan,
  options: SettledOptions,
): Promise<string | null> {
  const { progress } = options;
  const near = await nearestBuild(inputs, source, options);
  if (near === undefined) return null;
  progress.update(`kernel ${variant.name}: copying the build of ${near.key}`);
  const { buildDirectory } = buildLayout(source.directory, key);
  const done = await cloneBuild(near, source.directory, buildDirectory, options);
  progress.clear();
  return done ? near.key : null;
}

/** What a kernel consists of: name in its folder → path in the build folder. */
async function filesToPublish(buildDirectory: string): Promise<ReadonlyMap<string, string>> {
  if ((await buildState(buildDirectory)) !== 'built')
    throw new InfraError(`${buildDirectory} is not a finished build`);
  const files = new Map([
    ['bzImage', join(buildDirectory, 'arch/x86/boot/bzImage')],
    ['vmlinux', join(buildDirectory, 'vmlinux')],
    ['System.map', join(buildDirectory, 'System.map')],
    ['config', join(buildDirectory, '.config')],
    ['Module.symvers', join(buildDirectory, 'Module.symvers')],
  ]);
  // modules.order lists the modules of this build as .o files, whatever older ones lie around.
  const order = await readFile(join(buildDirectory, 'modules.order'), 'utf8').catch(() => '');
  for (const line of order.split('\n').filter(Boolean)) {
    const module = line.replace(/\.o$/, '.ko');
    files.set(join('modules', module), join(buildDirectory, module));
  }
  return files;
}

/** @param publishMs undefined when the kernel came from the cache */
function finished(plan: Plan, metadata: KernelMetadata & Manifest, publishMs: number | undefined): Kernel {
  const at = (name: string): string => join(plan.directory, name);
  return {
    key: plan.key,
    variant: plan.variant,
    release: metadata.release,
    directory: plan.directory,
    bzImage: at('bzImage'),
    vmlinux: at('vmlinux'),
    systemMap: at('System.map'),
    config: at('config'),
    moduleSymvers: at('Module.symvers'),
    modules: Object.keys(metadata.files)
      .filter((name) => name.endsWith('.ko'))
      .map(at),
    buildDirectory: buildLayout(plan.source.directory, plan.key).buildDirectory,
    source: plan.source,
    metadata,
    cached: publishMs === undefined,
    timings:
      publishMs === undefined
        ? { lookUpMs: 0, sourceMs: 0, cloneMs: 0, configureMs: 0, compileMs: 0, publishMs: 0 }
        : { lookUpMs: 0, ...metadata.timings, publishMs },
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = monotonicMs();
  await work();
  return monotonicMs() - startedMs;
}
