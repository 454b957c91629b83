import t from 'tap';
import { assess, exitCodeFor, expectedText } from './assess.ts';
import type { VerdictKind } from './verdict.ts';

const verdict = (kind: VerdictKind, title = '', altTitles: readonly string[] = []) => ({
  verdict: kind,
  title,
  altTitles,
});
const crash = { verdict: 'crash', title: 'KASAN: *' } as const;
const hang = { verdict: 'hang', title: null } as const;

t.test('a verdict against the expectation', async (t) => {
  t.equal(assess(verdict('pass'), undefined), 'expected');
  t.equal(assess(verdict('pass'), crash), 'unexpected-pass');
  t.equal(assess(verdict('crash', 'KASAN: x'), crash), 'expected');
  t.equal(assess(verdict('crash', 'WARNING in x', ['KASAN: x']), crash), 'expected');
  t.equal(assess(verdict('crash', 'WARNING in x'), crash), 'unexpected');
  t.equal(assess(verdict('crash', 'KASAN: x'), hang), 'unexpected');
  t.equal(assess(verdict('crash', 'KASAN: x'), undefined), 'unexpected');
  t.equal(assess(verdict('hang', 'anything'), hang), 'expected');
  t.equal(assess(verdict('fail', 'x'), undefined), 'unexpected');
  t.equal(assess(verdict('error', 'x'), undefined), 'unexpected');
  t.equal(assess(verdict('error', 'KASAN: x'), crash), 'unexpected');
  t.equal(assess(verdict('skip', 'x'), crash), 'expected');
  t.equal(expectedText(crash), 'crash KASAN: *');
  t.equal(expectedText(hang), 'hang');
  t.equal(expectedText(null), 'pass');
});

t.test('exit codes', async (t) => {
  const expected = { verdict: 'pass', assessment: 'expected' } as const;
  const skip = { verdict: 'skip', assessment: 'expected' } as const;
  const unexpected = { verdict: 'crash', assessment: 'unexpected' } as const;
  const unexpectedPass = { verdict: 'pass', assessment: 'unexpected-pass' } as const;
  const error = { verdict: 'error', assessment: 'unexpected' } as const;
  const notRun = { verdict: null, assessment: null };
  t.equal(exitCodeFor([expected, skip]), 0);
  t.equal(exitCodeFor([expected, unexpected]), 1);
  t.equal(exitCodeFor([expected, unexpectedPass]), 1);
  t.equal(exitCodeFor([expected, error]), 2);
  t.equal(exitCodeFor([expected, notRun]), 2);
  t.equal(exitCodeFor([]), 2);
  t.equal(exitCodeFor([notRun, error, unexpected]), 1);
});

t.test('what happens in some runs only may not happen', async (t) => {
  const crash = { verdict: 'crash', title: null } as const;
  const pass = { verdict: 'pass', title: '', altTitles: [] } as const;
  t.equal(assess(pass, crash), 'unexpected-pass');
  t.equal(assess(pass, { ...crash, sometimes: true }), 'expected');
  t.equal(assess({ ...pass, verdict: 'hang' }, { ...crash, sometimes: true }), 'unexpected');
  t.equal(assess({ ...pass, verdict: 'error' }, { ...crash, sometimes: true }), 'unexpected');
});
