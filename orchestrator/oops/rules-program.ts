/** Rules of programs that share the console with the kernel and say there that they failed. */
import type { Rule } from './rule.ts';

/** See {@link Rule}. */
export const PROGRAM_RULES: readonly Rule[] = [
  {
    match: /^(SYZFAIL|SYZFATAL): (.+)/,
    title: '{1}: {2}',
    type: 'program',
    from: 'none',
    stackless: true,
    source: "syzkaller's executor, common.h doexit_failure()",
  },
  {
    match:
      /^fatal error: (?:runtime|all goroutines|unexpected signal|stack overflow|concurrent map|[a-z]+: )/,
    title: 'go runtime error',
    type: 'program',
    from: 'none',
    stackless: true,
    source: 'the Go runtime, src/runtime/panic.go fatalthrow(), throw()',
  },
];
