import fc from 'fast-check';
import t from 'tap';
import { runCommand } from '../base/index.ts';
import { type CpioEntry, writeCpio } from './cpio.ts';

const entries: CpioEntry[] = [
  { type: 'file', path: 'etc/motd', mode: 0o644, content: Buffer.from('hello') },
  { type: 'link', path: 'bin/sh', target: 'busybox' },
  { type: 'file', path: 'bin/busybox', mode: 0o755, content: Buffer.from([0, 1, 2]) },
  { type: 'character-device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
];

t.test('another cpio reads it: parents added, names and modes right', async (t) => {
  const list = await runCommand({ argv: ['busybox', 'cpio', '-tv'], input: writeCpio(entries) });
  const lines = list.stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.replace(/ .*(?=19\d\d|00:00:00) ?/, ' ').replace(/\s+/g, ' '));
  t.same(
    lines.map((line) => [line.slice(0, 10), line.replace(/^.*?(bin|dev|etc)/, '$1')]),
    [
      ['drwxr-xr-x', 'bin'],
      ['-rwxr-xr-x', 'bin/busybox'],
      ['lrwxrwxrwx', 'bin/sh -> busybox'],
      ['drwxr-xr-x', 'dev'],
      ['crw-------', 'dev/console'],
      ['drwxr-xr-x', 'etc'],
      ['-rw-r--r--', 'etc/motd'],
    ],
  );
});

t.test('content comes back', async (t) => {
  const out = await runCommand({
    argv: ['busybox', 'cpio', '-i', '--to-stdout', 'etc/motd'],
    input: writeCpio(entries),
  });
  t.equal(out.stdout.toString(), 'hello');
});

t.test('equal content gives equal bytes in any order, padded to 512', async () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(entries, { minLength: 4 }), (shuffled) => {
      const archive = writeCpio(shuffled);
      return archive.equals(writeCpio(entries)) && archive.length % 512 === 0;
    }),
  );
});

t.test('bad paths are refused', async (t) => {
  t.throws(() => writeCpio([{ type: 'directory', path: '/abs', mode: 0o755 }]), /bad path/);
  t.throws(() => writeCpio([{ type: 'directory', path: 'a/../b', mode: 0o755 }]), /bad path/);
  t.throws(() => writeCpio([...entries, { type: 'directory', path: 'bin/sh', mode: 0o755 }]), /two entries/);
});
