import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { cachePaths, silentProgress } from '../base/index.ts';
import { parseFragment } from './fragment.ts';
import { ensureKernel, type Kernel } from './kernel.ts';
import type { KernelOptions } from './options.ts';
import { parseSeriesSpec } from './series/index.ts';
import type { Variant } from './variants.ts';

const testdata = fileURLToPath(new URL('testdata/tree', import.meta.url));

/** Compiles a.c and b.c as make does, by time, and writes down what it compiled. */
const MAKEFILE = `VERSION = 9
PATCHLEVEL = 9
SUBLEVEL = 1
O ?= .
.PHONY: tinyconfig olddefconfig bzImage modules
tinyconfig:
	@echo 'CONFIG_TINY=y' > $(O)/.config
olddefconfig:
	@true
$(O)/%.o: %.c
	@echo $< >> $(O)/compiled
	@cp $< $@
$(O)/vmlinux: $(O)/a.o $(O)/b.o
	@cat $^ > $@
modules: bzImage
	@touch $(O)/modules.order
bzImage: $(O)/vmlinux
	@mkdir -p $(O)/arch/x86/boot $(O)/include/config
	@cp $(O)/vmlinux $(O)/arch/x86/boot/bzImage
	@echo 9.9.1 > $(O)/include/config/kernel.release
	@touch $(O)/Module.symvers
	@sed 's/^int \\([a-z_]*\\)()/0 T \\1/' $(O)/vmlinux > $(O)/System.map
`;

const PATCH = `From: n <n@example.org>
Subject: [PATCH] a: Say more

---
 a.c | 1 +
diff --git a/a.c b/a.c
--- a/a.c
+++ b/a.c
@@ -1 +1,2 @@
 int a()
+int more()
`;

interface World {
  readonly tree: string;
  readonly patch: string;
  readonly options: KernelOptions;
  readonly said: string[];
}

function world(t: Test): World {
  const directory = t.testdir({
    tree: { 'a.c': 'int a()\n', 'b.c': 'int b()\n' },
    cache: {},
    'more.patch': PATCH,
  });
  const tree = join(directory, 'tree');
  cpSync(join(testdata, 'scripts'), join(tree, 'scripts'), { recursive: true });
  cpSync(join(testdata, 'Kconfig'), join(tree, 'Kconfig'));
  writeFileSync(join(tree, 'Makefile'), MAKEFILE);
  const said: string[] = [];
  const info = (line: string): void => void said.push(line);
  const options = {
    cache: cachePaths({ XDG_CACHE_HOME: join(directory, 'cache') }),
    progress: { ...silentProgress, info, warn: info },
    cpus: 1,
  };
  return { tree, patch: join(directory, 'more.patch'), options, said };
}

function variant(w: World, series: readonly string[], more: Partial<Variant> = {}): Variant {
  return {
    name: series.length === 0 ? 'baseline' : 'patched',
    source: { kind: 'dir', directory: w.tree },
    series: series.map((text) => ({
      spec: parseSeriesSpec(text) as NonNullable<ReturnType<typeof parseSeriesSpec>>,
    })),
    profile: 'sanitize',
    contains: [],
    lacks: [],
    asked: parseFragment('f', 'f.config', 'CONFIG_WANTED=y\n').symbols,
    ...more,
  };
}

const compiled = ({ buildDirectory }: Kernel): string[] =>
  readFileSync(join(buildDirectory, 'compiled'), 'utf8').trim().split('\n');
const vmlinux = (kernel: Kernel): string => readFileSync(kernel.vmlinux, 'utf8');

