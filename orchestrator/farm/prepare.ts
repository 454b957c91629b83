/** From a variant's name to everything that its cases need: kernel, modules, programs, image, keys, template. */
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import {
  BootError,
  type CachePaths,
  type CleanupStack,
  makeTemporaryDirectory,
  monotonicMs,
  type Progress,
  repositoryRoot,
} from '../base/index.ts';
import {
  type CaseEnvironment,
  ensureHostPrograms,
  HEALTH_COMMAND,
  type MachineShape,
  machineShapes,
  type ReadyMachine,
} from '../case/index.ts';
import {
  bootableArchive,
  ensureWorkloads,
  type GuestImage,
  type GuestKeys,
  type HostProgram,
  keysText,
  makeGuestImage,
  makeGuestKeys,
  parseKeys,
  selftestEntries,
} from '../guest/index.ts';
import {
  builtInModules,
  ensureFixtureModules,
  ensureKernel,
  ensureSelftests,
  hasSymbol,
  type Kernel,
  type LocatedSources,
  readFinalConfig,
  type Selftests,
  systemMapNames,
  type Variant,
} from '../kernel/index.ts';
import {
  type AcceleratorChoice,
  ensureTemplate,
  lazySymbolise,
  type MachineSpec,
  timeFactor,
  timeLimits,
} from '../machine/index.ts';
import type { Case, Limits } from '../suite/index.ts';

/** Enough for a KASAN kernel and a guest image that is all in memory. */
const GUEST_MEMORY_MIB = 512;
const GUEST_CPUS = 1;
/** Beside the template. */
const KEYS_FILE = 'keys.json';
/** khungtaskd looks at intervals of its own, so it needs some of the time up to our bound. */
const HUNG_TASK_SHARE = 0.6;

/** What a run has in common. */
export interface PrepareOptions {
  readonly suite: string;
  readonly limits: Limits;
  /** Programs of the host for the guest image. */
  readonly tools?: readonly HostProgram[];
  /** What is to be run: selftests are built and packed for those that need them. */
  readonly cases: readonly Case[];
  readonly accelerator: AcceleratorChoice;
  /** Whether cases are cloned from a template; otherwise each boots. */
  readonly clone: boolean;
  /** Whether each clone gets random numbers of its own. */
  readonly reseed: boolean;
  readonly cache: CachePaths;
  /** Shared by the variants of a run. */
  readonly located: LocatedSources;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  /** Where temporary files are registered for removal at the run's end. */
  readonly cleanup: CleanupStack;
  /** Called with each step that took time. */
  readonly onSpent: (what: string, ms: number) => void;
}

/**
 * Builds what is missing and packs it.
 * @throws BuildError, ConfigError, InfraError; what the signal was aborted with
 */
export async function prepareVariant(variant: Variant, options: PrepareOptions): Promise<CaseEnvironment> {
  const { cache, progress, signal, onSpent } = options;
  const abort = signal === undefined ? {} : { signal };
  const kernel = await ensureKernel(variant, { cache, progress, located: options.located, ...abort });
  const { timings } = kernel;
  onSpent(`kernel ${variant.name}: looking up and checking`, timings.lookUpMs);
  if (!kernel.cached) {
    onSpent(`kernel ${variant.name}: source`, timings.sourceMs);
    onSpent(`kernel ${variant.name}: configure`, timings.configureMs);
    onSpent(`kernel ${variant.name}: compile`, timings.compileMs);
    onSpent(`kernel ${variant.name}: publish`, timings.publishMs);
  }
  const startedMs = monotonicMs();
  const modules = await ensureFixtureModules(kernel, { cache, progress, ...abort });
  const programs = await ensureWorkloads(join(repositoryRoot, 'guest'), cache, signal);
  await ensureHostPrograms(options.cases, cache, signal);
  const selftests = await buildSelftests(kernel, options);
  const systemMap = await readFile(kernel.systemMap, 'utf8');
  const image = await makeGuestImage(
    {
      init: join(repositoryRoot, 'guest', 'init'),
      programs,
      modules: [...kernel.modules, ...modules.modules.map(({ path }) => path)],
      ...(options.tools === undefined ? {} : { tools: options.tools }),
      further: await selftestEntries(selftests, {
        release: kernel.release,
        builtInModules: builtInModules(systemMap),
      }),
    },
    signal,
  );
  onSpent(`guest image for ${variant.name}`, monotonicMs() - startedMs);
  const machineOf = ({ devices, globals, kernelParameters }: MachineShape): MachineSpec => ({
    name: variant.name,
    bzImage: kernel.bzImage,
    memoryMiB: GUEST_MEMORY_MIB,
    cpus: GUEST_CPUS,
    accelerator: options.accelerator.accelerator,
    devices,
    globals,
    kernelParameters,
  });
  // KUnit runs while a kernel boots: a run of nothing else needs no template.
  const cloned =
    options.clone && (options.cases.length === 0 || options.cases.some(({ kind }) => kind !== 'kunit'));
  const [shape, ...others] = machineShapes(options.cases);
  const guest = await prepareGuest(machineOf(shape), kernel, image, cloned, options);
  const shapes = new Map<string, ReadyMachine>();
  for (const other of others)
    shapes.set(other.name, await prepareGuest(machineOf(other), kernel, image, cloned, options));
  const config = await readFinalConfig(kernel.config);
  const names = systemMapNames(systemMap);
  return {
    suite: options.suite,
    variant: variant.name,
    description: kernel.source.description,
    profile: variant.profile,
    kernel: {
      key: kernel.key,
      release: kernel.release,
      hasSymbol: (symbol) => hasSymbol(config, symbol),
      hasFunction: (name) => names.has(name),
    },
    accelerator: { name: options.accelerator.accelerator, reason: options.accelerator.reason },
    ...guest,
    shapes,
    symbolise: lazySymbolise(
      () => readFileSync(kernel.systemMap, 'utf8'),
      hasSymbol(config, 'RANDOMIZE_BASE'),
    ),
    reseed: options.reseed,
    selftests: new Map(
      selftests
        .filter(({ present }) => present)
        .map(({ collection, files }) => [
          collection,
          files
            .filter((file) => file.startsWith(`${collection}/`))
            .map((file) => file.slice(collection.length + 1)),
        ]),
    ),
    limits: options.limits,
    // The kernel's own report comes before our bound: then it is part of the evidence.
    hungTaskSecs: Math.max(1, Math.floor((options.limits.removalMs / 1000) * HUNG_TASK_SHARE)),
  };
}

