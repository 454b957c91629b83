import t from 'tap';
import { BUILD_NEEDS, probeToolchain } from './toolchain.ts';

t.test('the compiler and linker name themselves', async (t) => {
  const { compiler, linker } = await probeToolchain();
  t.match(compiler, /^gcc .*\d+\.\d+/);
  t.match(linker, /ld.* \d+\.\d+/);
});

t.test('all that is missing is named, with the command that helps', async (t) => {
  const missing = [
    { name: 'no-such-program', kind: 'program', package: 'one', why: 'first' },
    { name: 'no/such/header.h', kind: 'header', package: 'two', why: 'second' },
  ] as const;
  await t.rejects(probeToolchain(undefined, [...BUILD_NEEDS, ...missing]), {
    code: 'INFRA',
    message: "a kernel can't be built here: no-such-program, no/such/header.h not found",
    detail: '  no-such-program (package one): first\n  no/such/header.h (package two): second',
    hint: 'apt-get install one two',
  });
});
