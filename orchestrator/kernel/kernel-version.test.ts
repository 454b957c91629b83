import { join } from 'node:path';
import t from 'tap';
import { kernelVersion, parseKernelVersion } from './kernel-version.ts';

const makefile = (sublevel: string, extra: string): string =>
  `# SPDX-License-Identifier: GPL-2.0\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL =${sublevel}\nEXTRAVERSION =${extra}\nNAME = Baby\n`;

t.test('versions as the Makefile composes them', async (t) => {
  t.same(parseKernelVersion(makefile(' 117', '')), { version: '6.12.117', release: '6.12' });
  t.same(parseKernelVersion(makefile(' 0', ' -rc3')), { version: '6.12.0-rc3', release: '6.12' });
  t.same(parseKernelVersion(makefile('', '')), { version: '6.12.0', release: '6.12' });
  for (const text of ['', 'all:\n\tcc a.c\n', 'VERSION = 1.2\nPATCHLEVEL = x\n', 'VERSION = 6\n'])
    t.equal(parseKernelVersion(text), undefined, text);
});

t.test('a folder that is no kernel tree', async (t) => {
  const directory = t.testdir({ Makefile: makefile(' 1', ''), empty: {} });
  t.same(await kernelVersion(directory), { version: '6.12.1', release: '6.12' });
  const empty = join(directory, 'empty');
  await t.rejects(kernelVersion(empty), {
    code: 'USAGE',
    message: `${empty} is no kernel tree: no top Makefile with VERSION and PATCHLEVEL`,
  });
});
