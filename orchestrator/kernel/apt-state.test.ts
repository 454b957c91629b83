/** Suites with an apt of their own: the real apt on a local archive, and one that answers from files. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import t, { type Test } from 'tap';
import {
  cachePaths,
  makeTemporaryDirectory,
  type Progress,
  runCommand,
  silentProgress,
  tryCommand,
} from '../base/index.ts';
import { ensureAptState } from './apt-state.ts';
import { debianMirror } from './debian-mirror.ts';
import { locateSource } from './locate-source.ts';
import type { SourceOptions } from './located-source.ts';

interface World {
  readonly directory: string;
  readonly said: string[];
  readonly options: SourceOptions;
}

/** An empty cache, and the mirror that the environment names. */
function world(t: Test, mirror: string | undefined): World {
  const directory = t.testdir({});
  const before = process.env['UNPLUG_DEBIAN_MIRROR'];
  t.teardown(() => {
    if (before === undefined) delete process.env['UNPLUG_DEBIAN_MIRROR'];
    else process.env['UNPLUG_DEBIAN_MIRROR'] = before;
  });
  if (mirror !== undefined) process.env['UNPLUG_DEBIAN_MIRROR'] = mirror.replace('DIRECTORY', directory);
  const said: string[] = [];
  const progress: Progress = {
    ...silentProgress,
    info: (line) => said.push(line),
    warn: (line) => said.push(`warning: ${line}`),
  };
  const cache = cachePaths({ XDG_CACHE_HOME: join(directory, 'cache') });
  return { directory, said, options: { cache, progress } };
}

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** An archive with one empty list. */
function archive(directory: string): string {
  const suite = join(directory, 'archive/dists/fake');
  mkdirSync(join(suite, 'main/binary-amd64'), { recursive: true });
  writeFileSync(join(suite, 'main/binary-amd64/Packages'), '');
  writeFileSync(
    join(suite, 'Release'),
    `Origin: x\nSuite: fake\nCodename: fake\nDate: ${new Date().toUTCString()}\nComponents: main\n` +
      `Architectures: amd64\nSHA256:\n ${EMPTY} 0 main/binary-amd64/Packages\n`,
  );
  return suite;
}

const source = { kind: 'debian', package: 'linux-source-9.9', suite: 'fake' } as const;
const REFUSED = { code: 'INFRA', message: /^fake at file:.*\/archive is not signed by Debian's keys$/ };

t.test('an archive that is not signed, or by somebody, is refused', async (t) => {
  const w = world(t, 'file:DIRECTORY/archive');
  const suite = archive(w.directory);
  await t.rejects(locateSource(source, w.options), REFUSED);
  await t.rejects(locateSource({ ...source, suite: 'none' }, w.options), {
    code: 'USAGE',
    message: /\/archive has no suite none$/,
  });
  // Its agent's socket needs a short name.
  await using short = await makeTemporaryDirectory('gpg');
  const home = short.path;
  const gpg = (...args: string[]): ReturnType<typeof tryCommand> =>
    tryCommand({ argv: ['gpg', '--homedir', home, '--batch', '--passphrase', '', ...args] });
  if ((await gpg('--quick-gen-key', 'x@example.org', 'ed25519')).code !== 0) {
    t.comment('no gpg that makes keys here: a signature by another key is not tried');
    return;
  }
  const signed = await gpg('--clearsign', '-o', join(suite, 'InRelease'), join(suite, 'Release'));
  await tryCommand({ argv: ['gpgconf', '--homedir', home, '--kill', 'all'] });
  t.equal(signed.code, 0);
  await t.rejects(locateSource(source, w.options), { ...REFUSED, detail: /NO_PUBKEY/ });
  t.notOk(existsSync(join(w.options.cache.root, 'apt/fake/refreshed')));
});

t.test('a mirror that is away: the error, or what the cache has of the package', async (t) => {
  const w = world(t, 'file:DIRECTORY/nothing');
  const state = ensureAptState('fake', w.options);
  // apt can't tell a missing file: archive from one without the suite.
  await t.rejects(state, { code: 'USAGE', hint: /UNPLUG_DEBIAN_MIRROR/ });
  process.env['UNPLUG_DEBIAN_MIRROR'] = 'http://127.0.0.1:9/debian';
  await withApt(t, w, 'echo "E: Failed to fetch http://m  Could not connect" >&2; exit 100');
  await t.rejects(locateSource(source, w.options), {
    code: 'INFRA',
    message: "can't fetch the package lists of fake from http://127.0.0.1:9/debian",
    detail: 'E: Failed to fetch http://m  Could not connect',
  });
  mkdirSync(w.options.cache.downloads, { recursive: true });
  writeFileSync(join(w.options.cache.downloads, 'linux-source-9.9_9.9.1-1_all.deb'), 'deb');
  const [found] = await locateSource(source, w.options);
  t.match(found, { description: 'linux-source-9.9 9.9.1-1', content: { at: 'package' } });
  t.match(w.said.at(-1), /^warning: can't fetch .*: linux-source-9\.9 9\.9\.1-1 is taken from the cache$/);
});

/** Puts an apt-get of some shell commands first on the PATH; it notes what it was called with. */
async function withApt(t: Test, { directory }: World, script: string): Promise<string> {
  const bin = join(directory, 'bin');
  const calls = join(directory, 'calls');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'apt-get'), `#!/bin/sh\necho "$*" >> ${calls}\n${script}\n`, { mode: 0o755 });
  const path = process.env['PATH'] ?? '';
  if (!path.startsWith(bin)) {
    process.env['PATH'] = `${bin}${delimiter}${path}`;
    t.teardown(() => {
      process.env['PATH'] = path;
    });
  }
  return calls;
}

