/**
 * What a second variant costs: builds a kernel from nothing, then two variants of it, and prints the ratios.
 *
 *   bench/build-variants [--source SOURCE] [--profile NAME] [--cache DIR]
 *
 * The first kernel takes minutes. With `--cache DIR` (a folder as XDG_CACHE_HOME) kernels and compiler cache stay there:
 * what was built once is then not built again, and its recorded times are used.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cachePaths, formatDurationMs, streamProgress } from '../orchestrator/base/index.ts';
import { ensureKernel, type Kernel, loadVariants, oneShotVariants } from '../orchestrator/kernel/index.ts';

/** A series as somebody would send one: three files of one subsystem, and a header that nearly everything includes. */
const SERIES = {
  'three-files': ['drivers/gpio/gpiolib-cdev.c', 'drivers/gpio/gpiolib.c', 'drivers/i2c/i2c-dev.c'],
  'common-header': ['include/linux/kernel.h'],
} as const;

/** A patch that adds a line of code to the end of each file; of a header, to all that include it. */
async function patchFor(tree: string, name: keyof typeof SERIES): Promise<string> {
  const parts = ['From: bench <bench@localhost>', `Subject: [PATCH] ${name}`, '', '---'];
  for (const [index, path] of SERIES[name].entries()) {
    const lines = (await readFile(join(tree, path), 'utf8')).split('\n').slice(0, -1);
    const header = path.endsWith('.h');
    // Before the #endif that a header's include guard ends with.
    const at = header ? lines.findLastIndex((line) => line.startsWith('#endif')) : lines.length;
    const [from, to] = [Math.max(0, at - 3), Math.min(lines.length, at + 3)];
    const before = lines.slice(from, at).map((line) => ` ${line}`);
    const after = lines.slice(at, to).map((line) => ` ${line}`);
    const symbol = `unplug_bench_${index}`;
    const added = header ? `+extern int ${symbol};` : `+int ${symbol};`;
    const old = to - from;
    parts.push(
      `diff --git a/${path} b/${path}`,
      `--- a/${path}`,
      `+++ b/${path}`,
      `@@ -${from + 1},${old} +${from + 1},${old + 1} @@`,
      ...before,
      added,
      ...after,
    );
  }
  return `${parts.join('\n')}\n`;
}

function buildMs({ metadata }: Kernel): number {
  const { cloneMs, configureMs, compileMs } = metadata.timings;
  return cloneMs + configureMs + compileMs;
}

const { values } = parseArgs({
  options: {
    source: { type: 'string', default: 'debian:linux-source-6.12' },
    profile: { type: 'string', default: 'sanitize' },
    cache: { type: 'string' },
  },
});
const temporary = await mkdtemp(join(tmpdir(), 'unplug-bench-'));
try {
  const cache = cachePaths({ XDG_CACHE_HOME: resolve(values.cache ?? temporary) });
  const options = { cache, progress: streamProgress(process.stderr) };
  const yaml = await loadVariants();
  const wanted = { source: values.source, profile: values.profile, eachPatch: false };
  const [base] = await oneShotVariants(yaml, { ...wanted, series: [] }, undefined, options);
  if (base === undefined) throw new Error('no base variant');
  const first = await ensureKernel(base, options);
  const say = (name: string, kernel: Kernel): void => {
    const ratio = buildMs(kernel) / buildMs(first);
    const { cloneMs, configureMs, compileMs } = kernel.metadata.timings;
    const parts = [`clone ${formatDurationMs(cloneMs)}`, `configure ${formatDurationMs(configureMs)}`];
    console.log(
      `${name}: ${formatDurationMs(buildMs(kernel))} (${parts.join(', ')}, compile ${formatDurationMs(compileMs)}), ` +
        `${(100 * ratio).toFixed(1)} % of the first`,
    );
  };
  say('first', first);
  for (const name of Object.keys(SERIES) as (keyof typeof SERIES)[]) {
    const file = join(temporary, `${name}.patch`);
    await writeFile(file, await patchFor(first.source.directory, name));
    const [, variant] = await oneShotVariants(yaml, { ...wanted, series: [file] }, undefined, options);
    if (variant === undefined) throw new Error(`no variant for ${file}`);
    say(name, await ensureKernel(variant, options));
  }
} finally {
  await rm(temporary, { recursive: true, force: true });
}
