/** GPIO module of the DLN-2 (drivers/gpio/gpio-dln2.c). */
import type { Edge, GpioLines, Level } from '../target/gpio-lines.ts';
import { type Dln2Reply, done, failed, GPIO, GPIO_EVENT, u16, u32 } from './dln2-protocol.ts';

interface Pin {
  enabled: boolean;
  output: boolean;
  outLevel: Level;
  event: number;
  /** Events that it sent since it was configured. */
  events: number;
}

const UNUSED: Pin = { enabled: false, output: false, outLevel: 0, event: GPIO_EVENT.none, events: 0 };

/**
 * The pins. Settings may be made of a pin that is not enabled, they act on the line while it is. Debounce is kept and
 * answered, nothing is filtered.
 */
export class Dln2Gpio {
  readonly #lines: GpioLines;
  readonly #pins: Pin[];
  readonly #sendEvent: (id: number, data: Uint8Array) => void;
  #debounceMicroseconds = 0;

  /** @param sendEvent sends an event's data to the host */
  constructor(lines: GpioLines, sendEvent: (id: number, data: Uint8Array) => void) {
    this.#lines = lines;
    this.#pins = Array.from({ length: lines.count }, () => ({ ...UNUSED }));
    this.#sendEvent = sendEvent;
    lines.onEdge((edge) => this.#onEdge(edge));
  }

  /** As after power-up: no pin is enabled. */
  reset(): void {
    this.#debounceMicroseconds = 0;
    for (const [number, pin] of this.#pins.entries()) {
      Object.assign(pin, UNUSED);
      this.#apply(number, pin);
    }
  }

  /** Does a command. @param body what follows the header */
  handle(id: number, body: Uint8Array): Dln2Reply {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    switch (id) {
      case GPIO.getPinCount:
        return done(...u16(this.#pins.length));
      case GPIO.getDebounce:
        return done(...u32(this.#debounceMicroseconds));
      case GPIO.setDebounce:
        if (body.length < 4) return failed('invalidCommandSize');
        this.#debounceMicroseconds = view.getUint32(0, true);
        return done(...u32(this.#debounceMicroseconds));
    }
    const needs = BODY_BYTES.get(id);
    if (needs === undefined) return failed('notSupported');
    if (body.length !== needs) return failed('invalidCommandSize');
    const number = view.getUint16(0, true);
    const pin = this.#pins[number];
    if (pin === undefined) return failed('invalidPin');
    return this.#ofPin(id, number, pin, view);
  }

  #ofPin(id: number, number: number, pin: Pin, view: DataView): Dln2Reply {
    switch (id) {
      case GPIO.pinEnable:
        pin.enabled = true;
        break;
      case GPIO.pinDisable:
        if (!pin.enabled) return failed('pinNotConnected');
        pin.enabled = false;
        break;
      case GPIO.pinSetDirection:
        pin.output = view.getUint8(2) !== 0;
        break;
      case GPIO.pinSetOutValue:
        pin.outLevel = view.getUint8(2) === 0 ? 0 : 1;
        break;
      case GPIO.pinGetDirection:
        return done(...u16(number), pin.output ? 1 : 0);
      case GPIO.pinGetOutValue:
        return done(...u16(number), pin.outLevel);
      case GPIO.pinGetValue:
        if (!pin.enabled) return failed('pinNotConnected');
        return done(...u16(number), this.#lines.level(number));
      case GPIO.pinSetEvent:
        return this.#setEvent(pin, view.getUint8(2), view.getUint16(3, true));
      case GPIO.pinGetEvent:
        return done(...u16(number), pin.event, ...u16(0));
    }
    this.#apply(number, pin);
    return done();
  }

  #setEvent(pin: Pin, event: number, periodMs: number): Dln2Reply {
    if (!Object.values<number>(GPIO_EVENT).includes(event)) return failed('invalidEventType');
    if (periodMs !== 0) return failed('invalidEventPeriod');
    pin.event = event;
    pin.events = 0;
    return done();
  }

  #apply(number: number, pin: Pin): void {
    this.#lines.setLevel(number, pin.outLevel);
    this.#lines.setOutput(number, pin.enabled && pin.output);
  }

  /** Without a period, `high` and `low` tell of the moment when the level is reached, once. */
  #onEdge({ line, level }: Edge): void {
    const pin = this.#pins[line];
    if (pin === undefined || !pin.enabled || pin.output) return;
    const { event } = pin;
    const met =
      event === GPIO_EVENT.change ||
      (event === GPIO_EVENT.high && level === 1) ||
      (event === GPIO_EVENT.low && level === 0);
    if (!met) return;
    pin.events = (pin.events + 1) & 0xffff;
    this.#sendEvent(GPIO.conditionMet, Uint8Array.of(...u16(pin.events), event, ...u16(line), level));
  }
}

/** Commands of one pin, with the length of what follows the header. */
const BODY_BYTES: ReadonlyMap<number, number> = new Map([
  [GPIO.pinGetValue, 2],
  [GPIO.pinSetOutValue, 3],
  [GPIO.pinGetOutValue, 2],
  [GPIO.pinEnable, 2],
  [GPIO.pinDisable, 2],
  [GPIO.pinSetDirection, 3],
  [GPIO.pinGetDirection, 2],
  [GPIO.pinSetEvent, 5],
  [GPIO.pinGetEvent, 2],
]);