/** The template, if cases are cloned, with the keys that its guest knows; what is booted gets the same keys. */
async function prepareGuest(
  machine: MachineSpec,
  kernel: Kernel,
  image: GuestImage,
  cloned: boolean,
  { cache, progress, signal, cleanup, onSpent }: PrepareOptions,
): Promise<ReadyMachine> {
  const pace = { accelerator: machine.accelerator, loadPerCpu: (loadavg()[0] ?? 0) / availableParallelism() };
  const write = async (keys: GuestKeys): Promise<string> => {
    const directory = cleanup.use('guest image', await makeTemporaryDirectory('image'));
    const path = join(directory.path, 'initramfs');
    await writeFile(path, bootableArchive(image, keys), { mode: 0o600 });
    return path;
  };
  const startedMs = monotonicMs();
  const template = cloned
    ? await ensureTemplate({
        spec: machine,
        content: [kernel.key, image.contentHash],
        parts: async () => {
          const made = await makeGuestKeys(signal);
          return { initramfs: await write(made), files: { [KEYS_FILE]: keysText(made) } };
        },
        firstLook: HEALTH_COMMAND,
        cache,
        limits: timeLimits(timeFactor(pace)),
        progress,
        signal,
      }).catch((error: unknown) => {
        if (!(error instanceof BootError)) throw error;
        // What a kernel that does not boot says is for each case to judge: it is no failure of the host.
        progress.warn(`${error.message}; every case boots by itself`);
        return undefined;
      })
    : undefined;
  if (template !== undefined) {
    const what = template.made ? 'booting and freezing' : 'checking';
    onSpent(`template of ${machine.name}: ${what}`, monotonicMs() - startedMs);
  }
  const keys =
    template === undefined
      ? await makeGuestKeys(signal)
      : parseKeys(await readFile(join(template.directory, KEYS_FILE), 'utf8'));
  let written: Promise<string> | undefined;
  return {
    machine,
    template,
    keys,
    initramfs: () => {
      written ??= write(keys);
      return written;
    },
    timeLimits: timeLimits(
      timeFactor({ ...pace, ...(template === undefined ? {} : { bootMs: template.bootMs }) }),
    ),
  };
}

/** The collections that cases of this run need and that the kernel's symbols allow. */
async function buildSelftests(kernel: Kernel, options: PrepareOptions): Promise<readonly Selftests[]> {
  const { cache, progress, signal, cases } = options;
  const config = await readFinalConfig(kernel.config);
  const collections = cases.flatMap((one) =>
    one.kind === 'selftest' && one.symbols.every((symbol) => hasSymbol(config, symbol))
      ? [one.collection]
      : [],
  );
  const built: Selftests[] = [];
  for (const collection of new Set(collections)) {
    const abort = signal === undefined ? {} : { signal };
    const wanted = cases.flatMap((one) =>
      one.kind === 'selftest' && one.collection === collection ? [one.program] : [],
    );
    built.push(await ensureSelftests(kernel, collection, { cache, progress, wanted, ...abort }));
  }
  return built;
}
