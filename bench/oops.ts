/**
 * How fast consoles are read for kernel reports, and how much memory that takes.
 *
 *   bench/oops [--quiet FILE] [--reports FILE] [--megabytes N] [--gigabyte] [--mutations FOLDER]
 *
 * `--quiet` is a console without reports (default: lines like those of a boot), `--reports` one that is full of them
 * (default: all of the parser's own test logs). Each is repeated to 1 and 10 MB and to N (default 100), and read in
 * pieces of 64 kB as they come from a pipe. Then endless lines, empty ones, and bytes that no console should print. `--gigabyte` reads the
 * quiet console to 1 GB as well. `--mutations` reads ten million bytes of mutated logs of a folder, and prints the
 * slowest. Figures only; nothing is judged.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../orchestrator/base/index.ts';
import { parseConsole, SplatStream } from '../orchestrator/oops/index.ts';

const PIECE_BYTES = 1 << 16;
const MEGABYTE = 1e6;

const { values } = parseArgs({
  options: {
    quiet: { type: 'string' },
    reports: { type: 'string' },
    megabytes: { type: 'string', default: '100' },
    gigabyte: { type: 'boolean', default: false },
    mutations: { type: 'string' },
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
measure('one line', filled('x'.repeat(PIECE_BYTES)), most * MEGABYTE);
measure(
  'one line of a report',
  filled('BUG: KASAN: use-after-free in a+0x1/0x2 [    1.000000] '),
  most * MEGABYTE,
);
if (values.gigabyte) measure('quiet', filled(quiet), 1000 * MEGABYTE);
if (values.mutations !== undefined) await mutations(values.mutations, 10 * MEGABYTE);

/** Mutates logs of a folder one after the other until so many bytes were read, and prints the slowest. */
async function mutations(folder: string, totalBytes: number): Promise<void> {
  const names = await readdir(folder);
  const logs = await Promise.all(names.map((name) => readFile(join(folder, name))));
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fff_ffff;
    return Math.floor((seed / 0x8000_0000) * below);
  };
  const pieces = [
    '\0',
    '\x1b[31m',
    '\x1b]0;',
    '[    1.000000]',
    '[    9.000000][   T1] ',
    '\n',
    '\r',
    'BUG: ',
    ' +0x1/0x2',
    '\xff\xfe',
  ];
  let read = 0;
  let cases = 0;
  let worstMs = 0;
  let worst = '';
  while (read < totalBytes) {
    const at = random(logs.length);
    let text = (logs[at] as Buffer).toString('latin1');
    for (let change = random(40); change >= 0; change--) {
      const from = random(text.length);
      const cut = text.slice(from, from + random(300));
      const rest = text.slice(0, from) + text.slice(from + (random(2) === 0 ? cut.length : 0));
      const to = random(rest.length + 1);
      text =
        rest.slice(0, to) +
        (random(2) === 0 ? cut : (pieces[random(pieces.length)] as string)) +
        rest.slice(to);
    }
    const bytes = Buffer.from(text, 'latin1');
    const began = process.cpuUsage();
    parseConsole(bytes);
    const { user, system } = process.cpuUsage(began);
    const ms = (user + system) / 1000;
    read += bytes.length;
    cases++;
    if (ms > worstMs) [worstMs, worst] = [ms, `${names[at]}, ${bytes.length} bytes`];
  }
  console.log(
    `mutations: ${cases} cases, ${read} bytes, worst ${worstMs.toFixed(1)} ms of processor time (${worst})`,
  );
}
