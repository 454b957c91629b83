/** Subjects of patch mails. Pure. */
import type { PatchNumber } from './series.ts';

/** What a subject says. */
export interface Subject {
  /** Without prefixes. */
  readonly title: string;
  readonly number?: PatchNumber;
  /** `Re:`, `Fwd:` and their like in other languages are before it. */
  readonly isReply: boolean;
}

/**
 * `[RFC PATCH net-next v3 2/7] net: Fix it` and its relatives. A version may carry a name (`v11-on-7.2`); patchwork
 * separates with commas. A pair `0/7` is the cover letter.
 */
export function parseSubject(subject: string): Subject {
  const reply = /^\s*((re|aw|sv|vs|fwd?|antw)\s*(\[\d+\])?:\s*)+/i.exec(subject)?.[0] ?? '';
  let title = subject.slice(reply.length).trim();
  const words: string[] = [];
  for (;;) {
    const [tag, content] = /^\[([^\]]*)\]\s*/.exec(title) ?? [];
    if (tag === undefined || content === undefined) break;
    words.push(...content.split(/[\s,]+/));
    title = title.slice(tag.length);
  }
  const version = words
    .map((word) => /^v(\d{1,4})(?![\d.])/i.exec(word)?.[1])
    .find((found) => found !== undefined);
  const [, n, of] =
    words.map((word) => /^(\d{1,4})\/(\d{1,4})$/.exec(word)).find((found) => found !== null) ?? [];
  return {
    title: title === '' ? subject.trim() : title,
    ...(n === undefined
      ? {}
      : { number: { n: Number(n), of: Number(of), version: version === undefined ? 1 : Number(version) } }),
    isReply: reply !== '',
  };
}