t.test(
  'lists: fetched once a day; a mirror that is out of date is a warning, a bad signature never',
  async (t) => {
    const w = world(t, 'http://mirror.example/debian');
    const calls = await withApt(
      t,
      w,
      `case "$*" in
     *Check-Valid-Until=false*)
       lists=$(dirname "$APT_CONFIG")/state/lists
       echo 'Date: Fri, 30 Oct 2026 08:08:01 UTC' > "$lists/x_InRelease";;
     *) echo 'E: Release file for http://m is expired (invalid since 9d).' >&2; exit 100;;
     esac`,
    );
    const count = (): number => readFileSync(calls, 'utf8').trim().split('\n').length;
    const apt = await ensureAptState('fake', w.options);
    t.equal(count(), 2, 'first as it should be');
    t.equal(
      w.said.at(-1),
      'warning: http://mirror.example/debian is out of date: its fake is of Fri, 30 Oct 2026 08:08:01 UTC',
    );
    const root = join(w.options.cache.root, 'apt/fake');
    t.equal(apt.config, join(root, 'apt.conf'));
    t.equal(
      readFileSync(join(root, 'etc/sources.list'), 'utf8'),
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian fake main\n',
    );
    const dump = await runCommand({
      argv: ['apt-config', 'dump'],
      env: { ...process.env, APT_CONFIG: apt.config },
    });
    for (const line of [
      `Dir::State "${root}/state";`,
      `Dir::Etc "${root}/etc";`,
      `Dir::Cache "${root}/cache";`,
    ])
      t.ok(dump.stdout.includes(line), line);
    t.notMatch(
      dump.stdout.toString(),
      /Check-Valid-Until "(?:false|0)"/i,
      'settings of the machine are not read',
    );

    await ensureAptState('fake', w.options);
    t.equal(count(), 2, 'not again within a day');
    const old = Date.now() / 1000 - 25 * 60 * 60;
    const age = (): void => utimesSync(join(root, 'refreshed'), old, old);
    age();
    await withApt(t, w, 'echo "E: Failed to fetch http://m  Connection timed out" >&2; exit 100');
    await ensureAptState('fake', w.options);
    t.equal(count(), 3);
    t.match(w.said.at(-1), /^warning: can't fetch the package lists of fake .*: those of 20\S+Z are used$/);
    await withApt(t, w, 'echo "W: GPG error: http://m fake InRelease: BADSIG 1 x" >&2; exit 100');
    await t.rejects(ensureAptState('fake', w.options), {
      code: 'INFRA',
      message: /is not signed by Debian's keys$/,
    });
    t.ok(statSync(join(root, 'refreshed')).mtimeMs < Date.now() - 24 * 60 * 60 * 1000);

    process.env['UNPLUG_DEBIAN_MIRROR'] = 'http://other.example/debian/';
    await withApt(t, w, 'exit 0');
    await ensureAptState('fake', w.options);
    t.match(
      readFileSync(join(root, 'refreshed'), 'utf8'),
      /http:\/\/other\.example\/debian fake/,
      'another mirror',
    );
  },
);

t.test('a real suite that lacks the package: its nearest names', async (t) => {
  const w = world(t, undefined);
  const machine = (): string => readdirSync('/var/lib/apt/lists').sort().join();
  const before = machine();
  const suite = 'trixie-backports';
  try {
    await locateSource({ ...source, package: 'linux-source-0.1', suite }, w.options);
    t.fail('there is no Linux 0.1 in backports');
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    if (code === 'INFRA' && message.startsWith("can't fetch")) {
      t.pass('the nearest names', { skip: `no mirror can be reached: ${message}` });
      return;
    }
    t.equal(message, `${suite} has no package linux-source-0.1`);
    t.match(hint, /^(?:did you mean|known:) linux-source-\d/);
  }
  t.equal(machine(), before, "the machine's apt is as before");
});

t.test('the mirror of security suites', async (t) => {
  const etc = t.testdir({
    'sources.list': '# empty\n',
    'sources.list.d': {
      'a.list.disabled': 'deb http://no.example/debian x main\n',
      'b.sources': 'Types: deb\nURIs: http://b.example/debian\nSuites: bookworm\n',
    },
  });
  t.equal(await debianMirror('sid', {}, etc), 'http://b.example/debian');
  t.equal(await debianMirror('trixie-security', {}, etc), 'http://b.example/debian-security');
  t.equal(await debianMirror('sid', {}, join(etc, 'none')), 'http://deb.debian.org/debian');
  t.equal(await debianMirror('sid', { UNPLUG_DEBIAN_MIRROR: 'file:/m/' }, etc), 'file:/m');
});
