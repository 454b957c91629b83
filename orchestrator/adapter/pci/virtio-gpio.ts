/** virtio-gpio (virtio 1.2, 5.18; include/uapi/linux/virtio_gpio.h; driver drivers/gpio/gpio-virtio.c). */
import { type Edge, GpioLines } from '../target/gpio-lines.ts';
import {
  FEATURE_INDIRECT,
  FEATURE_VERSION_1,
  type VirtioDevice,
  type VirtioModel,
  type VirtioRequest,
} from './virtio-device.ts';
import { VirtioGpioInterrupts } from './virtio-gpio-interrupts.ts';

/** VIRTIO_GPIO_F_IRQ: the second queue. */
const FEATURE_IRQ = 1n << 0n;
/** VIRTIO_GPIO_MSG_*. */
const MESSAGE = {
  getNames: 1,
  getDirection: 2,
  setDirection: 3,
  getValue: 4,
  setValue: 5,
  irqType: 6,
} as const;
const STATUS_OK = 0;
const STATUS_ERROR = 1;
/** VIRTIO_GPIO_DIRECTION_*. */
const DIRECTION = { none: 0, out: 1, in: 2 } as const;

const REQUEST_BYTES = 8;
const EVENT_QUEUE = 1;
const LINE_COUNT = 8;

/** The device. A line that nobody has asked for has no direction, and is an input to the world outside. */
class VirtioGpio implements VirtioDevice {
  readonly features = FEATURE_VERSION_1 | FEATURE_INDIRECT | FEATURE_IRQ;
  readonly config: Uint8Array;
  readonly queueCount = 2;
  readonly lines = new GpioLines(LINE_COUNT);
  readonly #names: Uint8Array;
  readonly #directions = new Uint8Array(LINE_COUNT);
  readonly #interrupts = new VirtioGpioInterrupts(this.lines);

  constructor() {
    const names = Array.from({ length: LINE_COUNT }, (_, line) => `virtio-${line}\0`).join('');
    this.#names = Buffer.from(names, 'latin1');
    // struct virtio_gpio_config
    const config = new DataView(new ArrayBuffer(8));
    config.setUint16(0, LINE_COUNT, true);
    config.setUint32(4, this.#names.length, true);
    this.config = new Uint8Array(config.buffer);
    this.lines.onEdge((edge: Edge) => this.#interrupts.edge(edge));
  }

  /** @see VirtioDevice.handle */
  handle(request: VirtioRequest): Uint8Array | Promise<Uint8Array> {
    const { queue, data } = request;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (queue === EVENT_QUEUE)
      return data.length < 2 ? this.failure(request) : this.#interrupts.wait(view.getUint16(0, true));
    if (data.length !== REQUEST_BYTES) return this.failure(request);
    const [type, line, value] = [view.getUint16(0, true), view.getUint16(2, true), view.getUint32(4, true)];
    if (type === MESSAGE.getNames) return Uint8Array.of(STATUS_OK, ...this.#names);
    if (line >= LINE_COUNT) return this.failure(request);
    const result = this.#ofLine(type, line, value);
    return result === undefined ? this.failure(request) : Uint8Array.of(STATUS_OK, result);
  }

  failure({ roomBytes }: VirtioRequest): Uint8Array {
    const answer = new Uint8Array(roomBytes);
    answer.fill(STATUS_ERROR, 0, 1);
    return answer;
  }

  typeOf({ queue, data }: VirtioRequest): number | undefined {
    return queue === EVENT_QUEUE ? undefined : data[0];
  }

  isEvent({ queue }: VirtioRequest): boolean {
    return queue === EVENT_QUEUE;
  }

  /** As after the reset of a device: no direction, no interrupt. */
  reset(): void {
    this.#interrupts.reset();
    for (let line = 0; line < LINE_COUNT; line++) this.#setDirection(line, DIRECTION.none);
  }

  #ofLine(type: number, line: number, value: number): number | undefined {
    switch (type) {
      case MESSAGE.getDirection:
        return this.#directions[line];
      case MESSAGE.setDirection:
        if (value > DIRECTION.in) return undefined;
        this.#setDirection(line, value);
        return 0;
      case MESSAGE.getValue:
        return this.lines.level(line);
      case MESSAGE.setValue:
        if (value > 1) return undefined;
        this.lines.setLevel(line, value === 0 ? 0 : 1);
        return 0;
      case MESSAGE.irqType:
        return this.#interrupts.setType(line, value) ? 0 : undefined;
      default:
        return undefined;
    }
  }

  #setDirection(line: number, direction: number): void {
    this.#directions[line] = direction;
    this.lines.setOutput(line, direction === DIRECTION.out);
  }
}

/** The adapter. Its chip is /dev/gpiochipN, below the virtio device in sysfs. The driver says nothing at its end. */
export const virtioGpioModel: VirtioModel = {
  name: 'virtio-gpio',
  description: `virtio-gpio on a root port, ${LINE_COUNT} lines, its back-end in unplug (vhost-user)`,
  requiredSymbols: ['VIRTIO_PCI', 'GPIO_VIRTIO'],
  module: 'gpio-virtio',
  driver: 'gpio_virtio',
  // VIRTIO_ID_GPIO (include/uapi/linux/virtio_ids.h).
  deviceType: 41,
  qemuDriver: 'vhost-user-gpio-pci',
  // Not 'gpio-events', see whyNot: QEMU 8 and later are to be looked at anew.
  offers: ['gpio'],
  whyNot: {
    'gpio-line':
      "QEMU 7.2's vhost-user-gpio offers the guest no VIRTIO_GPIO_F_IRQ, whatever its back-end offers: no events",
  },
  create: () => new VirtioGpio(),
};
