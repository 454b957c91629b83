/** Places of frames in the source, against the kernel's own script, where a kernel is in the cache. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { cachePaths, runCommand } from '../base/index.ts';
import { Symboliser } from '../cli/symbolise.ts';
import { cachedKernelFiles } from '../kernel/index.ts';
import { codePlaceIn } from '../oops/index.ts';

/** Any functions with any offsets will do: both are asked for the same addresses. */
const FRAMES = [
  ' dump_stack_lvl+0x6a/0x93',
  ' vfs_read+0x51/0x8f0',
  ' chrdev_open+0x50/0x360',
  ' vfs_write+0x56b/0x8f0',
  ' device_release_driver_internal+0x2d0/0x3a0',
  ' unplug_fixture_ioctl+0x50/0x631 [unplug_fixture]',
];

const SCRIPT = 'scripts/decode_stacktrace.sh';
const cache = cachePaths();
const list = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** The newest kind of the script: it looks up the call, not where it returns to, and has an option for the latter. */
async function script(): Promise<string | undefined> {
  for (const name of list(cache.sources)) {
    const path = join(cache.sources, name, 'linux', SCRIPT);
    if (!existsSync(path)) continue;
    const { stdout } = await runCommand({ argv: ['cat', path] });
    if (stdout.includes('decode_retaddr')) return path;
  }
  return undefined;
}

const key = list(cache.kernels).find(
  (name) => !name.includes('-') && existsSync(join(cache.kernels, name, 'vmlinux')),
);
const decode = await script();
const missing =
  key === undefined ? 'no kernel' : decode === undefined ? `no source with a new ${SCRIPT}` : false;

t.test(
  'frames equal those of decode_stacktrace.sh',
  {
    skip: missing === false ? false : `${missing} in the cache (${cache.root})`,
    timeout: 600_000,
  },
  async (t) => {
    const files = await cachedKernelFiles(cache, key as string);
    t.comment(`kernel ${key}, script ${decode}`);
    const folder = t.testdir({});
    for (const [name, path] of files.modules)
      await runCommand({ argv: ['cp', path, join(folder, `${name}.ko`)] });
    const { stdout } = await runCommand({
      argv: ['bash', decode as string, files.vmlinux, 'auto', folder],
      input: `${FRAMES.join('\n')}\n`,
    });
    await using symboliser = new Symboliser(files);
    const theirs = stdout.toString().trimEnd().split('\n');
    t.equal(theirs.length, FRAMES.length);
    for (const [index, line] of FRAMES.entries()) {
      const place = codePlaceIn(line);
      if (place === undefined) return t.fail(line);
      const ours = (await symboliser.frames(place)).map((frame) => frame.place);
      const [, places = ''] = /\((.*)\)/.exec(theirs[index] as string) ?? [];
      const wanted = places
        .replace(/ \(discriminator \d+\)/g, '')
        .split(' ')
        .filter(Boolean);
      t.ok(wanted.length > 0, `${line}: the script knows it`);
      t.same(
        ours,
        wanted.map((one) => one.replace(/^\/.*\/(unplug-modules\/)/, '$1')),
        line,
      );
    }
  },
);
