import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { HINTS } from './hints.ts';
import { parseLine } from './lines.ts';
import { ruleFor } from './rules.ts';
import { readCase, scoreFolder } from './score.ts';

/** The corpus is no part of the repository; where it stands beside it, the parser is held to these figures. */
const CORPUS = fileURLToPath(new URL('../../../shared/oops-corpus/report/', import.meta.url));

t.test('the corpus format', async (t) => {
  const c = readCase('1', Buffer.from('TITLE: a\nALT: c\nALT: b\nCORRUPTED: Y\n\nlog\r\n\nREPORT:\nx\n'));
  t.same([c.title, c.alts, c.corrupted, Buffer.from(c.log).toString()], ['a', ['b', 'c'], true, 'log']);
  const d = readCase('2', Buffer.from('TITLE: a\nTYPE: b\nFRAME: c\nSTART: d e\nEND: f\n\nlog\n'));
  t.same([d.type, d.frame, d.start, d.end], ['b', 'c', 'd e', 'f']);
  t.equal(readCase('3', Buffer.from('\nlog\n')).title, undefined);
});

t.test('score', { skip: existsSync(CORPUS) ? false : 'no corpus beside the repository' }, async (t) => {
  const { misses, ...score } = scoreFolder(CORPUS);
  t.comment(JSON.stringify(score));
  t.equal(score.detected, 1, 'every report is detected');
  t.equal(score.falseAlarms, 0, 'no false alarm');
  t.ok(
    score.titleExactClean >= 0.98,
    `exact titles of clean logs ${score.titleExactClean}, ${misses.length} misses in all`,
  );
  t.ok(score.typeExact >= 0.95, `types ${score.typeExact}`);
  t.ok(score.corruptedRight >= 0.95, `corrupted flag ${score.corruptedRight}`);
});

t.test('every line of it that a rule knows holds a hint', { skip: !existsSync(CORPUS) }, async (t) => {
  let known = 0;
  for (const name of readdirSync(CORPUS)) {
    for (const raw of readFileSync(join(CORPUS, name), 'latin1').split('\n')) {
      if (!ruleFor(parseLine(raw, 0, 1).body)) continue;
      known++;
      if (!HINTS.some((hint) => raw.includes(hint))) t.fail(`${name}: ${raw}`);
    }
  }
  t.ok(known > 600, `${known} lines`);
});
