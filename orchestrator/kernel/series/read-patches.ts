/** From the text of a file to patches: what is a patch, what is left out, what is refused. Pure. */
import { createHash } from 'node:crypto';
import { DiffDamage, diffStart, type FileDiff, parseDiff } from './diff.ts';
import { type Mail, parseMail } from './mail.ts';
import { errorInFile, type MailFile } from './mail-file.ts';
import { isMbox, mailToMboxrd, type RawMail, splitMbox } from './mbox.ts';
import type { PlacedPatch } from './numbering.ts';
import { refuseDiffs } from './safe-paths.ts';
import type { Patch, SkippedMail } from './series.ts';
import { parseSubject, type Subject } from './subject.ts';

/** What a file with mails has. */
export interface ReadPatches {
  readonly patches: readonly PlacedPatch[];
  readonly skipped: readonly SkippedMail[];
  readonly baseCommits: readonly string[];
  /** `prerequisite-patch-id` lines (git-format-patch(1), base tree information). */
  readonly prerequisites: readonly string[];
}

/** How to read a file. */
export interface ReadOptions {
  /** The file is known to be an mboxrd: `>From ` stands for `From `. */
  readonly mboxrd?: boolean;
  /** Links that earlier files of the series made; those of this one are added. */
  readonly links?: Set<string>;
}

interface Candidate {
  readonly raw: RawMail;
  readonly mail: Mail;
  readonly subject: Subject;
}

const ASK_PLAIN = 'ask for it in plain text, or take it from the list: lore:MESSAGE-ID, or b4 am';

/**
 * Reads all patches of a file in the order in which they are in it.
 * @throws ConfigError with a place: empty, no mail and no patch, HTML, damaged, or a patch that may not be applied
 */
export function readPatches(source: MailFile, options: ReadOptions = {}): ReadPatches {
  const links = options.links ?? new Set<string>();
  const candidates = splitFile(source, options.mboxrd === true).map((raw): Candidate => {
    const mail = parseMail(raw.lines, raw.line);
    return { raw, mail, subject: parseSubject(printable(mail.headers.get('subject') ?? '(no subject)')) };
  });
  const patches: PlacedPatch[] = [];
  const skipped: SkippedMail[] = [];
  // A reply may quote a diff of its own; it is taken only when there is nothing else.
  const onlyReplies = candidates.every(({ subject }) => subject.isReply);
  for (const candidate of candidates) {
    const { mail, subject } = candidate;
    const why = whySkipped(source, candidate, onlyReplies);
    if (why !== undefined) {
      skipped.push({ subject: subject.title, why });
      continue;
    }
    const patch = toPatch(source, candidate, links);
    if (patches.some((other) => isSame(other.patch, patch))) {
      skipped.push({ subject: subject.title, why: 'the same mail again' });
      continue;
    }
    patches.push({ patch, from: source, line: mail.line });
  }
  const lines = candidates.flatMap(({ mail }) => mail.lines);
  const matches = (pattern: RegExp): string[] => [
    ...new Set(lines.map((line) => pattern.exec(line)?.[1]).filter((found) => found !== undefined)),
  ];
  return {
    patches,
    skipped,
    baseCommits: matches(/^base-commit: ([0-9a-f]{12,64})\s*$/),
    prerequisites: matches(/^prerequisite-patch-id: ([0-9a-f]{12,64})\s*$/),
  };
}

function splitFile(source: MailFile, mboxrd: boolean): readonly RawMail[] {
  const { text } = source;
  if (text.trim() === '')
    throw errorInFile(
      source,
      1,
      'the file is empty',
      'it should be an mbox, a mail or a patch: fetch it again',
    );
  if (isMbox(text)) return splitMbox(text, mboxrd);
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const first = lines.findIndex((line) => line.trim() !== '');
  const { headers } = parseMail(lines.slice(first), first + 1);
  if (headers.has('from') && headers.has('subject')) return [{ lines: lines.slice(first), line: first + 1 }];
  const start = diffStart(lines);
  if (start !== undefined)
    return [{ lines: plainDiffAsMail(source.file, lines.slice(start)), line: start - 4 }];
  const page = /^\s*<(!doctype|html|\?xml)/i.test(text);
  throw errorInFile(
    source,
    first + 1,
    page ? 'this is a web page, not a mail' : 'this is no mbox, no mail and no patch',
    page
      ? 'save the raw mail or the thread (mbox.gz) instead, or give lore:MESSAGE-ID'
      : 'expected "From ", mail headers or a diff',
  );
}

/** Headers for a diff that has none, five lines. */
function plainDiffAsMail(file: string, diff: readonly string[]): string[] {
  const name = (file.split('/').at(-1) ?? file).replace(/[^\x20-\x7e]/g, '_');
  return [
    'From: nobody <nobody@localhost>',
    'Date: Thu, 1 Jan 1970 00:00:00 +0000',
    `Subject: ${name}`,
    'Content-Transfer-Encoding: 8bit',
    '',
    ...diff,
  ];
}

function whySkipped(
  source: MailFile,
  { mail, subject }: Candidate,
  onlyReplies: boolean,
): string | undefined {
  if (subject.isReply && !onlyReplies) return 'a reply';
  if (subject.number?.n === 0) return 'the cover letter';
  if (mail.htmlOnly) {
    throw errorInFile(
      source,
      mail.line,
      `the mail "${subject.title}" is in HTML, a patch in it is damaged`,
      ASK_PLAIN,
    );
  }
  return diffStart(mail.lines) === undefined ? 'no diff in it' : undefined;
}

function toPatch(source: MailFile, { raw, mail, subject }: Candidate, links: Set<string>): Patch {
  const diffs = parseDiff(mail);
  if (diffs instanceof DiffDamage) {
    throw errorInFile(
      source,
      diffs.line,
      `the patch "${subject.title}" is damaged: ${diffs.message}`,
      'a mail program may have wrapped or cut its lines: fetch the raw mail, e.g. with lore:MESSAGE-ID',
    );
  }
  const refusal = refuseDiffs(diffs, links);
  if (refusal !== undefined)
    throw errorInFile(source, refusal.line, `the patch "${subject.title}": ${refusal.message}`, refusal.hint);
  const text = mailToMboxrd(raw.lines);
  const messageId = /<([^<>\s]+)>/.exec(mail.headers.get('message-id') ?? '')?.[1];
  return {
    subject: subject.title,
    author: printable(mail.headers.get('from') ?? ''),
    ...(messageId === undefined ? {} : { messageId }),
    ...(subject.number === undefined ? {} : { number: subject.number }),
    files: pathsOf(diffs),
    text,
    origin: `${source.file}:${mail.line}`,
    sha256: createHash('sha256').update(text.toString('latin1').trimEnd(), 'latin1').digest('hex'),
  };
}

/** All paths of diffs, old and new, sorted; as UTF-8 text. */
export function pathsOf(diffs: readonly FileDiff[]): readonly string[] {
  const paths = diffs
    .flatMap(({ oldPath, newPath }) => [oldPath, newPath])
    .filter((path) => path !== undefined);
  return [...new Set(paths.map((path) => Buffer.from(path, 'latin1').toString('utf8')))].sort();
}

function isSame(a: Patch, b: Patch): boolean {
  return a.messageId === undefined ? a.sha256 === b.sha256 : a.messageId === b.messageId;
}

/** For a terminal: somebody's subject may have escape sequences in it. */
function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
}
