/** Mails: headers and decoded text, as far as patches need it (RFC 5322, 2045, 2046, 2047). Pure. */

/** A mail whose body was decoded. */
export interface Mail {
  /** Names in lower case; the first header of a name counts. Encoded words are decoded. */
  readonly headers: ReadonlyMap<string, string>;
  /** Decoded lines of all text parts in order, each byte one character (latin1), without line ends. */
  readonly lines: readonly string[];
  /** For each of `lines`, its line number in the file (of the part's start where lines were encoded away). */
  readonly lineNumbers: readonly number[];
  /** True when all text in it is HTML. */
  readonly htmlOnly: boolean;
  /** Line in the file where the mail begins. */
  readonly line: number;
}

interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: readonly string[];
  /** Line number of the first line of `body`. */
  readonly line: number;
}

/** A multipart inside a multipart inside ...: mails of people end after three or four. */
const MAX_DEPTH = 8;

/**
 * Parses one mail.
 * @param lines its lines as latin1 without line ends (a CR at the end is kept), the `From ` separator not among them
 * @param line number of its first line in the file
 */
export function parseMail(lines: readonly string[], line: number): Mail {
  const whole = parsePart(lines, line);
  const texts: { readonly line: number; readonly text: string }[] = [];
  const kinds = new Set<string>();
  collect(whole, 0, texts, kinds);
  const headers = new Map([...whole.headers].map(([name, value]) => [name, decodeWords(value)]));
  return {
    headers,
    lines: texts.map(({ text }) => text),
    lineNumbers: texts.map((entry) => entry.line),
    htmlOnly: kinds.has('text/html') && ![...kinds].some((kind) => kind !== 'text/html' && isText(kind)),
    line,
  };
}

function isText(kind: string): boolean {
  return kind.startsWith('text/') || kind === 'application/octet-stream' || kind === 'application/mbox';
}

function parsePart(lines: readonly string[], line: number): Part {
  const headers = new Map<string, string>();
  let name: string | undefined;
  let at = 0;
  for (; at < lines.length; at++) {
    const text = (lines[at] as string).replace(/\r$/, '');
    if (text === '') break;
    if (/^[ \t]/.test(text) && name !== undefined) {
      headers.set(name, `${headers.get(name)} ${text.trim()}`);
      continue;
    }
    const [, key, value = ''] = /^([!-9;-~]+):[ \t]*(.*)$/.exec(text) ?? [];
    if (key === undefined) break;
    // A repeated header (Received) is not looked at; continuation lines of it go nowhere.
    name = headers.has(key.toLowerCase()) ? '' : key.toLowerCase();
    headers.set(name, value);
  }
  // An empty line ends the headers; a line that is no header does, too, and is the first of the body.
  const skip = (lines[at] ?? '').replace(/\r$/, '') === '' ? 1 : 0;
  return { headers, body: lines.slice(at + skip), line: line + at + skip };
}

function collect(
  part: Part,
  depth: number,
  into: { readonly line: number; readonly text: string }[],
  kinds: Set<string>,
): void {
  const contentType = part.headers.get('content-type') ?? 'text/plain';
  const kind = /^\s*([^\s;]+)/.exec(contentType)?.[1]?.toLowerCase() ?? 'text/plain';
  const boundary = /;\s*boundary=(?:"([^"]*)"|([^\s;]+))/i.exec(contentType);
  if (boundary !== null && depth < MAX_DEPTH) {
    for (const inner of splitParts(part, (boundary[1] ?? boundary[2]) as string))
      collect(inner, depth + 1, into, kinds);
    return;
  }
  kinds.add(kind);
  const encoding = (part.headers.get('content-transfer-encoding') ?? '').trim().toLowerCase();
  if (encoding === 'quoted-printable') into.push(...decodeQuotedPrintable(part.body, part.line));
  else if (encoding === 'base64') {
    const text = Buffer.from(part.body.join(''), 'base64').toString('latin1');
    into.push(...text.split('\n').map((line) => ({ line: part.line, text: line })));
  } else into.push(...part.body.map((text, index) => ({ line: part.line + index, text })));
}

function splitParts({ body, line }: Part, boundary: string): Part[] {
  const parts: Part[] = [];
  let start: number | undefined;
  body.forEach((text, index) => {
    const trimmed = text.trimEnd();
    if (trimmed !== `--${boundary}` && trimmed !== `--${boundary}--`) return;
    if (start !== undefined) parts.push(parsePart(body.slice(start, index), line + start));
    start = trimmed.endsWith('--') && trimmed !== `--${boundary}` ? undefined : index + 1;
  });
  if (start !== undefined) parts.push(parsePart(body.slice(start), line + start));
  return parts;
}

/** RFC 2045 §6.7: `=XX` is a byte, `=` at the end of a line joins it with the next. */
function decodeQuotedPrintable(body: readonly string[], line: number): { line: number; text: string }[] {
  const decoded: { line: number; text: string }[] = [];
  let begun: { line: number; text: string } | undefined;
  body.forEach((raw, index) => {
    const text = raw.replace(/[ \t\r]+$/, '');
    const soft = text.endsWith('=');
    const piece = decodeHexEscapes(soft ? text.slice(0, -1) : text);
    begun =
      begun === undefined ? { line: line + index, text: piece } : { ...begun, text: begun.text + piece };
    if (soft) return;
    // An encoded line feed (=0A) begins a new line, too.
    for (const part of begun.text.split('\n')) decoded.push({ line: begun.line, text: part });
    begun = undefined;
  });
  if (begun !== undefined) decoded.push(begun);
  return decoded;
}

/** `=XX` as a byte. */
function decodeHexEscapes(text: string): string {
  return text.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Encoded words (RFC 2047) of a header, and raw UTF-8 in it, as text. */
export function decodeWords(header: string): string {
  const raw = Buffer.from(header, 'latin1').toString('utf8');
  // Blanks between two encoded words don't count (§6.2).
  return raw
    .replace(/(=\?[^?]+\?[bq]\?[^?]*\?=)\s+(?==\?[^?]+\?[bq]\?[^?]*\?=)/gi, '$1')
    .replace(/=\?([^?]+)\?([bq])\?([^?]*)\?=/gi, (whole, charset: string, how: string, content: string) => {
      const bytes =
        how.toLowerCase() === 'b'
          ? Buffer.from(content, 'base64')
          : Buffer.from(decodeHexEscapes(content.replaceAll('_', ' ')), 'latin1');
      try {
        return new TextDecoder(charset.replace(/\*.*$/, '')).decode(bytes);
      } catch {
        return whole;
      }
    });
}
