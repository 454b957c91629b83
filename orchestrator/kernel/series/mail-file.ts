/** A file with mails, for messages with a place in it. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ConfigError, caretExcerpt } from '../../base/index.ts';

/** Larger than any series: the kernel's largest postings have some 5 MB. */
const MAX_BYTES = 256 * 2 ** 20;

/** A text and the name that messages call it by. */
export interface MailFile {
  readonly file: string;
  /** Each byte one character (latin1): patches may be in any encoding, and keep it. */
  readonly text: string;
}

/** Reads a file as it is; one that gzip made (public-inbox serves `t.mbox.gz`) is unpacked. @throws when unreadable */
export async function readMailFile(path: string, name: string = path): Promise<MailFile> {
  const bytes = await readFile(path);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return { file: name, text: bytes.toString('latin1') };
  const unpack = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);
  try {
    return { file: name, text: (await unpack(bytes, { maxOutputLength: MAX_BYTES })).toString('latin1') };
  } catch (cause) {
    throw new ConfigError(`${name}:1:1: begins like a gzip file, but can't be unpacked`, {
      location: { file: name, line: 1, column: 1 },
      cause,
      hint: 'fetch it again: it is cut off or damaged',
    });
  }
}

/** An error at a place of a file, with a caret below it. Lines and columns count from 1. */
export function errorInFile(
  { file, text }: MailFile,
  line: number,
  message: string,
  hint: string,
  column = 1,
): ConfigError {
  const location = { file, line, column };
  return new ConfigError(`${file}:${line}:${column}: ${message}`, {
    location,
    detail: Buffer.from(caretExcerpt(text, location), 'latin1').toString('utf8'),
    hint,
  });
}
