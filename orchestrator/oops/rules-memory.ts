/** Rules of the memory checkers: KASAN, KFENCE, KMSAN, KCSAN, UBSAN, SLUB, kmemleak, list and page checks. */
import type { Rule } from './rule.ts';

/** Allocation helpers of many callers: the leak is their caller's. */
const LEAK_TOOLS =
  /^(?:kmemleak_.*|alloc_inode|alloc_super|sget_userns|sk_alloc|sk_prot_alloc|inet6?_alloc.*|__build_skb|__alloc_skb|alloc_skb.*|sock_kmalloc|__netdev_alloc.*|dev_alloc_skb|pcpu_.*|__alloc_percpu.*|kobject_.*|device_.*private.*)$/;

/** Ciphers and their glue: the caller's data is what is uninitialised. */
const CIPHERS =
  /^(?:aes.*|sha\d.*|md5.*|crypto_.*|cipher_.*|drbg_.*|jent_.*|rng_.*|chacha.*|poly1305.*|skcipher_.*|shash_.*|cbc_.*|xts_.*|lrw_.*|ctr_.*|ecb_.*|essiv_.*)$/;

/** See {@link Rule}. */
export const MEMORY_RULES: readonly Rule[] = [
  {
    match: /BUG: KASAN: (double-free or invalid-free|double-free|invalid-free)\b/,
    title: 'KASAN: invalid-free in {frame}',
    alt: ['invalid-free in {frame}'],
    type: 'kasan',
    from: 'report',
    source: 'mm/kasan/report.c kasan_report_invalid_free()',
  },
  {
    match: /BUG: KASAN: ([a-z-]+)(?: in | on |$)/,
    title: 'KASAN: {1} {access} in {frame}',
    alt: ['bad-access in {frame}'],
    type: 'kasan',
    from: 'report',
    source: 'mm/kasan/report.c print_error_description()',
  },
  {
    match:
      /BUG: KFENCE: (use-after-free|out-of-bounds|invalid|memory corruption|invalid free)(?: (read|write))? in /,
    title: 'KFENCE: {1+2} in {frame}',
    type: 'kfence',
    from: 'report',
    source: 'mm/kfence/report.c kfence_report_error()',
  },
  {
    match: /BUG: KMSAN: ([a-z-]+) in /,
    title: 'KMSAN: {1} in {frame}',
    type: 'kmsan',
    from: 'report',
    skip: new RegExp(`${CIPHERS.source}|^usb_submit_urb$`),
    source: 'mm/kmsan/report.c kmsan_report()',
  },
  {
    match: /BUG: KCSAN: ([a-z-]+) in ([\w.]+)(?:\+0x[0-9a-f/x]+)?(?: \/ ([\w.]+))?/,
    title: 'KCSAN: {1} in {2/3}',
    type: 'kcsan',
    from: 'none',
    source: 'kernel/kcsan/report.c print_report()',
  },
  {
    match: /^UBSAN: Undefined behaviour in /,
    title: 'UBSAN: undefined-behaviour in {frame}',
    type: 'ubsan',
    from: 'stack',
    source: 'lib/ubsan.c ubsan_prologue(), before 5.9',
  },
  {
    match: /^UBSAN: ([a-z-]+) in /,
    title: 'UBSAN: {1} in {frame}',
    type: 'ubsan',
    from: 'stack',
    source: 'lib/ubsan.c ubsan_prologue()',
  },
  {
    match: /BUG: memory leak/,
    title: 'memory leak in {frame}',
    type: 'leak',
    from: 'stack',
    skip: LEAK_TOOLS,
    source: 'what prints the file of mm/kmemleak.c, headed so',
  },
  {
    match: /^unreferenced object 0x[0-9a-f]+ \(size /,
    title: 'memory leak in {frame}',
    type: 'leak',
    from: 'stack',
    skip: LEAK_TOOLS,
    source: 'mm/kmemleak.c print_unreferenced()',
  },
  {
    match:
      /^BUG [\w.:-]+ \(.*\): (Object already free|Poison overwritten|Object padding overwritten|[A-Z][a-z]+ [Rr]edzone overwritten|Padding overwritten\b.*|Freepointer corrupt|Objects remaining .*|Wrong object count.*|Invalid object pointer)/,
    title: 'BUG: {1}',
    type: 'bug',
    from: 'none',
    source: 'mm/slub.c slab_bug()',
  },
  {
    match: /BUG: Bad page state in process /,
    title: 'BUG: Bad page state in {frame}',
    type: 'bug',
    from: 'text',
    source: 'mm/page_alloc.c bad_page()',
  },
  {
    match: /BUG: Bad page (map|cache) in process /,
    title: 'BUG: Bad page {1} in {frame}',
    type: 'bug',
    from: 'stack',
    source: 'mm/memory.c print_bad_pte()',
  },
  {
    match: /BUG: Bad rss-counter state/,
    title: 'BUG: Bad rss-counter state',
    type: 'bug',
    from: 'none',
    stackless: true,
    source: 'kernel/fork.c check_mm()',
  },
  {
    match: /BUG: non-zero pgtables_bytes on freeing mm/,
    title: 'BUG: non-zero pgtables_bytes on freeing mm',
    type: 'bug',
    from: 'none',
    stackless: true,
    source: 'kernel/fork.c check_mm()',
  },
  {
    match: /^INFO: (Allocated|Freed) in ([\w.]+)\+0x/,
    title: 'INFO: {1} in {2} age=NUM cpu=NUM pid=NUM',
    type: 'bug',
    from: 'none',
    preface: true,
    inner: true,
    source: 'mm/slub.c print_track()',
  },
  {
    match: /kernel BUG at \S*lib\/list_debug\.c/,
    title: 'BUG: corrupted list in {frame}',
    type: 'list-corruption',
    from: 'report',
    source: 'lib/list_debug.c __list_add_valid(), CONFIG_BUG_ON_DATA_CORRUPTION',
  },
  {
    match: /^list_(?:add|del)(?:_rcu)? (?:corruption|double add)|^list_(?:add|del)_corruption/,
    title: 'BUG: corrupted list in {frame}',
    type: 'list-corruption',
    from: 'report',
    preface: true,
    source: 'lib/list_debug.c CHECK_DATA_CORRUPTION()',
  },
  {
    match: /kernel BUG at \S*mm\/usercopy\.c/,
    title: 'BUG: bad usercopy in {frame}',
    type: 'bug',
    from: 'report',
    source: 'mm/usercopy.c usercopy_abort()',
  },
  {
    match: /WARNING:.* at \S*mm\/usercopy\.c/,
    title: 'WARNING: bad usercopy in {frame}',
    type: 'warning',
    from: 'report',
    source: 'mm/usercopy.c usercopy_warn()',
  },
];
