/**
 * Cases a minute of a suite, one at a time and as many as there are CPUs, in turns.
 *
 *   bench/throughput [--suite NAME] [--rounds N]
 *
 * A case is everything from its clone to its verdict. Kernels and templates come from the cache: run the suite once
 * before. Durations of the first run order the later ones.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot, tryCommand } from '../orchestrator/base/index.ts';
import { latestRun, readRun } from '../orchestrator/results/index.ts';

const { values } = parseArgs({
  options: { suite: { type: 'string', default: 'quick' }, rounds: { type: 'string', default: '2' } },
});
const results = await mkdtemp(join(tmpdir(), 'unplug-bench-'));
try {
  const perMinute = new Map<number, number[]>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const jobs of [1, availableParallelism()]) {
      const run = await tryCommand({
        argv: [
          join(repositoryRoot, 'unplug'),
          ...['run', values.suite, '--tap', '-j', String(jobs), '--results', results],
        ],
      });
      if (run.code !== 0 && run.code !== 1) throw new Error(run.stderr);
      const record = await readRun(join(results, (await latestRun(results)) ?? ''));
      const casesMs = record.spent.find(({ what }) => what === 'cases')?.ms ?? Number.NaN;
      const rate = (60_000 * record.cases.length) / casesMs;
      perMinute.set(jobs, [...(perMinute.get(jobs) ?? []), rate]);
      console.log(
        `-j ${jobs}: ${record.cases.length} cases in ${(casesMs / 1000).toFixed(1)} s, ${rate.toFixed(1)} a minute, ` +
          `the whole command ${((record.durationMs ?? 0) / 1000).toFixed(1)} s, exit code ${run.code}`,
      );
    }
  }
  const best = [...perMinute].map(([jobs, rates]) => [jobs, Math.max(...rates)] as const);
  const [one, many] = [best[0]?.[1] ?? Number.NaN, best.at(-1)?.[1] ?? Number.NaN];
  console.log(
    `best of each: ${best.map(([jobs, rate]) => `-j ${jobs} ${rate.toFixed(1)}`).join(', ')}; ratio ${(many / one).toFixed(2)}`,
  );
} finally {
  await rm(results, { recursive: true, force: true });
}
