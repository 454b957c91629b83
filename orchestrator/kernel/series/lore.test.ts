import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { cachePaths, InfraError, silentProgress, UsageError } from '../../base/index.ts';
import { loadSeries } from './load.ts';
import { findOnPath } from './lore.ts';
import type { Series } from './series.ts';

const golden = await readFile(fileURLToPath(new URL('testdata/lamp-v3.mbx', import.meta.url)), 'utf8');
const b4 = await findOnPath('b4');
const MESSAGE_ID = '20260301110000.77-3-zoe@example.org';

function setEnvironment(name: string, value: string): void {
  const before = process.env[name];
  t.teardown(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
  process.env[name] = value;
}

function load(directory: string, messageId: string): Promise<Series> {
  return loadSeries(
    { kind: 'lore', messageId },
    { cache: cachePaths({ XDG_CACHE_HOME: directory }), progress: silentProgress },
  );
}

t.test('without b4', async (t) => {
  const path = process.env['PATH'];
  t.teardown(() => {
    process.env['PATH'] = path;
  });
  process.env['PATH'] = t.testdir();
  await t.rejects(load(t.testdirName, MESSAGE_ID), {
    constructor: InfraError,
    message: /needs b4/,
    hint: /pipx install b4/,
  });
});

t.test('from an archive', { skip: b4 === undefined && 'b4 is not installed here' }, async (t) => {
  const reply = [
    'From mboxrd@z Thu Jan  1 00:00:00 1970',
    'From: Ada <ada@example.org>',
    `Subject: Re: [PATCH v3 2/3] lamp: Switch off through lamp_set()`,
    'Date: Mon, 2 Mar 2026 12:00:00 +0100',
    'Message-Id: <reply@example.org>',
    `In-Reply-To: <${MESSAGE_ID}>`,
    `References: <20260301110000.77-1-zoe@example.org> <${MESSAGE_ID}>`,
    '',
    'Reviewed-by: Ada <ada@example.org>',
    '',
  ].join('\n');
  const thread = golden.replace(/^From [0-9a-f]{40} .*$/gm, 'From mboxrd@z Thu Jan  1 00:00:00 1970') + reply;
  const lossy = thread.replace(
    /From mboxrd@z[^\n]*\nMessage-Id: <20260301110000\.77-4[\s\S]*?(?=From mboxrd@z)/,
    '',
  );
  t.not(lossy, thread);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const known = request.url === `/all/${encodeURIComponent(MESSAGE_ID)}/t.mbox.gz`;
    response.writeHead(known ? 200 : 404);
    response.end(known ? gzipSync(asked.length === 1 ? lossy : thread) : 'no');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  setEnvironment('UNPLUG_LORE_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const cache = t.testdir();

  await t.rejects(
    load(cache, MESSAGE_ID),
    { message: /\[PATCH v3 3\/3\] is missing/ },
    'a thread must be whole',
  );
  t.notOk(
    (await readdir(cache, { recursive: true })).some((name) => name.endsWith('.mbx')),
    'and is not kept otherwise',
  );

  const series = await load(cache, MESSAGE_ID);
  t.same(
    series.patches.map(({ number }) => number?.n),
    [1, 2, 3],
  );
  t.match(series.patches[1]?.text.toString(), /Reviewed-by: Ada/, 'b4 adds what people replied');
  t.equal(series.name, MESSAGE_ID);
  t.equal(asked.length, 2);
  t.same((await load(cache, MESSAGE_ID)).patches, series.patches);
  t.equal(asked.length, 2, 'the second time it is not fetched');

  await t.rejects(load(cache, 'nobody@example.org'), {
    constructor: UsageError,
    message: /has no message nobody@example\.org/,
  });
  setEnvironment('UNPLUG_LORE_URL', 'http://127.0.0.1:1');
  await t.rejects(load(join(cache, 'other'), MESSAGE_ID), {
    constructor: InfraError,
    message: /could not fetch/,
    hint: /mbox/,
  });
});
