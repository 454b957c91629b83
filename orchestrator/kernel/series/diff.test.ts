import t from 'tap';
import { DiffDamage, diffStart, type FileDiff, parseDiff } from './diff.ts';
import { nearestPlace, parseRejects } from './rejects.ts';
import { linkFault, pathFault, refuseDiffs } from './safe-paths.ts';

function parse(text: string): readonly FileDiff[] | DiffDamage {
  const lines = text.split('\n');
  return parseDiff({ lines, lineNumbers: lines.map((_, index) => index + 1) });
}

function refusal(text: string, links: Set<string> = new Set()): string | undefined {
  const diffs = parse(text);
  if (diffs instanceof DiffDamage) throw new Error(diffs.message);
  const refused = refuseDiffs(diffs, links);
  return refused === undefined ? undefined : `${refused.line}: ${refused.message}`;
}

const GIT_DIFF = `Text with --- and @@ -1 +1 @@ in it.
---
 a | 1 +

diff --git a/x.c b/x.c
index 123..456 100644
--- a/x.c
+++ b/x.c
@@ -1,3 +1,3 @@ int f
 one

--- a/not-a-header
+++ b/nor-this
\\ No newline at end of file
diff --git a/o b/n
similarity index 90%
rename from o
rename to n
diff --git a/empty b/empty
new file mode 100755
index 000..e69
diff --git a/gone b/gone
deleted file mode 100644
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-x
diff --git "a/t\\303\\266\\tb" "b/t\\303\\266\\tb"
old mode 100644
new mode 100755
-- 
2.39.5
`;

t.test('what git apply sees', async (t) => {
  const diffs = parse(GIT_DIFF) as readonly FileDiff[];
  t.same(
    diffs.map(({ oldPath, newPath, oldMode, newMode, line }) => [oldPath, newPath, oldMode, newMode, line]),
    [
      ['x.c', 'x.c', '100644', undefined, 5],
      ['o', 'n', undefined, undefined, 15],
      [undefined, 'empty', undefined, '100755', 19],
      ['gone', undefined, '100644', undefined, 22],
      ['t\xc3\xb6\tb', 't\xc3\xb6\tb', '100644', '100755', 28],
    ],
  );
  t.same(diffs[0]?.hunks[0]?.lines.length, 6, 'lines that look like headers belong to the hunk');
  t.same(refusal(GIT_DIFF), undefined);
});

t.test('diffs without git', async (t) => {
  const text = '--- linux.orig/a/b.c\t2026-01-01 00:00:00\n+++ linux/a/b.c\t2026\n@@ -3 +3 @@\n-x\n+y\n';
  t.match(parse(`Index: linux/a/b.c\n====\n${text}`), [
    { oldPath: 'a/b.c', newPath: 'a/b.c', hunks: [{ oldStart: 3 }] },
  ]);
  t.equal(diffStart(['a', '---', ' x | 2 +-', '--- not', 'a diff']), undefined);
  t.same(parse('no diff at all'), []);
});

t.test('damaged diffs are said where they are', async (t) => {
  const head = 'diff --git a/x b/x\n--- a/x\n+++ b/x\n';
  for (const [text, line, message] of [
    [
      `${head}@@ -1,3 +1,3 @@\n a\n-b\n+c with a long comment that\nwas wrapped\n d\n`,
      8,
      /does not belong to a diff/,
    ],
    [`${head}@@ -1,3 +1,3 @@\n a\n-b`, 6, /the text ends inside the hunk of line 4/],
    [`${head}@@ -1,1 +1,1 @@\n a\n`, undefined, /./],
    [`${head}@@ -x @@\n`, 4, /whose header/],
    ['diff -u\n@@ -1 +1 @@\n-a\n+b\n', 2, /without the name/],
  ] as const) {
    const damage = parse(text);
    if (line === undefined) t.notOk(damage instanceof DiffDamage);
    else t.match(damage, { line, message }, text);
  }
});

t.test('paths that are refused', async (t) => {
  for (const path of [
    '',
    '/etc/passwd',
    '../x',
    'a/../b',
    'a//b',
    './a',
    '.git/config',
    'a/.GIT/x',
    'a/git~1',
    'a\nb',
    '.git./x',
  ])
    t.type(pathFault(path), 'string', path);
  for (const path of ['a', 'a/b.c', '.gitignore', 'a/.github/x', 'a..b', '..a/b'])
    t.equal(pathFault(path), undefined, path);
  t.equal(linkFault('a/b/link', '../../c'), undefined);
  t.match(linkFault('a/b/link', '../../../c'), /outside/);
  t.match(linkFault('link', '..'), /outside/);
  t.match(linkFault('link', '/etc'), /absolute/);
});

