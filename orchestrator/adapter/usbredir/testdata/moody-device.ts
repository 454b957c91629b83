/** A device model for fuzzing. */
import { setImmediate as turn } from 'node:timers/promises';
import { type Answer, type ControlSetup, success, type UsbDevice, type UsbPort } from '../../usb/device.ts';
import { TEST_DESCRIPTION } from './device.ts';
import type { Dice } from './fuzz-input.ts';

/** Answers at once, later, never or not well, throws, and sends things by itself. */
export class MoodyDevice implements UsbDevice {
  readonly description = TEST_DESCRIPTION;
  readonly #dice: Dice;
  attached = 0;
  #port: UsbPort | undefined;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  attach(port: UsbPort): void {
    this.attached += 1;
    this.#port = port;
    this.#sendSomething();
  }

  detach(): void {
    this.attached -= 1;
  }

  control(setup: ControlSetup): Answer | Promise<Answer> {
    return this.#answer((setup.requestType & 0x80) !== 0);
  }

  write(): Answer | Promise<Answer> {
    return this.#answer(false);
  }

  #answer(isIn: boolean): Answer | Promise<Answer> {
    this.#sendSomething();
    const answer = isIn ? success(this.#dice.bytes(20)) : success();
    switch (this.#dice.below(8)) {
      case 0:
        return Promise.resolve(answer);
      case 1:
        return new Promise(() => undefined);
      case 2:
        throw new Error('thrown');
      case 3:
        return Promise.reject(new Error('rejected'));
      case 4:
        return { status: this.#dice.of(['stall', 'ioerror', 'inval', 'timeout', 'babble'] as const) };
      case 5:
        return turn(answer);
      default:
        return answer;
    }
  }

  #sendSomething(): void {
    // It keeps its port too long, as a model with a defect would.
    for (let count = this.#dice.below(3); count > 0; count--)
      this.#port?.send(this.#dice.of([0x81, 0x82, 0x82, 0x01, 0x8f]), this.#dice.bytes(70));
  }
}
