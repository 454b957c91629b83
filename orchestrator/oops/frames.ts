/**
 * Lines to stack frames. Every architecture prints its stacks in its own way;
 * the shapes are rows here, and what all of them give is a {@link Frame}.
 */

/** A function named by a report. */
export type Frame = {
  /** As printed, with the compiler's suffixes. */
  readonly raw: string;
  /** Without `.isra.0`, `.part.3`, `.constprop.0`, `.cold`, `.llvm.123`. */
  readonly name: string;
  /** The module it lives in, where one was printed. */
  readonly module?: string;
  /** Source place, where the log was already symbolised. */
  readonly place?: string;
  /** The unwinder does not vouch for it (`? foo+0x1/0x2`; x86 dumpstack.c printk_stack_address()). */
  readonly unsure: boolean;
  /** Named in passing (`at: foo+0x1/0x2`), not a line of a stack. */
  readonly passing?: boolean;
  /** 32-bit Arm prints the caller on the same line. */
  readonly caller?: string;
  /** The faulting instruction's own line (`RIP:`, `pc :`, `PC is at`), not one of a stack. */
  readonly register?: 'pc' | 'lr';
};

/** A C or mangled Rust function name. */
const NAME = '[A-Za-z_$][A-Za-z0-9_$.]*';
const OFFSET = '\\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?';
const TAIL = '(?: \\[([A-Za-z0-9_-]+)[^\\]]*\\])?';
const PLACE = '(?:\\(\\))?(?: +([\\w./+-]+\\.[chS](?:pp)?:\\d+))?(?: \\[inline\\])?';
const ADDR = '(?:\\(?\\[<[ 0-9a-fx]*(?:inline *)?>\\] *|\\[[0-9a-f]{8,16}\\] ){0,2}';

/** Stack lines. x86, arm64, riscv, s390, mips, powerpc: `show_trace_log_lvl()`, `dump_backtrace_entry()`. */
const STACK = new RegExp(`^ *${ADDR} *(\\? )?(${NAME})${OFFSET}${TAIL}${PLACE}`);
/** Inlined frames that a symboliser wrote: `foo include/linux/list.h:117 [inline]`. */
const INLINED = new RegExp(
  `^ *${ADDR} *(\\? )?(${NAME})(?:\\(\\))? +([\\w./+-]+\\.[chS]:\\d+)(?: \\[inline\\])?$`,
);
/** 32-bit Arm: `[<80292a90>] (ksys_mount) from [<80101000>] (ret_fast_syscall+0x0/0x54)`, or ` foo from bar+0x1/0x2`. */
const FROM = new RegExp(
  `^ *(?:\\[<[0-9a-f]+>\\] )?\\(?(${NAME})(?:${OFFSET})?\\)?${TAIL} from (?:\\[<[0-9a-f]+>\\] )?\\(?(${NAME})`,
);
/** The registers that name the faulting function, per architecture's show_regs(). */
const REGISTER = new RegExp(
  `^ *(RIP|EIP|IP|PC is at|LR is at|NIP|LR|pc|lr|epc|ra|IAOQ\\[0\\]) *:?(?: 0010:| 0060:| e030:)? *${ADDR} *(?:[0-9a-f]{8,16} )?\\(?(${NAME})(?:${OFFSET}${TAIL}|(?= [\\w./+-]+\\.[chS]:\\d+))`,
);

/** `<IRQ>`, `<TASK>`, `</NMI>` in front of a frame (x86 dumpstack.c stack_type_name()). */
const STACK_MARK = /^ *<\/?[A-Z]+> +/;

/** Part of every frame's line: an offset, a source place, or 32-bit Arm's caller. */
const FRAME_HINT = /\+0x|\.[chS]:| from /;

/** The frame in a line, if it is a frame's line. */
export function parseFrame(body: string): Frame | undefined {
  if (body.length > 400 || !FRAME_HINT.test(body)) return undefined;
  if (body.includes('<')) body = body.replace(STACK_MARK, ' ');
  let m = STACK.exec(body);
  if (m) return frame(m[2] as string, m[3], m[4], m[1] !== undefined || body.endsWith('(unreliable)'));
  m = FROM.exec(body);
  if (m) return { ...frame(m[1] as string, m[2], undefined, false), caller: m[3] as string };
  m = INLINED.exec(body);
  if (m) return frame(m[2] as string, undefined, m[3], m[1] !== undefined);
  m = REGISTER.exec(body);
  if (m) {
    const register = /^(?:LR|lr|ra)/.test(m[1] as string) ? 'lr' : 'pc';
    return { ...frame(m[2] as string, m[3], undefined, false), register };
  }
  return undefined;
}

const NAMED = new RegExp(`(${NAME})${OFFSET}`);

/** The first `function+0x12/0x34` in a piece of text. */
export function functionIn(text: string): string | undefined {
  return NAMED.exec(text.slice(0, 1024))?.[1];
}

/** A function's name without what the compiler added to it. Mangled names stay: see demangle.ts. */
export function plainName(raw: string): string {
  return raw
    .replace(/\.(?:isra|part|constprop|cold|llvm|lto_priv|cfi_jt|cfi|noinline)\b.*$/, '')
    .replace(/^\.+/, '');
}

function frame(raw: string, module: string | undefined, place: string | undefined, unsure: boolean): Frame {
  const name = plainName(raw);
  // Spelled out: spreading what may be absent costs more than all the rest of reading a line.
  if (module === undefined) return place === undefined ? { raw, name, unsure } : { raw, name, unsure, place };
  return place === undefined ? { raw, name, unsure, module } : { raw, name, unsure, module, place };
}
