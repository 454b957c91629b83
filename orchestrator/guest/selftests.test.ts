import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { selftestEntries } from './selftests.ts';

const KERNEL = { release: '6.12.117', builtInModules: ['gpio_sim', 'gpiolib'] };

t.test('without selftests nothing is added to an image', async (t) => {
  t.same(await selftestEntries([], KERNEL), []);
});

t.test('files lie as in tools/testing/selftests, with what their scripts need', async (t) => {
  const directory = t.testdir({});
  mkdirSync(join(directory, 'gpio'));
  mkdirSync(join(directory, 'kselftest'));
  writeFileSync(join(directory, 'gpio/a.sh'), '#!/bin/bash\n');
  writeFileSync(join(directory, 'kselftest/ktap_helpers.sh'), 'x');
  const one = { directory, files: ['gpio/a.sh', 'kselftest/ktap_helpers.sh'] };
  // What two collections share is there once.
  const entries = await selftestEntries([one, { directory, files: ['kselftest/ktap_helpers.sh'] }], KERNEL);
  t.same(entries.map(({ path }) => path).sort(), [
    'bin/bash',
    'lib/modules/6.12.117/modules.builtin',
    'lib/modules/6.12.117/modules.dep',
    'unplug/selftest-tools/bash',
    'unplug/selftest-tools/mountpoint',
    'unplug/selftest-tools/prepare',
    'unplug/selftests/gpio/a.sh',
    'unplug/selftests/kselftest/ktap_helpers.sh',
    'usr/bin/env',
  ]);
  t.match(
    entries.find(({ path }) => path.endsWith('/modules.builtin')),
    { content: Buffer.from('kernel/gpio_sim.ko\nkernel/gpiolib.ko\n') },
  );
  t.match(
    entries.find(({ path }) => path === 'unplug/selftests/gpio/a.sh'),
    { type: 'file', mode: 0o755, content: Buffer.from('#!/bin/bash\n') },
  );
});
