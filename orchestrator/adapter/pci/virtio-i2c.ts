/** virtio-i2c (virtio 1.2, 5.17; include/uapi/linux/virtio_i2c.h; driver drivers/i2c/busses/i2c-virtio.c). */
import { I2cBus } from '../target/i2c-bus.ts';
import {
  FEATURE_INDIRECT,
  FEATURE_VERSION_1,
  type VirtioDevice,
  type VirtioModel,
  type VirtioRequest,
} from './virtio-device.ts';

/** VIRTIO_I2C_F_ZERO_LENGTH_REQUEST: the driver refuses a device without it (virtio_i2c_probe()). */
const FEATURE_ZERO_LENGTH = 1n << 0n;

/** struct virtio_i2c_out_hdr: address, padding, flags. */
const HEADER_BYTES = 8;
const STATUS_BYTES = 1;
const STATUS_OK = 0;
const STATUS_ERROR = 1;
const FLAG_FAIL_NEXT = 1;
const FLAG_READ = 2;

interface Message {
  readonly address: number;
  readonly content: { readonly write: Uint8Array } | { readonly readBytes: number };
  /** One more of the same transfer comes. */
  readonly isContinued: boolean;
}

/**
 * The device. A target that holds the clock keeps a message for ever: neither the specification nor the driver has a
 * limit. Only a signal ends the driver's wait (virtio_i2c_complete_reqs()), and it does not tell the device. But the
 * I2C core does one transfer at a time, so the first message of another one tells.
 */
class VirtioI2c implements VirtioDevice {
  readonly features = FEATURE_VERSION_1 | FEATURE_INDIRECT | FEATURE_ZERO_LENGTH;
  readonly config = new Uint8Array(0);
  readonly queueCount = 1;
  readonly i2c = new I2cBus();
  /** The message before, or what is left of it. */
  #last: Promise<unknown> = Promise.resolve();
  #lastContinues = false;
  /** A message has failed, and those that follow in its transfer fail with it. */
  #failing = false;
  /** Raised with each transfer: what is left of an earlier one fails. */
  #transfer = 0;

  /** @see VirtioDevice.handle */
  handle(request: VirtioRequest): Promise<Uint8Array> {
    const message = parse(request);
    const begins = !this.#lastContinues;
    this.#lastContinues = message?.isContinued ?? false;
    if (begins) {
      this.#transfer += 1;
      this.#failing = false;
      // Ends what still waits for the clock.
      this.i2c.stop();
      this.#last = Promise.resolve();
    }
    const transfer = this.#transfer;
    const answer = this.#last.then(() => this.#answer(request, message, transfer));
    this.#last = answer;
    return answer;
  }

  failure(request: VirtioRequest): Uint8Array {
    return answerOf(request, STATUS_ERROR);
  }

  abandons(): boolean {
    return !this.#lastContinues;
  }

  reset(): void {
    this.#transfer += 1;
    this.#lastContinues = false;
    this.#last = Promise.resolve();
    this.i2c.stop();
  }

  async #answer(request: VirtioRequest, message: Message | undefined, transfer: number): Promise<Uint8Array> {
    if (message === undefined || this.#failing || transfer !== this.#transfer) return this.failure(request);
    const { address, content, isContinued } = message;
    const result = await this.i2c.transfer(
      { address, content, stop: !isContinued },
      Number.POSITIVE_INFINITY,
    );
    if (result.kind === 'done') return answerOf(request, STATUS_OK, result.data);
    if (transfer === this.#transfer) this.#failing = isContinued;
    return this.failure(request);
  }
}

/** Undefined for what the specification does not allow (5.17.6.3). */
function parse({ data, roomBytes }: VirtioRequest): Message | undefined {
  if (data.length < HEADER_BYTES || roomBytes < STATUS_BYTES) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const flags = view.getUint32(4, true);
  const reads = (flags & FLAG_READ) !== 0;
  const write = data.subarray(HEADER_BYTES);
  if (reads ? write.length > 0 : roomBytes > STATUS_BYTES) return undefined;
  return {
    address: view.getUint16(0, true) >> 1,
    content: reads ? { readBytes: roomBytes - STATUS_BYTES } : { write },
    isContinued: (flags & FLAG_FAIL_NEXT) !== 0,
  };
}

/** The status lies behind the room for the data, whatever came of that. */
function answerOf({ roomBytes }: VirtioRequest, status: number, data?: Uint8Array): Uint8Array {
  const answer = new Uint8Array(roomBytes);
  if (data !== undefined) answer.set(data.subarray(0, Math.max(0, roomBytes - STATUS_BYTES)));
  if (roomBytes > 0) answer[roomBytes - 1] = status;
  return answer;
}

/** The adapter. Its bus is /dev/i2c-N, below the virtio device in sysfs. The driver says nothing at the end of its probe. */
export const virtioI2cModel: VirtioModel = {
  name: 'virtio-i2c',
  description: 'virtio-i2c on a root port, its back-end in unplug (vhost-user)',
  requiredSymbols: ['VIRTIO_PCI', 'I2C_VIRTIO'],
  module: 'i2c-virtio',
  driver: 'i2c_virtio',
  // VIRTIO_ID_I2C_ADAPTER (include/uapi/linux/virtio_ids.h).
  deviceType: 34,
  qemuDriver: 'vhost-user-i2c-pci',
  offers: ['i2c'],
  create: () => new VirtioI2c(),
};
