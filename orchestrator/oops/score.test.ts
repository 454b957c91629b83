import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { readCase, scoreFolder } from './score.ts';

/** The corpus is no part of the repository; where it stands beside it, the parser is held to these figures. */
const CORPUS = fileURLToPath(new URL('../../../shared/oops-corpus/report/', import.meta.url));

t.test('the corpus format', async (t) => {
  const c = readCase('1', Buffer.from('TITLE: a\nALT: c\nALT: b\nCORRUPTED: Y\n\nlog\r\n\nREPORT:\nx\n'));
  t.same([c.title, c.alts, c.corrupted, Buffer.from(c.log).toString()], ['a', ['b', 'c'], true, 'log']);
  t.equal(readCase('2', Buffer.from('\nlog\n')).title, undefined);
});

t.test('score', { skip: existsSync(CORPUS) ? false : 'no corpus beside the repository' }, async (t) => {
  const { misses, ...score } = scoreFolder(CORPUS);
  t.comment(JSON.stringify(score));
  t.ok(score.detected >= 0.97, `detected ${score.detected}`);
  t.ok(score.falseAlarms <= 0.05, `false alarms ${score.falseAlarms}`);
  t.ok(
    score.titleExactClean >= 0.95,
    `exact titles of clean logs ${score.titleExactClean}, ${misses.length} misses in all`,
  );
});
