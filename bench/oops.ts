/**
 * How fast consoles are read for kernel reports, and how much memory that takes.
 *
 *   bench/oops [--quiet FILE] [--reports FILE] [--megabytes N]
 *
 * `--quiet` is a console without reports (default: lines like those of a boot), `--reports` one that is full of them
 * (default: all of the parser's own test logs). Each is repeated to 1 and 10 MB and to N (default 100), and read in
 * pieces of 64 kB as they come from a pipe. Then endless lines, empty ones, and bytes that no console should print. Figures only;
 * nothing is judged.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../orchestrator/base/index.ts';
import { SplatStream } from '../orchestrator/oops/index.ts';

const PIECE_BYTES = 1 << 16;
const MEGABYTE = 1e6;

const { values } = parseArgs({
  options: {
    quiet: { type: 'string' },
    reports: { type: 'string' },
    megabytes: { type: 'string', default: '100' },
  },
});

/** Lines as a booting kernel prints them. */
function bootLines(): Buffer {
  const lines = Array.from({ length: 2000 }, (_, i) => {
    const time = (1 + i / 100).toFixed(6).padStart(12);
    return `[${time}][    T1] usb 1-${i % 8}: new high-speed USB device number ${i} using dummy_hcd\n`;
  });
  return Buffer.from(lines.join(''));
}

async function testLogs(): Promise<Buffer> {
  const folder = join(repositoryRoot, 'orchestrator/oops/testdata');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
}

/** Reads `bytes` over and over until so many went by, and prints what that took. */
function measure(name: string, bytes: Buffer, totalBytes: number): void {
  globalThis.gc?.();
  const stream = new SplatStream();
  let splats = 0;
  let read = 0;
  let peakBytes = 0;
  const began = performance.now();
  while (read < totalBytes) {
    for (let at = 0; at < bytes.length && read < totalBytes; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, Math.min(at + PIECE_BYTES, at + totalBytes - read));
      splats += stream.push(piece).length;
      read += piece.length;
    }
    peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
  }
  splats += stream.end().length;
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${name.padEnd(28)} ${(read / MEGABYTE).toFixed(0).padStart(5)} MB  ${seconds.toFixed(3).padStart(8)} s  ` +
      `${(read / MEGABYTE / seconds).toFixed(0).padStart(5)} MB/s  ${splats} splats  ` +
      `${(peakBytes / MEGABYTE).toFixed(0)} MB resident`,
  );
}

/** Repeats a text so that a piece is not shorter than those of a pipe. */
function filled(text: string | Buffer): Buffer {
  const once = Buffer.from(text);
  return Buffer.concat(Array(Math.ceil(PIECE_BYTES / once.length)).fill(once));
}

const quiet = values.quiet === undefined ? bootLines() : await readFile(values.quiet);
const reports = values.reports === undefined ? await testLogs() : await readFile(values.reports);
const most = Number(values.megabytes);
measure('(warming up)', filled(reports), MEGABYTE);
for (const megabytes of [1, 10, most]) {
  measure('quiet', filled(quiet), megabytes * MEGABYTE);
  measure('reports', filled(reports), megabytes * MEGABYTE);
}
for (const piece of [
  'x ',
  'x',
  '[ ',
  '= at ',
  ' WARNING: at ',
  '+0x1 ',
  '\0',
  '\n',
  'BUG: \n',
  '[    1.000000] ',
]) {
  measure(`only ${JSON.stringify(piece)}`, filled(piece), (most / 10) * MEGABYTE);
}
const garbage = Uint8Array.from({ length: 1 << 20 }, (_, i) => Math.imul(i ^ (i >> 7), 0x9e3779b1) >>> 24);
measure('binary garbage', Buffer.from(garbage), (most / 10) * MEGABYTE);
