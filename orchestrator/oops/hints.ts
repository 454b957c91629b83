/**
 * Every line that opens a report, or announces one, holds one of these texts. Nearly no other line does, so that a
 * console is searched for them first and nothing else is done to the rest. A rule whose line holds none of them
 * needs a new one here; the shortest sets how fast the search is.
 */
export const HINTS: readonly string[] = [
  'BUG:',
  'Kernel bug',
  'BUG ', // kernel BUG at, BUG kmalloc-64 (…)
  'WARNING:',
  'INFO:',
  'KASAN:',
  'UBSAN:',
  'ODEBUG:',
  'refcount_t:',
  'Illegal ',
  'list_add',
  'list_del',
  'unreferenced object',
  'nable to handle',
  'nhandled fault',
  'nhandled prefetch',
  'general protection',
  'stack segment',
  'divide error',
  'divide_error',
  'int3',
  'invalid opcode',
  'bounds',
  'segment overrun',
  'invalid TSS',
  'segment not present',
  'double fault',
  'Alignment trap',
  'Internal error',
  'Kernel panic',
  'hard LOCKUP',
  'Hard LOCKUP',
  'unregister_netdevice:',
  'VFS: ',
  'rust_kernel: panicked',
  'skbuff: ',
  'detected buffer overflow',
  'Booting the kernel',
  'trusty: panic',
  'SYZFAIL:',
  'SYZFATAL:',
  '[#1]', // what die() prints of the first, whatever it is
  'pagealloc: ',
  'fatal error: ',
  'cut here', // precedes a report
  '=====', // the same
];
