import fc from 'fast-check';
import t from 'tap';
import { firstError, MakeProgress } from './make-output.ts';

const OUTPUT = `make[1]: Entering directory '/x'
  SYNC    include/config/auto.conf
  HOSTCC  scripts/kallsyms
  CC      kernel/fork.o
../fs/select.c:612:1: warning: the frame size of 1104 bytes is larger than 1024 bytes
  CC [M]  drivers/thermal/intel/x86_pkg_temp_thermal.o
  AS      arch/x86/entry/entry_64.o
  AR      kernel/built-in.a
  LD      vmlinux.o
`;

t.test('objects are counted, however the output is cut', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(fc.nat(OUTPUT.length), { maxLength: 8 }), (cuts) => {
        const made = new MakeProgress();
        const places = [0, ...cuts.sort((a, b) => a - b), OUTPUT.length];
        for (let n = 1; n < places.length; n++) made.feed(OUTPUT.slice(places[n - 1], places[n]));
        return made.objects === 4 && made.step === 'linking vmlinux';
      }),
    ),
  );
});

t.test('the step after the objects', async (t) => {
  const made = new MakeProgress();
  made.feed('  CC      a.o\n');
  t.equal(made.step, '');
  made.feed('  LD      vmlinux.o\n');
  t.equal(made.step, 'linking vmlinux');
  made.feed('  CC      arch/x86/boot/a20.o\n');
  t.equal(made.step, '');
  made.feed('  XZKERN  arch/x86/boot/compressed/vmlinux.bin.xz\n');
  t.equal(made.step, 'packing bzImage');
});

interface Golden {
  readonly what: string;
  readonly log: string;
  readonly expected: Partial<ReturnType<typeof firstError> & object>;
}

/** Outputs of gcc 12, GNU ld 2.40, GNU make 4.3 and Kbuild of 6.12. */
const GOLDEN: readonly Golden[] = [
  {
    what: 'gcc, the first of two jobs',
    log: `  CC      drivers/gpio/gpiolib.o
../lib/maple_tree.c:3785:1: warning: the frame size of 1416 bytes is larger than 1024 bytes [-Wframe-larger-than=]
 3785 | }
      | ^
../drivers/gpio/gpiolib.c: In function 'gpiochip_remove':
../drivers/gpio/gpiolib.c:1207:9: error: implicit declaration of function 'revoke' [-Werror=implicit-function-declaration]
 1207 |         revoke(gdev);
      |         ^~~~~~
make[4]: *** [../scripts/Makefile.build:229: drivers/gpio/gpiolib.o] Error 1
../kernel/fork.c:1:2: error: second
make[3]: *** Waiting for unfinished jobs....`,
    expected: {
      file: '../drivers/gpio/gpiolib.c',
      line: 1207,
      column: 9,
      message: "implicit declaration of function 'revoke' [-Werror=implicit-function-declaration]",
      host: false,
      excerpt:
        "../drivers/gpio/gpiolib.c:1207:9: error: implicit declaration of function 'revoke' [-Werror=implicit-function-declaration]\n" +
        ' 1207 |         revoke(gdev);\n      |         ^~~~~~',
    },
  },
  {
    what: 'a missing header',
    log: '../a.c:3:10: fatal error: linux/nothing.h: No such file or directory\n    3 | #include <linux/nothing.h>\ncompilation terminated.',
    expected: { file: '../a.c', line: 3, column: 10, message: 'linux/nothing.h: No such file or directory' },
  },
  {
    what: 'the assembler',
    log: "../arch/x86/a.S: Assembler messages:\n../arch/x86/a.S:12: Error: no such instruction: `foo'\n",
    expected: { file: '../arch/x86/a.S', line: 12, message: "no such instruction: `foo'" },
  },
  {
    what: 'the linker',
    log: "  LD      .tmp_vmlinux0\nld: vmlinux.o: in function `gpiochip_remove':\ngpiolib.c:(.text+0x1f4): undefined reference to `revocable_revoke'\nmake[2]: *** [../scripts/Makefile.vmlinux:34: vmlinux] Error 1\n",
    expected: { file: 'gpiolib.c', message: "undefined reference to `revocable_revoke'" },
  },
  {
    what: 'the linker with debug information',
    log: "ld: vmlinux.o: in function `f':\n./drivers/gpio/gpiolib.c:77: undefined reference to `g'\n",
    expected: { file: './drivers/gpio/gpiolib.c', line: 77, message: "undefined reference to `g'" },
  },
  {
    what: 'modpost',
    log: '  MODPOST Module.symvers\nERROR: modpost: "nothing" [unplug_fixture.ko] undefined!\nmake[2]: *** [../scripts/Makefile.modpost:145: Module.symvers] Error 1',
    expected: { message: 'modpost: "nothing" [unplug_fixture.ko] undefined!' },
  },
  {
    what: 'no rule',
    log: "make[3]: *** No rule to make target 'drivers/gpio/nothing.o', needed by 'drivers/gpio/built-in.a'.  Stop.\nmake[2]: *** [../scripts/Makefile.build:478: drivers/gpio] Error 2",
    expected: {
      message: "No rule to make target 'drivers/gpio/nothing.o', needed by 'drivers/gpio/built-in.a'",
    },
  },
  {
    what: 'Kconfig',
    log: 'init/Kconfig:7: syntax error\ninit/Kconfig:7: invalid statement\nmake[2]: *** [../scripts/kconfig/Makefile:85: tinyconfig] Error 1',
    expected: { file: 'init/Kconfig', line: 7, message: 'syntax error' },
  },
  {
    what: 'a missing program is the host',
    log: '/bin/sh: 1: bison: not found\nmake[2]: *** [../scripts/Makefile.host:17: scripts/kconfig/parser.tab.c] Error 127',
    expected: { message: 'bison: not found', host: true },
  },
  {
    what: 'a full disk is the host',
    log: 'fatal error: error writing to /tmp/ccX.s: No space left on device\n../a.c:3:10: error: x',
    expected: { message: 'fatal error: error writing to /tmp/ccX.s: No space left on device', host: true },
  },
  {
    what: 'a killed compiler is the host',
    log: 'gcc: fatal error: Killed signal terminated program cc1\ncompilation terminated.',
    expected: { message: 'cc1 was killed: most likely the host ran out of memory', host: true },
  },
  {
    what: 'nothing but make',
    log: 'make[1]: *** Waiting for unfinished jobs....\nmake[1]: *** [Makefile:236: __sub-make] Error 2\n',
    expected: { message: '[Makefile:236: __sub-make] Error 2' },
  },
];

for (const { what, log, expected } of GOLDEN) {
  t.test(`first error: ${what}`, async (t) => {
    t.match(firstError(log), expected);
  });
}

t.test('no error in a good log', async (t) => {
  t.equal(firstError(OUTPUT), undefined);
});
