import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { ConfigError, cachePaths, repositoryRoot, silentProgress, UsageError } from '../../base/index.ts';
import { loadSeries } from './load.ts';
import type { Series } from './series.ts';
import { parseSeriesSpec, type SeriesSpec } from './spec.ts';

const testdata = fileURLToPath(new URL('testdata', import.meta.url));
const golden = await readFile(join(testdata, 'lamp-v3.mbx'), 'latin1');
/** Cover letter and three patches, each with its separator. */
const mails = golden.split(/^(?=From [0-9a-f]{40} )/m);
const [cover, one, two, three] = mails as [string, string, string, string];

const options = { cache: cachePaths({ XDG_CACHE_HOME: '/nowhere' }), progress: silentProgress };
const load = (spec: string | SeriesSpec): Promise<Series> =>
  loadSeries(typeof spec === 'string' ? (parseSeriesSpec(spec) as SeriesSpec) : spec, options);

async function loadText(t: Test, text: string, name = 'x.mbx'): Promise<Series> {
  const file = join(t.testdir(), name);
  await writeFile(file, text, 'latin1');
  return load({ kind: 'mbox', file });
}

/** The message and the hint of the error, with the folder taken out; fails the test when there is none. */
async function complaint(
  t: Test,
  series: Promise<Series>,
  kind: typeof ConfigError | typeof UsageError = ConfigError,
) {
  try {
    await series;
  } catch (error) {
    t.type(error, kind);
    const { message, hint = '', detail = '' } = error as ConfigError;
    if (kind === ConfigError) t.match(message, /:\d+:\d+: /, 'has a place');
    t.not(hint, '', 'says what to do');
    return `${message}\n${detail}\n${hint}`;
  }
  t.fail('was loaded');
  return '';
}

const subjects = ({ patches }: Series): string[] => patches.map(({ subject }) => subject);
const IN_ORDER = [
  'lamp: Take a lock in lamp_set()',
  'lamp: Switch off through lamp_set()',
  'lamp: Say where it is from',
];

t.test('a stream of git format-patch', async (t) => {
  const series = await load(join(testdata, 'lamp-v3.mbx'));
  t.same(subjects(series), IN_ORDER);
  t.equal(series.name, 'lamp-v3');
  t.equal(series.description, 'lamp-v3.mbx, 3 patches, 20260301110000.77-2-zoe@example.org');
  t.same(series.skipped, [{ subject: 'Lamp locking', why: 'the cover letter' }]);
  t.match(series.baseCommit, /^[0-9a-f]{40}$/);
  t.equal(series.reverted, false);
  t.same(series.notes, []);
  t.match(series.patches[2], {
    author: 'Zoë Lampe <zoe@example.org>',
    number: { n: 3, of: 3, version: 3 },
    files: ['drivers/lamp/lamp-test.h', 'drivers/lamp/lamp.c', 'drivers/lamp/test.h'],
    messageId: '20260301110000.77-4-zoe@example.org',
    origin: /lamp-v3\.mbx:115$/,
    sha256: /^[0-9a-f]{64}$/,
  });
});

t.test('wrong order is sorted, and said', async (t) => {
  const series = await loadText(t, three + one + cover + two);
  t.same(subjects(series), IN_ORDER);
  t.match(series.notes, [/sorted/]);
  const plain = await loadText(t, golden);
  t.same(
    series.patches.map(({ sha256 }) => sha256),
    plain.patches.map(({ sha256 }) => sha256),
    'same patches, same hashes',
  );
});

t.test('as b4 and the archive make it: other headers, replies, doubled mails, gzip', async (t) => {
  const reply = `From mboxrd@z Thu Jan  1 00:00:00 1970\nSubject: Re: [PATCH v3 2/3] lamp: Switch off\nFrom: a <a@b>\n\nWhat about\n\n${two.slice(two.indexOf('diff --git'))}\nReviewed-by: a <a@b>\n`;
  const attested = one.replace(
    'MIME-Version',
    'X-Developer-Signature: v=1; a=ed25519; h=from:subject;\n bh=abc=\nX-Mailer: b4 0.12.0\nMIME-Version',
  );
  const text = `${cover}${attested}\n${reply}\n${two}${three}${two}`.replace(
    /^From [0-9a-f]{40} .*$/gm,
    'From git@z Thu Jan  1 00:00:00 1970',
  );
  const series = await loadText(t, text);
  t.same(subjects(series), IN_ORDER);
  t.same(
    series.skipped.map(({ why }) => why),
    ['the cover letter', 'a reply', 'the same mail again'],
  );
  const zipped = join(t.testdir(), 't.mbox.gz');
  await writeFile(zipped, gzipSync(Buffer.from(text, 'latin1')));
  t.same(subjects(await load(zipped)), IN_ORDER);
  await writeFile(zipped, gzipSync(Buffer.from(text, 'latin1')).subarray(0, 100));
  t.match(await complaint(t, load(zipped)), /gzip/);
});

