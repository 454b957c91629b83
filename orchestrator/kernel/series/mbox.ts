/** Splits an mbox as `git mailsplit` does. Pure. */

/** One mail of an mbox, not yet parsed. */
export interface RawMail {
  /** Its lines as latin1, without the separator and line ends; a CR at the end of a line is kept. */
  readonly lines: readonly string[];
  /** Line number of `lines[0]` in the file. */
  readonly line: number;
}

/**
 * A separator: "From ", anything, a time of day, and at once a year (git builtin/mailsplit.c, is_from_line); a sentence
 * that begins with "From" is none.
 */
const SEPARATOR = /^From .*\d:\d\d\s+(?:19|2\d)\d\d\b/;

/** Whether a text is an mbox: its first line that is not empty is a separator. */
export function isMbox(text: string): boolean {
  return SEPARATOR.test(text.trimStart().split('\n', 1)[0] ?? '');
}

/**
 * Splits an mbox. Escaped lines (`>From `) are unescaped when the separators say mboxrd (public-inbox, b4); in other
 * mboxes they stay, since nobody knows.
 * @param text latin1
 * @param mboxrd it is one, whatever its separators say
 */
export function splitMbox(text: string, mboxrd = false): readonly RawMail[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const mails: RawMail[] = [];
  let start: number | undefined;
  const end = (at: number): void => {
    if (start === undefined) return;
    const escaped = mboxrd || /^From mboxrd@/.test(lines[start - 1] as string);
    const own = lines.slice(start, at);
    // The empty line before the next separator belongs to the format (RFC 4155).
    if (at < lines.length && own.at(-1)?.trim() === '') own.pop();
    mails.push({
      lines: escaped ? own.map((line) => (/^>+From /.test(line) ? line.slice(1) : line)) : own,
      line: start + 1,
    });
  };
  lines.forEach((line, index) => {
    if (!SEPARATOR.test(line)) return;
    end(index);
    start = index + 1;
  });
  end(lines.length);
  return mails;
}

/** One mail as an mbox of its own, in mboxrd: whatever is in it, it stays one mail. */
export function mailToMboxrd(lines: readonly string[]): Buffer {
  const escaped = lines.map((line) => (/^>*From /.test(line) ? `>${line}` : line));
  return Buffer.from(`From unplug@z Mon Sep 17 00:00:00 2001\n${escaped.join('\n')}\n`, 'latin1');
}
