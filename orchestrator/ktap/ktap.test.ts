/** Documents in testdata against golden files (`UPDATE_GOLDEN=1` writes them anew), and what must not go unseen. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { flatten, type KtapDocument, parseKtap, readKtapLine, withoutPrefix } from './index.ts';

const DATA = join(import.meta.dirname, 'testdata');
const read = (name: string): string => readFileSync(join(DATA, name), 'utf8');
const only = (text: string): KtapDocument => {
  const documents = parseKtap(text);
  if (documents.length !== 1) throw new Error(`${documents.length} documents`);
  return documents[0] as KtapDocument;
};
/** `ok suite.test` lines. */
const lines = (document: KtapDocument): string[] =>
  flatten(document.results).map(({ path, outcome }) => `${outcome} ${path}`);

for (const name of readdirSync(DATA).filter((name) => !name.endsWith('.json'))) {
  t.test(`golden: ${name}`, async (t) => {
    const text = `${JSON.stringify(parseKtap(read(name)), null, 2)}\n`;
    const golden = join(DATA, `${name}.json`);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, text);
    t.equal(text, readFileSync(golden, 'utf8'));
  });
}

t.test('single lines', async (t) => {
  const result = (text: string) => {
    const line = readKtapLine(text);
    if (line.kind !== 'result') throw new Error(`${text} is ${line.kind}`);
    const { ok, number, name, directive } = line;
    return [ok, number, name, directive === null ? null : `${directive.word} ${directive.reason}`.trim()];
  };
  t.same(result('ok 1 a'), [true, 1, 'a', null]);
  t.same(result('not ok 12 - a - b'), [false, 12, 'a - b', null]);
  t.same(result('ok 3'), [true, 3, '', null]);
  t.same(result('ok 3 # SKIP'), [true, 3, '', 'SKIP']);
  t.same(result('ok 3 a # skip: no chip # 2'), [true, 3, 'a', 'SKIP no chip # 2']);
  t.same(result('not ok 3 a #TODO later'), [false, 3, 'a', 'TODO later']);
  t.same(result('not ok 3 a # SKIPPED it'), [false, 3, 'a # SKIPPED it', null]);
  t.same(result('not ok 2 x # exit=1'), [false, 2, 'x # exit=1', null]);
  t.same(result('ok 2 x \\# SKIP y'), [true, 2, 'x # SKIP y', null]);
  for (const text of [
    'ok',
    'ok then',
    'okay 1 a',
    'ok: all good',
    'not okay',
    'notok 1',
    '1..',
    '2..3',
    'KTAP version',
    'TAP version 14 x',
  ])
    t.equal(readKtapLine(text).kind, 'other', text);
  t.same(readKtapLine('1..0 # SKIP no chip'), { kind: 'plan', indent: 0, count: 0, skip: 'no chip' });
  t.same(readKtapLine('  # Subtest: x'), { kind: 'subtest', indent: 2, name: 'x' });
  t.equal(withoutPrefix('[    1.914180][    T1]     1..5\r'), '    1..5');
  t.equal(withoutPrefix('<6>[123456.914180] ok 1 a'), 'ok 1 a');
  t.equal(withoutPrefix('[ok] 1'), '[ok] 1');
});

t.test('results keep their nested names', async (t) => {
  t.same(lines(only(read('kunit-pass.log'))), [
    'ok revocable_test.revocable_test_basic',
    'ok revocable_test.revocable_test_revocation',
    'ok revocable_test.revocable_test_try_access_macro',
    'ok revocable_test.revocable_test_try_access_macro2',
    'ok revocable_test.revocable_test_sizes.small',
    'skipped revocable_test.revocable_test_sizes.large',
  ]);
  const failed = only(read('kunit-fail.log'));
  t.same(failed.problems, []);
  t.same(lines(failed), ['failed first.first_basic', 'ok first.first_other', 'skipped second.second_only']);
  t.equal(failed.results[0]?.children[0]?.diagnostics[3], 'real_res == ffff888003c41d40');
  t.same(lines(only(read('kselftest-runner.tap'))), [
    'ok selftests: gpio: gpio-sim.sh',
    'ok selftests: drivers/base/revocable: test-revocable.sh # exit=1.revocable_fixture.basic',
    'failed selftests: drivers/base/revocable: test-revocable.sh # exit=1.revocable_fixture.revocation',
    'skipped selftests: gpio: gpio-mockup.sh',
  ]);
});