t.test('one end missing is a note, a gap an error', async (t) => {
  t.match((await loadText(t, one + two)).notes, ['has 1 to 2 of 3']);
  t.match((await loadText(t, three)).notes, ['has only 3 of 3']);
  t.match(
    await complaint(t, loadText(t, one + three)),
    /x\.mbx:2:1: .*\[PATCH v3 2\/3\] is missing after 1\/3/,
  );
});

t.test('numbers that contradict', async (t) => {
  const other = one.replace('77-2', '77-9').replace('lamp: Take', 'lamp: Grab');
  t.match(await complaint(t, loadText(t, one + other)), /two patches with the number 1: .*Take.*Grab/);
  const older = two.replace('v3 2/3', 'v2 2/3');
  t.match(await complaint(t, loadText(t, one + older + three)), /version 2 .*version 3/);
  const unnumbered = two.replace('[PATCH v3 2/3]', '[PATCH]');
  t.same(
    subjects(await loadText(t, two + unnumbered.replace('77-3', '77-8') + one))[0],
    IN_ORDER[1],
    'one without a number: not sorted',
  );
});

t.test('what is no series', async (t) => {
  t.match(await complaint(t, loadText(t, '')), /x\.mbx:1:1: the file is empty/);
  t.match(await complaint(t, loadText(t, '\n\n')), /empty/);
  t.match(
    await complaint(t, loadText(t, '\nhello\nworld\n')),
    /x\.mbx:2:1: this is no mbox, no mail and no patch/,
  );
  t.match(await complaint(t, loadText(t, '<!DOCTYPE html>\n<html>')), /web page/);
  t.match(await complaint(t, loadText(t, cover)), /no patch in it, only "Lamp locking" \(the cover letter\)/);
  t.match(await complaint(t, loadText(t, '\x7fELF\0\0')), /no mbox/);
  t.match(
    await complaint(t, load(join(testdata, 'lamp-v4.mbx')), UsageError),
    /does not exist[\s\S]*did you mean lamp-v3\.mbx/,
  );
});

t.test('HTML', async (t) => {
  const html = one.replace('Content-Type: text/plain', 'Content-Type: text/html');
  t.match(
    await complaint(t, loadText(t, cover + html + two)),
    /x\.mbx:27:1: the mail "lamp: Take.*HTML[\s\S]*plain text/,
  );
});

