import fc from 'fast-check';
import t from 'tap';
import { demangle } from './demangle.ts';

t.test('names of both schemes', async (t) => {
  const names: readonly (readonly [string, string | undefined])[] = [
    ['chrdev_open', undefined],
    ['_Reset', undefined],
    ['_Zoo', undefined],
    ['_Z8fakeNameiii', 'fakeName'],
    ['_ZN4gpio5probeEv', 'gpio::probe'],
    ['_RNvCs1234_7mycrate3foo', 'mycrate::foo'],
    ['_RNvMs3_NtCs12_6binder7processNtB5_7Process10update_ref', '<binder::process::Process>::update_ref'],
    ['_RNvXCs12_3drvNtB2_3DrvNtNtCs13_6kernel3pci6Driver5probe', '<drv::Drv as kernel::pci::Driver>::probe'],
    ['_RNCNvCs12_3drv4init0B3_', 'drv::init::{closure#0}'],
    ['_RINvCs12_3drv3getRhAtj4_E', 'drv::get::<&u8, [u16; 4]>'],
    ['_RNvB_', undefined],
    ['_RNvCs12_9short', undefined],
  ];
  for (const [mangled, name] of names) t.equal(demangle(mangled), name, mangled);
});

t.test('any text is taken, and what comes out is bounded', async (t) => {
  const letters = fc.constantFrom(...'CMXYNIBLKERQTASs_0123456789abu');
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 120 }), (text) => {
      const name = demangle(`_R${text.join('')}`);
      return name === undefined || name.length <= 400;
    }),
    { numRuns: 2000 },
  );
  t.equal(demangle(`_R${'T'.repeat(300)}`), undefined);
});
