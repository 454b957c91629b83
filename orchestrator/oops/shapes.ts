/** Lines told by their shape alone: what stands in reports, begins or ends one, and what a boot prints. */

/** `------------[ cut here ]------------` (kernel/panic.c, bug.h), `8<--- cut here ---` (arch/arm). */
export const CUT_HERE = /cut here \]?-/;
/** What ends a report: kernel/panic.c print_oops_end_marker(), vpanic(). */
export const END_MARK = /^---\[ end (?:trace|Kernel panic)/;
/** kasan/report.c end_report(), lockdep's and KCSAN's rulers. */
export const RULER = /^ *(?:={20,}|-{20,})$/;

/** Lines that stand in reports, apart from frames: registers, headers, tables, hex dumps. */
export const SHAPE =
  /^(?:\s|[0-9a-f]{4}: |=+$|-+$|$|\]|CPU|[A-Z]?UID|PID|Hardware|Call|Comm|Process|Stack|Code|Modules|Workqueue|Register|Flags|Control|Exception|Backtrace|Tainted|[ER]IP|[ER]?[SBACD][PIX]\d*\b|R\d+|[xr]\d+ ?:|[CDEFG][RS]\d?:|[CDR]R?\d+:|pc|lr|sp|pstate|NIP|LR|MSR|GPR\d+|CFAR|IRQMASK|PKRU|CR\d|---\[|Allocated|Freed|Last|Second|The buggy|Memory|page|flags|raw|head|page_type|>|ff|NMI|Kernel|Rebooting|Showing|Sending|\d+ locks? held|#\d|irq event|(?:hard|soft)irqs|other|but |and |which|stack|the |to |\.\.\.|\*\*\*|Possible|Chain|INFO:|rcu:|"echo|Read of|Write of|Read at|Write at|BUG|WARNING|Oops|Internal|invalid|Dumping|Disabling|kernel BUG|cache|object|Object|The |Padding|Redzone|Uninit|Bytes|Local|Shutting|Mem-Info|Node|value|Preemption|in_atomic|task:|Tasks|workqueue|rcu_|last function|Pointer|Memory|Data abort|user pgtable|swapper|Mem abort|\[[0-9a-f]+\]|ESR|EC|SET|EA|FSC|ISV|CM|backtrace|comm |hex dump|unreferenced|Reported by|race at|read (?:to|of)|write (?:to|of)|kfence|allocated|freed|Call trace|Colliding|Tried)/;

/** What firmware, boot loaders and the kernel's decompressor print before the kernel proper. */
export const BOOTING =
  /^(?:\s*$|\x1b|Sea(?:BIOS|VGABIOS)|iPXE|Booting|Decompressing|early console|input_|output|kernel_total|needed_size|trampoline|Physical KASLR|Virtual KASLR|Loading|Welcome to|GRUB|Press|UEFI|Bds|Total RAM|CPUs found|found |virtio-|drive |Machine UUID|Linux version|Command line|\[ *0\.0)/;