t.test('quoted-printable', async (t) => {
  const encoded = one
    .replace('Transfer-Encoding: 8bit', 'Transfer-Encoding: quoted-printable')
    .replace('+static DEFINE_MUTEX(lamp_lock);', '+static DEFINE_=\nMUTEX(lamp_lock);')
    .replace('+	guard(mutex)', '+=09guard(mutex)');
  t.same((await loadText(t, encoded)).patches[0]?.files, ['drivers/lamp/lamp.c']);
  const damaged = encoded.replace(' 	lamp_level = level;\n 	return 0;\n', '');
  t.match(await complaint(t, loadText(t, damaged)), /x\.mbx:\d+:1: the patch "lamp: Take.*is damaged/);
});

t.test('wrapped lines are said where they are', async (t) => {
  const wrapped = one.replace('+static DEFINE_MUTEX', '+static\nDEFINE_MUTEX');
  const line = wrapped.split('\n').findIndex((text) => text.startsWith('DEFINE_')) + 1;
  t.match(
    await complaint(t, loadText(t, wrapped)),
    new RegExp(`x\\.mbx:${line}:1: .*damaged[\\s\\S]*${line} \\| DEFINE_MUTEX`),
  );
});

t.test('a patch that wants out of the tree', async (t) => {
  const evil = one.replaceAll('b/drivers/lamp/lamp.c', 'b/../../etc/passwd');
  t.match(await complaint(t, loadText(t, evil)), /x\.mbx:19:1: the patch "lamp: Take.*"\.\."[\s\S]*refused/);
});

t.test('somebody else’s subject can’t paint the terminal', async (t) => {
  const colored = one.replace('lamp: Take', 'lamp: \x1b[31mTake');
  t.notMatch(subjects(await loadText(t, colored))[0], /\x1b/);
});

t.test('plain diffs, and mails without a separator', async (t) => {
  const diff = one.slice(one.indexOf('diff --git'));
  const series = await loadText(t, `Some words.\n\n${diff}`, 'fix-lamp.patch');
  t.same(subjects(series), ['fix-lamp.patch']);
  t.same(series.patches[0]?.files, ['drivers/lamp/lamp.c']);
  t.same(subjects(await loadText(t, one.slice(one.indexOf('\n') + 1), 'x.eml')), [IN_ORDER[0]]);
});

t.test('a folder', async (t) => {
  const folder = t.testdir({ README: 'x' });
  const put = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text, 'latin1');
  t.match(await complaint(t, load(folder), UsageError), /has no patches/);
  await put('all.mbx', golden);
  t.same(subjects(await load(folder)), IN_ORDER, 'an mbox in a folder');
  await put('0000-cover.patch', cover);
  await put('0001-a.patch', one);
  await put('0002-b.patch', two);
  await put('0003-c.patch', three);
  const series = await load(`${folder}/`);
  t.same(subjects(series), IN_ORDER);
  t.match(series.patches[1]?.origin, /0002-b\.patch:2$/);
  t.same(series.skipped.length, 1);
  await put('series', '# order\n0003-c.patch\n\n0001-a.patch -p1 # first\n');
  t.same(subjects(await load(folder)), [IN_ORDER[2], IN_ORDER[0]], 'quilt’s order counts');
  await put('series', '0001-a.patch\n0009.patch\n');
  t.match(await complaint(t, load(folder)), /series:2:1: there is no 0009\.patch/);
  await put('series', '0001-a.patch -p0\n');
  t.match(await complaint(t, load(folder)), /-p0/);
  await put('series', '  ../x.patch\n');
  t.match(await complaint(t, load(folder)), /series:1:3: .*\.\./);
  t.match(await complaint(t, load({ kind: 'mbox', file: folder }), UsageError), /is a folder, not a file/);
});

t.test('revert, and back', async (t) => {
  const file = join(testdata, 'lamp-v3.mbx');
  const reverted = await load(`revert:${file}`);
  t.equal(reverted.reverted, true);
  t.equal(reverted.name, 'revert-lamp-v3');
  t.match(reverted.description, /^revert of lamp-v3\.mbx, 3 patches/);
  const back = await load(`revert:revert:${file}`);
  t.equal(back.reverted, false);
  t.match(back.description, /^lamp-v3\.mbx/);
});

t.test('prerequisites are a note', async (t) => {
  const text = `${one}prerequisite-patch-id: ${'ab'.repeat(20)}\n`;
  t.same((await loadText(t, text)).notes, [
    'has only 1 of 3',
    'names 1 prerequisite patch that it was made on top of',
  ]);
});

t.test('the posted series', async (t) => {
  const posted = join(repositoryRoot, '..', 'shared', 'series');
  const counts: Readonly<Record<string, number>> = {
    'revocable-v11.mbx': 5,
    'revocable-v11-on-7.2.mbx': 4,
    'revocable-v11-core-on-6.12.mbx': 2,
    'revocable-v10.mbx': 9,
    'revocable-v9.mbx': 9,
    'revocable-v1.mbx': 3,
    'revocable-v1-on-7.2.mbx': 3,
    'revocable-v1-on-6.12.mbx': 3,
    'revocable-v1-fixes.mbx': 6,
    'gpiolib-v1-conversion.mbx': 23,
    'gpiolib-v1-conversion-on-7.2.mbx': 12,
    'gpiolib-v2-conversion.mbx': 11,
  };
  const there = await readFile(join(posted, 'revocable-v11.mbx')).then(
    () => true,
    () => false,
  );
  if (!there) {
    t.comment('the posted series are not in ../shared/series: not tried');
    return;
  }
  for (const [file, count] of Object.entries(counts)) {
    const { patches, notes } = await load(join(posted, file));
    t.equal(patches.length, count, file);
    t.same(notes, file === 'revocable-v11-on-7.2.mbx' ? ['has 1 to 4 of 5'] : [], file);
  }
  t.match(
    await complaint(t, load(join(posted, 'revocable-v11-cover.mbx'))),
    /no patch in it, only .*cover letter/,
  );
});

t.test('mails of a Windows program: CR LF', async (t) => {
  const series = await loadText(t, golden.replaceAll('\n', '\r\n'), 'crlf.mbx');
  t.same(subjects(series), IN_ORDER);
  t.same(series.patches[0]?.files, ['drivers/lamp/lamp.c']);
});
