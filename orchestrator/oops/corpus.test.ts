/** Our own corpus: consoles of unplug's runs and what is read out of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { expectationDiff, scoreFolder, withExpectations } from './index.ts';

const CORPUS = fileURLToPath(new URL('corpus/', import.meta.url));

t.test(
  'what is expected of it; `unplug parse --update-corpus orchestrator/oops/corpus` writes it anew',
  async (t) => {
    const names = readdirSync(CORPUS);
    t.ok(names.length >= 30, `${names.length} logs`);
    for (const name of names) {
      const text = readFileSync(join(CORPUS, name), 'latin1');
      t.equal(withExpectations(text), text, name);
      t.notMatch(text, /\/(?:home|root|tmp|work)\//, `${name}: no path of a machine`);
    }
  },
);

t.test('it is scored like any other', async (t) => {
  const { misses, ...score } = scoreFolder(CORPUS);
  t.match(score, { detected: 1, falseAlarms: 0, titleExact: 1, typeExact: 1, startRight: 1, endRight: 1 });
  t.same(misses, []);
  t.ok(score.negatives > 0, 'some are quiet');
});

t.test('expectations', async (t) => {
  const log = 'BUG: sleeping function called from invalid context at a.c:1\nCall Trace:\n x_read+0x1/0x2\n';
  const text = withExpectations(`# a comment\nTITLE: wrong\n\n${log}`);
  t.equal(text.split('\n')[0], '# a comment');
  t.match(text, /^TITLE: BUG: sleeping function called from invalid context in x_read$/m);
  t.ok(text.endsWith(`\n\n${log}`), 'the log stays');
  t.same(expectationDiff('TITLE: a\nFRAME: f\n\nx', 'TITLE: b\nFRAME: f\n\nx'), ['-TITLE: a', '+TITLE: b']);
  t.equal(
    withExpectations('\nusb 1-1: USB disconnect\n'),
    '\nusb 1-1: USB disconnect\n',
    'nothing is expected of a quiet log',
  );
});
