import t from 'tap';
import { parseFragment } from './fragment.ts';
import { kernelInputs, kernelKey } from './kernel-key.ts';

const asked = (text: string) => parseFragment('f', 'f.config', text).symbols;
const toolchain = { compiler: 'gcc (Debian 12.2.0-14) 12.2.0', linker: 'GNU ld 2.40' };
const base = kernelInputs('aa', asked('CONFIG_A=y\nCONFIG_B=y\n'), toolchain);

t.test('the key does not hang on order or comments of fragments', async (t) => {
  const other = kernelInputs('aa', asked('# words\nCONFIG_B=y\n\nCONFIG_A=y\n'), toolchain);
  t.equal(kernelKey(other), kernelKey(base));
  t.match(kernelKey(base), /^[0-9a-f]{24}$/);
});

t.test('every input changes the key', async (t) => {
  const keys = [
    base,
    { ...base, source: 'ab' },
    { ...base, config: [...base.config, 'CONFIG_C=y'] },
    { ...base, config: base.config.slice(1) },
    { ...base, compiler: 'gcc 13' },
    { ...base, linker: 'GNU ld 2.41' },
    { ...base, flags: [] },
    { ...base, builder: base.builder + 1 },
  ].map(kernelKey);
  t.equal(new Set(keys).size, keys.length);
});
