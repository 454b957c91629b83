import t from 'tap';
import { parseFragment } from './fragment.ts';
import { readKconfig } from './kconfig.ts';
import { explainLoss, lostSymbols, requireSurvival } from './survival.ts';
import { parseFinalConfig } from './symbols.ts';

/** Written after lib/Kconfig.kasan, mm/Kconfig.debug and drivers of 6.12. */
const FILES: Readonly<Record<string, string>> = {
  Kconfig:
    'mainmenu "Test $(SRCARCH)"\nsource "mm/Kconfig"\nsource "arch/$(SRCARCH)/Kconfig"\nsource "none/Kconfig"\n',
  'mm/Kconfig': `# SPDX
if-success = $(shell,{ $(1); } && echo "$(2)")
config SLUB_TINY
	bool "tiny" if EXPERT
	help
	  config NOT_A_SYMBOL
	    bool "in a help text"

	  depends on NOTHING

config SYSFS
	bool "sysfs"

menuconfig KASAN
	bool "KASAN"
	depends on ((HAVE_KASAN && CC_HAS_KASAN) || \\
		   HAVE_KASAN_HW) # a comment
	depends on SYSFS && !SLUB_TINY
	select STACKDEPOT

if KASAN
choice
	prompt "mode"
config KASAN_INLINE
	bool "inline"
config KASAN_OUTLINE
	bool "outline"
endchoice
endif # KASAN

config SLUB_RCU_DEBUG
	bool "debug"
	depends on SLUB_DEBUG
	depends on KASAN

config STACKDEPOT
	bool
`,
  'arch/x86/Kconfig': `menu "Drivers"
	depends on HAS_IOMEM
	visible if !HIDE

config GPIO_SIM
	tristate "sim" if DEBUG_KERNEL
	depends on GPIOLIB
	select CONFIGFS if GPIO_SIM_CONFIGFS

comment "needs more"
	depends on NOTHING_ELSE

config GPIO_FANCY
	tristate
	prompt "fancy"
	depends on CLOCK >= 100
endmenu

config CONFIGFS
	bool "configfs"

config MODDED
	tristate "m"
	depends on MODULES
`,
};

const kconfig = await readKconfig(async (path) => FILES[path]);

/** The reason for losing one wished line under a final config. */
function reason(wish: string, final: string): string {
  const lost = lostSymbols(parseFragment('f', 'f.config', `${wish}\n`).symbols, parseFinalConfig(final));
  return lost[0] === undefined ? 'not lost' : explainLoss(lost[0], kconfig, parseFinalConfig(final));
}

t.test('reading Kconfig files', async (t) => {
  t.same(
    [...kconfig.definitions.keys()],
    [
      'SLUB_TINY',
      'SYSFS',
      'KASAN',
      'KASAN_INLINE',
      'KASAN_OUTLINE',
      'SLUB_RCU_DEBUG',
      'STACKDEPOT',
      'GPIO_SIM',
      'GPIO_FANCY',
      'CONFIGFS',
      'MODDED',
    ],
  );
  t.same(kconfig.definitions.get('GPIO_SIM'), [
    {
      file: 'arch/x86/Kconfig',
      line: 5,
      dependsOn: ['HAS_IOMEM', 'GPIOLIB'],
      prompt: { conditions: ['!HIDE', 'DEBUG_KERNEL'] },
      choice: undefined,
    },
  ]);
  t.same(kconfig.definitions.get('KASAN_INLINE')?.[0]?.dependsOn, ['KASAN']);
  t.same(kconfig.selects.get('CONFIGFS'), [{ by: 'GPIO_SIM', condition: 'GPIO_SIM_CONFIGFS' }]);
});

t.test('what survived', async (t) => {
  t.equal(reason('CONFIG_KASAN=y', 'CONFIG_KASAN=y'), 'not lost');
  t.equal(reason('# CONFIG_KASAN is not set', '# CONFIG_KASAN is not set'), 'not lost');
  t.equal(reason('# CONFIG_KASAN is not set', ''), 'not lost');
  t.equal(reason('CONFIG_N=0x10', 'CONFIG_N=16'), 'not lost');
  t.equal(reason('CONFIG_S="a"', 'CONFIG_S="a"'), 'not lost');
});

