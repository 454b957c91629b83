/** What is wired to every emulated adapter unless somebody wants something else. */
import { Eeprom24c02 } from '../target/eeprom-24c02.ts';
import { Lm75 } from '../target/lm75.ts';
import { Pca9538 } from '../target/pca9538.ts';
import { StubbornTarget } from '../target/stubborn.ts';
import type { UsbAdapterDevice } from './adapter.ts';

/** Contents of the EEPROM at first: no two neighbours are alike. */
export const EEPROM_CONTENTS: Uint8Array = Uint8Array.from({ length: 256 }, (_, address) => address ^ 0xa5);

/** The targets on an adapter's bus. */
export interface StandardOutside {
  /** At 0x50. */
  readonly eeprom: Eeprom24c02;
  /** At 0x48. */
  readonly lm75: Lm75;
  /** At 0x70, with lines of its own. */
  readonly expander: Pca9538;
  /** At 0x51; holds the clock for ever. */
  readonly stubborn: StubbornTarget;
}

/** Wires an EEPROM, a sensor, a GPIO expander and a target that never answers; undefined for a device without I2C. */
export function standardOutside({ i2c }: Pick<UsbAdapterDevice, 'i2c'>): StandardOutside | undefined {
  if (i2c === undefined) return undefined;
  const outside = {
    eeprom: new Eeprom24c02({ contents: EEPROM_CONTENTS }),
    lm75: new Lm75(),
    expander: new Pca9538(),
    stubborn: new StubbornTarget(0x51, { stretchMs: Number.POSITIVE_INFINITY }),
  };
  for (const target of Object.values(outside)) i2c.add(target);
  return outside;
}