t.test('a series on a source compiles only what it touches', async (t) => {
  const w = world(t);
  const base = await ensureKernel(variant(w, []), w.options);
  const patched = await ensureKernel(variant(w, [w.patch]), w.options);
  t.equal(vmlinux(base), 'int a()\nint b()\n');
  t.equal(vmlinux(patched), 'int a()\nint more()\nint b()\n');
  t.same(compiled(base), ['a.c', 'b.c']);
  t.same(compiled(patched), ['a.c', 'b.c', 'a.c'], 'the copy came with what it had compiled');
  t.equal(patched.metadata.clonedFrom, base.key);
  t.same(patched.metadata.changed, ['a.c']);
  t.match(patched.metadata.sourceDescription, /more\.patch/);
  t.equal(readFileSync(join(w.tree, 'a.c'), 'utf8'), 'int a()\n', 'the user’s tree is as it was');
  t.equal(readFileSync(join(base.source.directory, 'a.c'), 'utf8'), 'int a()\n', 'and so is the base');
  t.equal(
    statSync(join(base.source.directory, 'b.c')).ino,
    statSync(join(patched.source.directory, 'b.c')).ino,
  );
});

t.test('files that are older than the objects of the copied build are compiled all the same', async (t) => {
  const w = world(t);
  const other = { asked: parseFragment('f', 'f.config', 'CONFIG_WANTED=y\nCONFIG_TINY=y\n').symbols };
  const early = await ensureKernel(variant(w, [w.patch], other), w.options);
  const base = await ensureKernel(variant(w, []), w.options);
  const patched = await ensureKernel(variant(w, [w.patch]), w.options);
  t.equal(early.source.directory, patched.source.directory, 'its tree was there before the base was built');
  t.equal(patched.metadata.clonedFrom, base.key);
  t.equal(vmlinux(patched), 'int a()\nint more()\nint b()\n');
});

t.test('a base is cloned from a patched build too', async (t) => {
  const w = world(t);
  const patched = await ensureKernel(variant(w, [w.patch]), w.options);
  const base = await ensureKernel(variant(w, []), w.options);
  t.equal(base.metadata.clonedFrom, patched.key);
  t.equal(vmlinux(base), 'int a()\nint b()\n');
});

t.test('a series and its reverse are the base itself', async (t) => {
  const w = world(t);
  const base = await ensureKernel(variant(w, []), w.options);
  const both = await ensureKernel(variant(w, [w.patch, `revert:${w.patch}`]), w.options);
  t.equal(both.key, base.key);
  t.equal(both.cached, true);
});

t.test('an edited tree: only the edited file is compiled again', async (t) => {
  const w = world(t);
  const before = await ensureKernel(variant(w, []), w.options);
  writeFileSync(join(w.tree, 'b.c'), 'int edited()\n');
  const after = await ensureKernel(variant(w, []), w.options);
  t.not(after.key, before.key);
  t.same(compiled(after), ['a.c', 'b.c', 'b.c']);
  t.equal(vmlinux(after), 'int a()\nint edited()\n');
  t.equal(vmlinux(before), 'int a()\nint b()\n');
});

t.test(
  'variants that are compared share what was located, also when the tree changes meanwhile',
  async (t) => {
    const w = world(t);
    const options = { ...w.options, located: new Map() };
    const base = await ensureKernel(variant(w, []), options);
    writeFileSync(join(w.tree, 'b.c'), 'int edited()\n');
    const patched = await ensureKernel(variant(w, [w.patch]), options);
    t.same(patched.metadata.changed, ['a.c']);
    t.equal(vmlinux(patched), 'int a()\nint more()\nint b()\n');
    t.equal(patched.source.base.identity, base.source.identity);
  },
);

t.test('a variant that is not what it says it is', async (t) => {
  const w = world(t);
  await ensureKernel(variant(w, [w.patch], { contains: ['more', 'a'], lacks: ['less'] }), w.options);
  await t.rejects(ensureKernel(variant(w, [], { contains: ['more'] }), w.options), {
    code: 'BUILD',
    message: 'kernel baseline is not what it says it is: it lacks more',
  });
  await t.rejects(ensureKernel(variant(w, [], { lacks: ['a', 'z'] }), w.options), { message: /: it has a$/ });
});

t.test('a patch that does not apply', async (t) => {
  const w = world(t);
  writeFileSync(join(w.tree, 'a.c'), 'int other()\n');
  await t.rejects(ensureKernel(variant(w, [w.patch]), w.options), { message: /a: Say more/ });
});
