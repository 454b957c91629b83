/**
 * The profiles against the sources of Debian that the cache has: each knows every symbol that it is asked for, and in
 * the full test grants it. Configures without compiling.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { cachePaths } from '../base/index.ts';
import { configure } from './configure.ts';
import { readKconfig, treeReader } from './kconfig.ts';
import { kernelVersion } from './kernel-version.ts';
import { describeLeftOut, sortKnown } from './known-symbols.ts';
import { buildLayout } from './make-command.ts';
import { parseMarker, SOURCE_MARKER } from './source-marker.ts';
import { loadVariants, parseVariants, resolveVariant } from './variants.ts';

const FULL = process.env['UNPLUG_TEST_FULL'] === '1';
const PROFILES = ['sanitize', 'timing', 'leak', 'race'] as const;
const cache = cachePaths();

interface CachedSource {
  readonly description: string;
  readonly directory: string;
}

/** Unpacked sources of Debian's packages as they are shipped; a user's own trees may be of any age. */
async function debianSources(): Promise<readonly CachedSource[]> {
  const found: CachedSource[] = [];
  for (const folder of await readdir(cache.sources).catch(() => [])) {
    const path = join(cache.sources, folder);
    const text = await readFile(join(path, SOURCE_MARKER), 'utf8').catch(() => '');
    const marker = parseMarker(text);
    if (marker?.package === undefined || marker.changes !== undefined) continue;
    found.push({ description: marker.description, directory: join(path, 'linux') });
  }
  return found;
}

const sources = await debianSources();
const { profiles } = (await loadVariants()).value;
const yaml = parseVariants(
  'profiles.yaml',
  JSON.stringify({
    profiles,
    variants: Object.fromEntries(
      PROFILES.map((profile) => [profile, { source: 'debian:linux-source-6.12', profile }]),
    ),
  }),
);

/** On in a timing kernel although its name says debugging: none of it is run in a path that is measured. */
const HARMLESS = new Set([
  'DEBUG_KERNEL',
  'DEBUG_FS',
  'DEBUG_FS_ALLOW_ALL',
  'DEBUG_INFO',
  'DEBUG_INFO_DWARF5',
  'DEBUG_INFO_REDUCED',
  'DEBUG_INFO_COMPRESSED_NONE',
  'DEBUG_BUGVERBOSE',
  // Files in debugfs; without a choice from 6.15 on.
  'SCHED_DEBUG',
  // Messages at boot, when pnp.debug asks for them.
  'PNP_DEBUG_MESSAGES',
]);
const LOOKS_LIKE_DEBUGGING =
  /^(?:\w*_)?(?:DEBUG|PROVE|KASAN|KCSAN|KMSAN|KFENCE|UBSAN|KCOV|LOCKDEP|KMEMLEAK|TRACER|KUNIT|TORTURE|POISONING)(?:_\w+)?$/;
const CAN_BE_HAD = /^(?:HAVE|ARCH|CC|AS|LD|GCC|CLANG|LOCK_DEBUGGING_SUPPORT)(?:_|$)|_SUPPORT$/;

for (const { description, directory } of sources) {
  t.test(description, async (t) => {
    const kconfig = await readKconfig(treeReader(directory));
    const { release } = await kernelVersion(directory);
    for (const profile of PROFILES) {
      const { asked } = await resolveVariant(yaml, profile);
      const { wanted, leftOut } = sortKnown(asked, kconfig, { description, release });
      t.ok(wanted.length > 100, `${profile}: known; left out: ${describeLeftOut(leftOut) || 'nothing'}`);
      if (!FULL) continue;
      const layout = buildLayout(directory, `profile-${profile}-${process.pid}`);
      t.teardown(() => rm(layout.buildDirectory, { recursive: true, force: true }));
      const context = { layout, what: profile, ccacheDirectory: cache.ccache, cpus: 1 };
      const { config } = await configure(context, asked);
      t.pass(`${profile}: every symbol survives`);
      if (profile !== 'timing') continue;
      const suspects = [...config]
        .filter(([name, value]) => value !== 'n' && LOOKS_LIKE_DEBUGGING.test(name) && !CAN_BE_HAD.test(name))
        .map(([name]) => name);
      t.same(
        suspects.filter((name) => !HARMLESS.has(name)),
        [],
        'timing: nothing is on that looks like debugging',
      );
    }
  });
}
if (sources.length === 0)
  t.test('profiles', { skip: `no source of Debian is unpacked in ${cache.sources}` }, async () => {});
