/** Text as TAP 14 takes it. */

/** `\\` and `#` have a meaning in TAP's descriptions and directives. */
export function escapeTap(text: string): string {
  return text.replace(/[\\#]/g, (char) => `\\${char}`);
}

/** White space of any kind as single blanks: a point is one line. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
