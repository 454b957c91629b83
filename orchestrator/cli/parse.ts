/** `unplug parse FILE|-`: the kernel reports in any console log, dmesg, journal or pstore text. */
import { createReadStream } from 'node:fs';
import { cachePaths, UsageError } from '../base/index.ts';
import { cachedKernelFiles, kernelFiles } from '../kernel/index.ts';
import { type Splat, SplatStream, scoreFolder, scoreText } from '../oops/index.ts';
import { Symboliser } from './symbolise.ts';
import { updateCorpus } from './update-corpus.ts';

/** Options of `parse`, as commander gives them. */
export interface ParseOptions {
  readonly json?: boolean;
  readonly title?: boolean;
  readonly report?: boolean;
  readonly score?: string;
  readonly misses?: boolean;
  readonly kernel?: string;
  readonly vmlinux?: string;
  readonly updateCorpus?: string;
}

const PIECE_BYTES = 1 << 20;

/**
 * Prints the reports of a file or of standard input (`-`), or how well the parser reads a folder of logs.
 *
 * @returns 1 when there is a report, 0 when there is none; 0 of a score
 * @throws UsageError without a file or folder, with both, with one that can't be read, or of a kernel that is not there
 */
export async function parse(file: string | undefined, options: ParseOptions): Promise<number> {
  if (options.score !== undefined) {
    if (file !== undefined) throw new UsageError('parse: either a file or --score, not both');
    return score(options.score, options);
  }
  if (options.updateCorpus !== undefined) {
    if (file !== undefined) throw new UsageError('parse: either a file or --update-corpus, not both');
    return updateCorpus(options.updateCorpus);
  }
  if (file === undefined)
    throw new UsageError('parse: which file?', { hint: '`unplug parse -` reads standard input' });
  const found = await splatsOf(file);
  const asked = options.kernel !== undefined || options.vmlinux !== undefined;
  const splats = asked && !options.title ? await symbolised(found, options) : found;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ file, splats }, null, 2)}\n`
      : text(splats, { ...options, report: options.report === true || asked }),
  );
  return splats.length === 0 ? 0 : 1;
}

async function splatsOf(file: string): Promise<readonly Splat[]> {
  const stream = new SplatStream();
  const splats: Splat[] = [];
  const source = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: PIECE_BYTES });
  try {
    for await (const piece of source) splats.push(...stream.push(piece));
  } catch (cause) {
    throw new UsageError(`parse: ${file}: ${(cause as Error).message}`, { cause });
  }
  return [...splats, ...stream.end()].sort((a, b) => a.openedLine - b.openedLine);
}

/** The reports with the places of their frames in the source. */
async function symbolised(
  splats: readonly Splat[],
  { kernel, vmlinux }: ParseOptions,
): Promise<readonly Splat[]> {
  if (kernel !== undefined && vmlinux !== undefined)
    throw new UsageError('parse: either --kernel or --vmlinux, not both');
  const files =
    vmlinux === undefined ? await cachedKernelFiles(cachePaths(), kernel ?? '') : await kernelFiles(vmlinux);
  await using symboliser = new Symboliser(files);
  const shown: Splat[] = [];
  for (const splat of splats) shown.push({ ...splat, text: await symboliser.text(splat.text) });
  return shown;
}

function text(splats: readonly Splat[], { title, report }: ParseOptions): string {
  if (title) return splats.map((splat) => `${splat.title}\n`).join('');
  if (report) return splats.map((splat) => `${splat.text}\n`).join('\n');
  if (splats.length === 0) return process.stdout.isTTY ? 'no reports\n' : '';
  return table([
    ['lines', 'time', 'by', 'type', 'title', ''],
    ...splats.map(({ startLine, endLine, timeS, caller, type, title, corrupted, panicked }) => [
      `${startLine}-${endLine}`,
      timeS === undefined ? '' : timeS.toFixed(6),
      caller ?? '',
      type,
      title,
      [corrupted ? 'corrupted' : '', panicked ? 'panicked' : ''].filter(Boolean).join(', '),
    ]),
  ]);
}

/** Rows as columns of even width, the first row as the header. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const padded = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return padded.map((line) => `${line.trimEnd()}\n`).join('');
}

function score(folder: string, options: ParseOptions): number {
  let result: ReturnType<typeof scoreFolder>;
  try {
    result = scoreFolder(folder);
  } catch (cause) {
    throw new UsageError(`parse: ${folder}: ${(cause as Error).message}`, { cause });
  }
  const { misses, ...figures } = result;
  const shown = options.misses ? { ...figures, misses } : figures;
  process.stdout.write(
    options.json ? `${JSON.stringify(shown)}\n` : scoreText(result, options.misses === true),
  );
  return 0;
}
