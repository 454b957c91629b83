/** `unplug replay RUN`: the verdicts, computed again from what is on disk. */
import { join } from 'node:path';
import { InfraError, repositoryRoot } from '../base/index.ts';
import { findRun, readRun, replayCase } from '../results/index.ts';

/** Replays a run's finished cases. @returns 0 when every verdict has the stored bytes, 1 when one differs */
export async function replay(
  wanted: string,
  options: { readonly json?: boolean; readonly results?: string },
): Promise<number> {
  const directory = await findRun(options.results ?? join(repositoryRoot, 'results'), wanted);
  const run = await readRun(directory);
  const finished = run.cases.filter((one) => one.verdict !== null);
  if (finished.length === 0) throw new InfraError(`run ${run.id} has no finished case to replay`);
  const verdicts = [];
  let changed = 0;
  for (const one of finished) {
    const { verdict, same } = await replayCase(join(directory, one.directory));
    verdicts.push(verdict);
    if (!same) changed++;
    if (options.json) continue;
    const told = `${one.verdict}${one.title === '' ? '' : ` (${one.title})`}`;
    const equal = one.verdict === verdict.verdict && one.title === verdict.title;
    const was = same ? 'same' : equal ? 'other details' : `was ${told}`;
    process.stdout.write(
      `${verdict.verdict.padEnd(5)}  ${was}  ${one.variant}  ${one.name}  ${verdict.title}\n`,
    );
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ run: run.id, changed, verdicts }, null, 2)}\n`);
  else process.stdout.write(`${finished.length} verdicts, ${changed} changed\n`);
  return changed === 0 ? 0 : 1;
}