t.test('what is missing is said', async (t) => {
  const cut = only(read('kunit-cut.log'));
  t.same(cut.problems, [
    'revocable_test ends after 3 of 5',
    'revocable_test has no result line',
    'KTAP ends after 0 of 1',
  ]);
  t.equal(cut.results[0]?.ok, null);
  t.same(only('KTAP version 1\n1..3\nok 1 a\nok 3 c\n').problems, ['KTAP ends after 2 of 3']);
  t.same(only('KTAP version 1\nok 1 a\nok 3 c\n').problems, ['result 3 came where 2 was due']);
  t.same(only('KTAP version 1\n1..1\nok 1 a\nok 2 b\n').problems, ['KTAP has 2 results, 1 were planned']);
  t.same(only('KTAP version 1\n1..1\nBail out! on fire\n').problems, [
    'KTAP ends after 0 of 1',
    'bailed out: on fire',
  ]);
  t.same(
    only('KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: a\n    1..2\n    ok 1 b\nok 1 a\n')
      .problems,
    ['a ends after 1 of 2'],
  );
});

t.test('failures do not hide behind the line above them', async (t) => {
  const text = (parent: string, child: string): string =>
    `KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n  ${child} 1 b\n${parent} 1 a\n`;
  t.same(lines(only(text('ok', 'not ok'))), ['failed a.b']);
  t.same(lines(only(text('not ok', 'ok'))), ['ok a.b', 'failed a']);
  t.same(lines(only(text('not ok', 'not ok'))), ['failed a.b']);
});

t.test('other ways to nest', async (t) => {
  const spec =
    'KTAP version 1\n1..1\n  KTAP version 1\n  # Subtest: a\n  1..1\n    KTAP version 1\n    1..1\n    ok 1 deep\n  ok 1 b\nok 1\n';
  t.same(lines(only(spec)), ['ok a.b.deep']);
  const tap14 = 'TAP version 14\n1..1\n# Subtest: a\n    1..1\n    ok 1 - b\nok 1 - a\n';
  t.same(lines(only(tap14)), ['ok a.b']);
  t.same(only(tap14).problems, []);
  const skipped = only('TAP version 13\n1..0 # SKIP no chip\n');
  t.match(skipped, { plan: 0, skip: 'no chip', results: [], problems: [] });
  t.same(
    parseKtap('KTAP version 1\n1..0\nnoise\nTAP version 13\n1..1\nok 1 x\n').map(
      ({ version, startLine, endLine }) => [version, startLine, endLine],
    ),
    [
      ['KTAP 1', 1, 2],
      ['TAP 13', 4, 6],
    ],
  );
});

t.test('lines of others between change nothing', async () => {
  const log = read('kunit-pass.log').split('\n');
  const wanted = lines(only(log.join('\n')));
  fc.assert(
    fc.property(
      fc.nat(log.length),
      fc.constantFrom(
        '[    1.900000][   T32] usb 1-1: new device',
        '[    1.900000][   T32]  dump_stack_lvl+0x5d/0x80',
        '[    1.900000][   T32]     ok then, an odd one',
        'login: ok',
        '',
        '\u0000\u001b[0m',
      ),
      (at, noise) => {
        const text = [...log.slice(0, at), noise, ...log.slice(at)].join('\n');
        return JSON.stringify(lines(only(text))) === JSON.stringify(wanted);
      },
    ),
  );
});

t.test('a result line that is lost never leaves a clean document', async () => {
  const log = read('kunit-pass.log').split('\n');
  for (const [at, line] of log.entries()) {
    if (!/\] +ok \d+ (?!large)/.test(line)) continue;
    const document = only(log.filter((_, index) => index !== at).join('\n'));
    if (document.problems.length === 0) throw new Error(`nobody missed: ${line}`);
  }
});

t.test('cut anywhere, it is never complete, and nothing throws', async () => {
  const text = read('kunit-pass.log');
  const end = text.indexOf('ok 1 revocable_test\n') + 'ok 1'.length;
  fc.assert(
    fc.property(fc.integer({ min: text.indexOf('1..1'), max: end - 5 }), (at) =>
      parseKtap(text.slice(0, at + 4)).every((document) => document.problems.length > 0),
    ),
  );
});

t.test('any text, in bounded time', async (t) => {
  fc.assert(
    fc.property(
      fc.array(
        fc
          .constantFrom('KTAP version 1', '1..2', 'ok 1 a', '# x', 'x')
          .chain((word) => fc.nat(9).map((n) => ' '.repeat(n) + word)),
      ),
      (all) => {
        parseKtap(all.join('\n'));
      },
    ),
  );
  const deep = Array.from({ length: 5000 }, (_, index) => `${' '.repeat(index % 1500)}KTAP version 1`).join(
    '\n',
  );
  const started = performance.now();
  parseKtap(deep);
  parseKtap(`KTAP version 1\n${'ok 1 #'.repeat(100_000)}\n`);
  parseKtap(`KTAP version 1\n${'ok 1 a\n'.repeat(50_000)}`);
  t.ok(performance.now() - started < 3000);
});
