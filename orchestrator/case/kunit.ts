/** KUnit as a case: the kernel runs the suite while it boots, and prints its results on the console. */
import type { KunitCase } from '../suite/index.ts';
import type { EndedBy, TestsRecord } from '../verdict/index.ts';

/**
 * Kernel parameters that run one suite (lib/kunit/test.c `enable`, lib/kunit/executor.c `filter_glob` and in 7.2
 * `autorun`; a kernel that has no such parameter ignores it, kernel/params.c and init/main.c unknown_bootoption()).
 * The tests run before init starts: kernel_init_freeable() calls kunit_run_all_tests().
 */
export function kunitParameters({ suite }: Pick<KunitCase, 'suite'>): readonly string[] {
  return ['kunit.enable=1', 'kunit.autorun=1', `kunit.filter_glob=${suite}`];
}

/** What is recorded of a suite. @param endedBy `never` when the boot did not come to its end */
export function kunitRecord(testCase: Pick<KunitCase, 'suite'>, endedBy: EndedBy): TestsRecord {
  return {
    output: 'console.log',
    asked: kunitParameters(testCase).join(' '),
    limitMs: null,
    durationMs: null,
    exitCode: null,
    endedBy,
    tasks: [],
  };
}
