/** Rules of WARN() and its special cases, which are told by the file that warned. */
import type { Rule } from './rule.ts';

/** See {@link Rule}. Specific rows stand before the general one. */
export const WARNING_RULES: readonly Rule[] = [
  {
    match: /WARNING:.* at \S*lib\/debugobjects\.c/,
    title: 'WARNING: ODEBUG bug in {frame}',
    type: 'odebug',
    from: 'stack',
    source: 'lib/debugobjects.c debug_print_object()',
  },
  {
    match: /^ODEBUG: \w+(?: \w+)* \(active state/,
    title: 'WARNING: ODEBUG bug in {frame}',
    type: 'odebug',
    from: 'stack',
    preface: true,
    source: 'lib/debugobjects.c debug_print_object(): WARN()',
  },
  {
    match: /WARNING:.* at \S*lib\/refcount\.c/,
    title: 'WARNING: refcount bug in {frame}',
    type: 'refcount',
    from: 'report',
    source: 'lib/refcount.c refcount_warn_saturate()',
  },
  {
    match: /^refcount_t: /,
    title: 'WARNING: refcount bug in {frame}',
    type: 'refcount',
    from: 'report',
    preface: true,
    source: 'lib/refcount.c REFCOUNT_WARN()',
  },
  {
    match: /WARNING:.* at \S*lib\/kobject\.c/,
    title: 'WARNING: kobject bug in {frame}',
    type: 'warning',
    from: 'report',
    source: 'lib/kobject.c kobject_add_internal()',
  },
  {
    match:
      /WARNING:.* at \S*mm\/(?:slab_common|util)\.c:\d+ (?:at )?(?:kmalloc_slab|kvmalloc_node)|WARNING:.* at \S*mm\/(?:slab_common|util)\.c.* (?:kmalloc_slab|kvmalloc_node)/,
    title: 'WARNING: kmalloc bug in {frame}',
    type: 'warning',
    from: 'report',
    source: 'mm/slab_common.c kmalloc_slab(), mm/util.c kvmalloc_node()',
  },
  {
    match: /WARNING:.* at \S*mm\/vmalloc\.c:\d+ __vmalloc_node_range/,
    title: 'WARNING: zero-size vmalloc in {frame}',
    type: 'warning',
    from: 'report',
    source: 'mm/vmalloc.c __vmalloc_node_range(): WARN_ON_ONCE(!size)',
  },
  {
    match: /WARNING:.* at \S*fs\/proc\/generic\.c:\d+ proc_register/,
    title: 'WARNING: proc registration bug in {frame}',
    type: 'warning',
    from: 'report',
    source: 'fs/proc/generic.c proc_register()',
  },
  {
    match: /WARNING:.* at \S*drivers\/usb\/core\/urb\.c:\d+ usb_submit_urb/,
    title: 'WARNING in {frame}/usb_submit_urb',
    type: 'warning',
    from: 'report',
    skip: /^(?:usb_submit_urb|usb_start_wait_urb|usb_bulk_msg|usb_interrupt_msg|usb_control_msg|usb_internal_control_msg)$/,
    source: 'drivers/usb/core/urb.c usb_submit_urb(): dev_WARN_ONCE()',
  },
  {
    match:
      /WARNING: kernel stack regs .*has bad '?\w*'? ?value|WARNING: kernel stack frame pointer at \s*\(ptrval\).*has bad value/,
    title: 'WARNING: kernel stack regs has bad value',
    type: 'warning',
    from: 'none',
    bare: true,
    source: 'arch/x86/kernel/unwind_frame.c unwind_next_frame()',
  },
  {
    match: /WARNING: kernel stack frame pointer .*has bad value/,
    title: 'WARNING: kernel stack frame pointer has bad value',
    type: 'warning',
    from: 'none',
    bare: true,
    source: 'arch/x86/kernel/unwind_frame.c unwind_next_frame()',
  },
  {
    match:
      /WARNING: (?:CPU: \d+ PID: -?\d+ at |(?:\[[^\]]*\] )?\S+\.(?:[chS]|rs):\d+ at |at \S+, CPU#\d|.* at \S+\.(?:[chS]|rs):\d+ )/,
    title: 'WARNING in {frame}',
    type: 'warning',
    from: 'report',
    source: 'kernel/panic.c __warn()',
  },
  {
    match: /^(?:rcu: )?INFO: *$/,
    title: 'INFO: corrupted',
    type: 'other',
    from: 'none',
    stackless: true,
    piece: true,
    source: 'any report that begins so, torn',
  },
  {
    match: /^(?:\S+ ){0,3}WARNING: (.+)/,
    title: 'WARNING: {1}',
    type: 'warning',
    from: 'none',
    stackless: true,
    source: 'any printk() that says so',
  },
];
