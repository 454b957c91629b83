import t from 'tap';
import { neededPackages } from '../base/index.ts';
import { probeToolchain } from './toolchain.ts';

t.test('the compiler and linker name themselves', async (t) => {
  const { compiler, linker } = await probeToolchain();
  t.match(compiler, /^gcc .*\d+\.\d+/);
  t.match(linker, /ld.* \d+\.\d+/);
});

t.test('all that is missing is named, with the command that helps', async (t) => {
  const packages = [
    ...(await neededPackages()),
    { name: 'one', proof: '/no/such/program', neededBy: ['machine', 'kernel'], what: 'first' },
    { name: 'two', proof: '/no/such/header.h', neededBy: ['kernel'], what: 'second' },
    { name: 'three', proof: '/no/such/thing', neededBy: ['machine'], what: 'not for kernels' },
  ];
  await t.rejects(probeToolchain(undefined, packages), {
    code: 'INFRA',
    message: "a kernel can't be built here: one, two missing",
    detail: 'one (/no/such/program): first\ntwo (/no/such/header.h): second',
    hint: 'apt-get install one two',
  });
});
