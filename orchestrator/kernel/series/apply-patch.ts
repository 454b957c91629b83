/** One patch onto a scratch repository, or off it. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandResult } from '../../base/index.ts';
import type { Scratch } from './scratch.ts';
import type { Patch } from './series.ts';

/** How it went. */
export type PatchOutcome =
  | { readonly applied: true /** How, when not straight. */; readonly note?: string }
  | { readonly applied: false; readonly said: string };

/** Ways to read a mail whose lines end in CR LF: as mails do, as the files do, and as encoded mails do. */
const LINE_END_OPTIONS: readonly (readonly [option: string, note: string])[] = [
  ['--keep-cr', 'lines that end in CR LF kept as they are (--keep-cr)'],
  ['--quoted-cr=strip', 'CR LF line ends of an encoded mail taken for LF (--quoted-cr=strip)'],
];

/** Applies a patch with `git am -3` and commits it. When it does not apply, the repository is as before. */
export async function applyPatch(scratch: Scratch, patch: Patch): Promise<PatchOutcome> {
  const mail = await putMail(scratch, patch);
  const am = (option: readonly string[]) =>
    scratch.try(
      'am',
      '--3way',
      '--patch-format=mboxrd',
      '--whitespace=nowarn',
      '--no-scissors',
      '--no-gpg-sign',
      ...option,
      mail,
    );
  const first = await am([]);
  if (first.code === 0) return { applied: true, ...threeWayNote(first) };
  await abandon(scratch);
  if (hasCarriageReturns(patch)) {
    for (const [option, note] of LINE_END_OPTIONS) {
      if ((await am([option])).code === 0) return { applied: true, note };
      await abandon(scratch);
    }
  }
  return { applied: false, said: said(first) };
}

/** Takes a patch off again and commits that. When it can't be taken off, the repository is as before. */
export async function revertPatch(scratch: Scratch, patch: Patch): Promise<PatchOutcome> {
  const diff = await extractDiff(scratch, patch);
  const reverse = (...how: readonly string[]) =>
    scratch.try('apply', '--reverse', '--index', '--whitespace=nowarn', ...how, diff);
  const first = await reverse();
  let note: string | undefined;
  if (first.code !== 0) {
    await scratch.git('reset', '--quiet', '--hard');
    if ((await reverse('--3way')).code !== 0) {
      await scratch.git('reset', '--quiet', '--hard');
      return { applied: false, said: said(first) };
    }
    note = 'by a 3-way merge';
  }
  await scratch.git('commit', '--quiet', '--allow-empty', '--message', `Revert "${patch.subject}"`);
  return { applied: true, ...(note === undefined ? {} : { note }) };
}

/** The patch's diff, decoded, as a file: what `git am` gives to `git apply`. */
export async function extractDiff(scratch: Scratch, patch: Patch): Promise<string> {
  const split = join(scratch.directory, 'split');
  await rm(split, { recursive: true, force: true });
  await mkdir(split);
  const mail = await putMail(scratch, patch);
  await scratch.git('mailsplit', '--mboxrd', `-o${split}`, mail);
  const diff = join(split, 'diff');
  // git mailinfo reads the mail from standard input.
  await scratch.feedFile(join(split, '0001'), 'mailinfo', join(split, 'message'), diff);
  return diff;
}

/** Whether a mail has CR LF line ends, as they are or encoded. */
export function hasCarriageReturns({ text }: Patch): boolean {
  return (
    text.includes('\r\n') ||
    text.includes('=0D') ||
    /^content-transfer-encoding: *base64/im.test(text.toString('latin1'))
  );
}

async function putMail(scratch: Scratch, patch: Patch): Promise<string> {
  const mail = join(scratch.directory, 'mail');
  await writeFile(mail, patch.text);
  return mail;
}

/** Forgets an unfinished `git am`. */
async function abandon(scratch: Scratch): Promise<void> {
  await scratch.try('am', '--abort');
  await scratch.git('reset', '--quiet', '--hard');
  await scratch.git('clean', '--quiet', '--force', '-d', '-x');
}

function threeWayNote({ stdout }: CommandResult): { readonly note?: string } {
  return /Falling back to patching base and 3-way merge/.test(stdout.toString('utf8'))
    ? { note: 'by a 3-way merge' }
    : {};
}

function said({ stdout, stderr }: CommandResult): string {
  const lines = `${stderr}\n${stdout.toString('utf8')}`.split('\n');
  return lines.filter((line) => line.trim() !== '' && !line.startsWith('hint:')).join('\n');
}
