/** `unplug shell` without a terminal: a script on standard input, in a clone with an adapter. */
import { join } from 'node:path';
import t from 'tap';
import { repositoryRoot, tryCommand } from '../base/index.ts';
import { userEnvironment } from './user-environment.ts';

const unplug = join(repositoryRoot, 'unplug');

t.test('a script runs in the guest, with the adapter plugged, and its exit code is ours', async (t) => {
  const result = await tryCommand({
    argv: [unplug, 'shell', '--adapter', 'gpio-sim'],
    input: 'uname -r\ntest -c /dev/gpiochip0 && echo there\nexit 3\n',
    env: userEnvironment(),
  });
  t.equal(result.code, 3, result.stderr);
  t.match(result.stdout.toString(), /^6\.12\.\d+\nthere\n$/);
  t.match(result.stderr, /gpio-sim is plugged: \/dev\/gpiochip0\n {2}sysfs_unbind: echo \S+ > \/sys/);
});

t.test('an adapter that there is not, with the nearest name', async (t) => {
  const result = await tryCommand({
    argv: [unplug, 'shell', '--adapter', 'gpio-sin'],
    input: '',
    env: userEnvironment(),
  });
  t.equal(result.code, 64);
  t.match(result.stderr, /no adapter 'gpio-sin'[\s\S]*gpio-sim/);
});