t.test('why not', async (t) => {
  const tiny = 'CONFIG_SYSFS=y\nCONFIG_HAVE_KASAN=y\nCONFIG_CC_HAS_KASAN=y\nCONFIG_SLUB_TINY=y\n';
  t.equal(reason('CONFIG_KASAN=y', tiny), 'needs SLUB_TINY off, but it is set');
  t.equal(reason('CONFIG_SLUB_RCU_DEBUG=y', 'CONFIG_SLUB_DEBUG=y'), 'needs KASAN, which is not set');
  t.equal(
    reason('CONFIG_KASAN=y', ''),
    'needs (HAVE_KASAN && CC_HAS_KASAN) || HAVE_KASAN_HW, which does not hold; needs SYSFS, which is not set',
  );
  t.equal(
    reason('CONFIG_KASAN_OUTLINE=y', 'CONFIG_KASAN=y\nCONFIG_KASAN_INLINE=y'),
    'of its choice KASAN_INLINE is taken',
  );
  t.equal(reason('CONFIG_SLUB_TINY=y', ''), 'can only be chosen with EXPERT, which is not set');
  t.equal(reason('CONFIG_STACKDEPOT=y', ''), 'it has no prompt: only other symbols select it (KASAN)');
  t.equal(
    reason('# CONFIG_STACKDEPOT is not set', 'CONFIG_STACKDEPOT=y\nCONFIG_KASAN=y'),
    'selected by KASAN',
  );
  t.equal(
    reason('CONFIG_GPIO_FANCY=y', 'CONFIG_HAS_IOMEM=y\nCONFIG_CLOCK=50'),
    'needs CLOCK >= 100, but it is 50',
  );
  t.equal(
    reason('CONFIG_GPIO_SIMM=y', ''),
    'this source has no such symbol; did you mean GPIO_SIM, GPIO_FANCY?',
  );
  t.equal(
    reason('CONFIG_MODDED=y', 'CONFIG_MODULES=y\nCONFIG_MODDED=m'),
    'Kconfig set it to m (arch/x86/Kconfig:22)',
  );
});

t.test('the error names every lost symbol, causes first', async (t) => {
  const { symbols } = parseFragment(
    's',
    's.config',
    'CONFIG_SLUB_RCU_DEBUG=y\nCONFIG_KASAN=y\nCONFIG_SYSFS=y\n',
  );
  const final = parseFinalConfig(
    'CONFIG_SYSFS=y\nCONFIG_SLUB_DEBUG=y\nCONFIG_HAVE_KASAN_HW=y\nCONFIG_SLUB_TINY=y\n# CONFIG_KASAN is not set\n',
  );
  t.throws(() => requireSurvival(symbols, final, kconfig), {
    code: 'BUILD',
    message: 'CONFIG_KASAN was lost: needs SLUB_TINY off, but it is set (and 1 more)',
    location: { file: 's.config', line: 2, column: 1 },
    detail:
      '  CONFIG_KASAN=y (s.config:2) became # CONFIG_KASAN is not set: needs SLUB_TINY off, but it is set\n' +
      '  CONFIG_SLUB_RCU_DEBUG=y (s.config:1) became # CONFIG_SLUB_RCU_DEBUG is not set: needs KASAN, which is not set',
  });
  t.doesNotThrow(() => requireSurvival(symbols.slice(2), final, kconfig));
});

t.test(
  'what is forbidden and on all the same: who switches it on, back to the line that asks for it',
  async (t) => {
    const selects = await readKconfig(async (path) =>
      path === 'Kconfig'
        ? 'config TRACE\n\tbool\n\tdefault y if GRAPH\nconfig LOCKDEP\n\tbool\n\tselect TRACE\n' +
          'config PROVE\n\tbool "prove"\n\tselect LOCKDEP if SMP\nconfig STAT\n\tbool "stat"\n\tselect LOCKDEP\n' +
          'config LISTS\n\tbool "lists"\n'
        : undefined,
    );
    const complain = (fragment: string, final: string): { message: string; detail: string; hint: string } => {
      try {
        requireSurvival(parseFragment('s', 's.config', fragment).symbols, parseFinalConfig(final), selects);
      } catch (error) {
        return error as { message: string; detail: string; hint: string };
      }
      return { message: 'no complaint', detail: '', hint: '' };
    };
    const on = 'CONFIG_TRACE=y\nCONFIG_LOCKDEP=y\nCONFIG_PROVE=y\nCONFIG_SMP=y\n';
    t.match(complain('CONFIG_PROVE=y\n\n# unplug: forbid CONFIG_TRACE\n', on), {
      message: 'CONFIG_TRACE is on, but forbidden: selected by LOCKDEP < PROVE (s.config:1)',
      detail: '  CONFIG_TRACE=y, which s.config:3 forbids: selected by LOCKDEP < PROVE (s.config:1)',
      hint: 'take out or unset what switches it on, or take the forbid mark out',
    });
    t.equal(
      complain('# unplug: forbid CONFIG_LOCKDEP\n', `${on}CONFIG_STAT=y\n`).message,
      'CONFIG_LOCKDEP is on, but forbidden: selected by PROVE; by STAT',
      'by all of them, also when nobody asked for them',
    );
    t.equal(
      complain('# unplug: forbid CONFIG_TRACE\n', 'CONFIG_TRACE=y\n').message,
      'CONFIG_TRACE is on, but forbidden: it has no prompt: its default is y here (Kconfig:1)',
    );
    t.equal(
      complain('# unplug: forbid CONFIG_LISTS\n', 'CONFIG_LISTS=m\n').message,
      'CONFIG_LISTS is on, but forbidden: Kconfig set it to m (Kconfig:13)',
    );
    t.equal(complain('# unplug: forbid CONFIG_LISTS\n', on).message, 'no complaint');
  },
);
