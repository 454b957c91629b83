/** What programs that keep kernel messages put before them. Data: a new one is a new row. */

/** Tried on lines without a timestamp of the kernel's own; the first that matches is taken off. */
const PREFIXES: readonly { readonly shape: RegExp; readonly source: string }[] = [
  {
    shape: /^(?:[a-z]+ *:[a-z]+ *: )?\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}\] ?/,
    source: 'dmesg -T, with -x: kern  :warn  : [Thu Nov 26 04:30:19 2026]',
  },
  {
    shape:
      /^(?:[a-z]+ *:[a-z]+ *: )?\d{4}-\d\d-\d\dT[\d:]{8}[.,]\d{1,9}(?:[+-]\d\d:?\d\d|Z) (?:\S{1,255} kernel: )?/,
    source: 'dmesg --time-format iso, journalctl -o short-iso-precise, rsyslog',
  },
  {
    shape: /^\d{4}-\d\d-\d\dT[\d:]{8}(?:[+-]\d\d:?\d\d|Z) \S{1,255} kernel: /,
    source: 'journalctl -o short-iso',
  },
  {
    shape: /^[A-Z][a-z]{2} [ \d]\d [\d:]{8}(?:\.\d{1,9})? \S{1,255} kernel: /,
    source: 'journalctl -k, syslog (RFC 3164)',
  },
  {
    shape: /^\d{1,3},\d{1,20},\d{1,20},[-c][^;]{0,64};/,
    source: '/dev/kmsg (Documentation/ABI/testing/dev-kmsg)',
  },
  { shape: /^[a-z]+ *:[a-z]+ *: /, source: 'dmesg -x -t' },
  { shape: /^<\d{1,3}>/, source: 'the level of a raw record: dmesg -r, pstore (kernel/printk/printk.c)' },
];

/** `journalctl -o short-monotonic` writes the host between the time and the text. */
const AFTER_STAMP = /^[\w.-]{1,255} kernel: /;

/** The text without what a log keeper put before it. */
export function withoutPrefix(text: string): string {
  for (const { shape } of PREFIXES) {
    const found = shape.exec(text);
    if (found) return text.slice(found[0].length);
  }
  return text;
}

/** The text that followed a timestamp, without what a log keeper put before it. */
export function withoutHost(text: string): string {
  return text.replace(AFTER_STAMP, '');
}
