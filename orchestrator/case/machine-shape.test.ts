import t from 'tap';
import type { RemovalCase } from '../suite/index.ts';
import type { CaseEnvironment } from './environment.ts';
import { environmentFor, machineShapes, shapeOf } from './machine-shape.ts';

const caseOf = (adapter: string, deviceClass: string): RemovalCase => ({
  kind: 'removal',
  name: `${adapter}/${deviceClass}/t0-idle/device_del`,
  adapter,
  deviceClass,
  hold: 't0-idle',
  removal: 'device_del',
});

const acpi = caseOf('edu-mmio-devm', 'edu');
const native = caseOf('edu-pciehp-mmio-devm', 'edu');
const usb = caseOf('cp2112', 'i2c-dev');
const GLOBAL = 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off';

t.test('machines that are built in another way are kept apart, and devices are not', async (t) => {
  const shapes = machineShapes([acpi, native, usb, native]);
  t.equal(shapes.length, 2);
  const [first, second] = shapes;
  t.match(first, { name: shapeOf(usb), globals: [], devices: [/xhci/] });
  t.match(second, { name: shapeOf(native), globals: [GLOBAL], devices: [] });
  t.same(second?.kernelParameters, ['pcie_ports=native']);
  t.same(machineShapes([]).length, 1, 'without a case there is a machine all the same');
  t.match(machineShapes([native]), [{ globals: [GLOBAL] }], 'and none that nobody needs');
});

t.test('a case gets the machine of its shape', async (t) => {
  const machine = (globals: readonly string[]): CaseEnvironment['machine'] =>
    ({ globals }) as unknown as CaseEnvironment['machine'];
  const environment = {
    variant: 'v',
    machine: machine([]),
    shapes: new Map([[shapeOf(native), { machine: machine([GLOBAL]) }]]),
  } as unknown as CaseEnvironment;
  t.match(environmentFor(environment, native), { variant: 'v', machine: { globals: [GLOBAL] } });
  t.match(environmentFor(environment, acpi), { variant: 'v', machine: { globals: [] } });
});
