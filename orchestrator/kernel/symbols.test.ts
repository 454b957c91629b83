import t from 'tap';
import { hasSymbol, missingSymbols, parseFinalConfig } from './symbols.ts';

t.test('what a final config has', async (t) => {
  const config = parseFinalConfig(
    '#\n# Automatically generated\n#\nCONFIG_GPIO_SIM=y\nCONFIG_I2C_STUB=m\n# CONFIG_USB is not set\nCONFIG_HZ=250\nCONFIG_X="a=b"\n',
  );
  t.ok(hasSymbol(config, 'GPIO_SIM'));
  t.ok(hasSymbol(config, 'CONFIG_I2C_STUB'));
  t.notOk(hasSymbol(config, 'USB'));
  t.notOk(hasSymbol(config, 'GPIO'));
  t.equal(config.get('X'), '"a=b"');
  t.same(missingSymbols(config, ['USB', 'GPIO_SIM', 'NONE']), ['USB', 'NONE']);
});