t.test('patches that are refused', async (t) => {
  const create = (path: string, mode: string, line: string): string =>
    `diff --git a/${path} b/${path}\nnew file mode ${mode}\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${line}\n\\ No newline at end of file\n`;
  t.match(refusal(create('../../etc/x', '100644', 'x')), /^1: .*\.\./);
  t.match(refusal('--- /etc/x\n+++ /etc/x\n@@ -1 +1 @@\n-a\n+b\n'), /absolute/);
  t.match(refusal('diff --git a//etc/x b//etc/x\nold mode 100644\nnew mode 100755\n'), /absolute|empty/);
  t.match(refusal('diff --git a/x b/x\nrename from x\nrename to ../y\n'), /\.\./);
  t.match(refusal('diff --git a/x b/x\n--- a/x\n+++ b/../y\n@@ -1 +1 @@\n-a\n+b\n'), /\.\./);
  t.match(
    refusal('diff --git "a/\\056\\056/x" "b/\\056\\056/x"\nold mode 100644\nnew mode 100755\n'),
    /\.\./,
    'quoted',
  );
  t.match(refusal(create('.git/hooks/post-commit', '100755', 'x')), /git keeps/);
  t.match(refusal(create('sub', '160000', 'Subproject commit 123')), /submodule/);
  t.match(
    refusal('diff --git a/sub b/sub\nindex 123..456 160000\n--- a/sub\n+++ b/sub\n@@ -1 +1 @@\n-a\n+b\n'),
    /submodule/,
  );
  t.match(refusal(create('dev', '060000', 'x')), /mode 060000/);
  t.match(refusal(create('l', '120000', '/etc')), /^6: .*absolute/);
  t.match(refusal(create('a/l', '120000', '../../x')), /outside/);
  t.match(
    refusal('diff --git a/l b/l\nindex 1..2 120000\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-x\n+/etc\n'),
    /absolute/,
  );
  t.equal(refusal(create('a/l', '120000', '../x')), undefined);
  t.match(refusal(create('l', '120000', 'd') + create('l/x', '100644', 'x')), /^8: .*symbolic link l/);
  t.match(
    refusal(create('l/a/x', '100644', 'x'), new Set(['l'])),
    /symbolic link l/,
    'a link of an earlier patch',
  );
  t.match(
    refusal('diff --git a/i.png b/i.png\nindex 1..2 100644\nBinary files a/i.png and b/i.png differ\n'),
    /--binary|not in the patch/,
  );
  t.equal(
    refusal('diff --git a/i b/i\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZ\n\nliteral 0\nHc\n\n'),
    undefined,
  );
  t.match(refusal('diff --git d/x d/x\n--- d/x\n+++ d/x\n@@ -1 +1 @@\n-a\n+b\n'), /no a\/ and b\//);
});

t.test('rejected hunks, as git prints them', async (t) => {
  const diffs = parse(GIT_DIFF) as readonly FileDiff[];
  const output = [
    'Checking patch x.c...',
    'error: while searching for:',
    'error: patch failed: x.c:1',
    'Checking patch o => n...',
    'error: o: No such file or directory',
    'error: empty: already exists in working directory',
    'Applying patch x.c with 1 reject...',
    'Rejected hunk #1.',
  ].join('\n');
  t.match(parseRejects(output, diffs), {
    hunks: [{ path: 'x.c', number: 1, of: 1 }],
    files: [
      { path: 'o', why: 'is not there' },
      { path: 'empty', why: 'already exists in working directory' },
    ],
  });
});

t.test('the place that comes nearest', async (t) => {
  const hunk = { oldStart: 2, line: 1, lines: ['@@ -2,3 +2,3 @@', ' alpha', '-beta', '+BETA', ' gamma'] };
  const place = nearestPlace('}\n}\n}\nx\nalpha\nbetta\ngamma\nend\n', hunk);
  t.equal(place.start, 5);
  t.same(
    place.lines.map(({ isEqual }) => isEqual),
    [true, false, true],
  );
  t.same(place.after, ['end']);
  t.equal(nearestPlace('p\nq\nr\n', hunk).start, 2, 'nothing alike: its own place');
  t.equal(nearestPlace('', hunk).lines.length, 0);
});
