/** How a transfer ends on the wire, made from a device's answer and what a script does to that. Pure. */

import { garble, pattern } from '../garble.ts';
import type { Behaviour } from '../usb/behaviour.ts';
import type { Answer } from '../usb/device.ts';
import type { WireStatus } from './numbers.ts';

/** What an answering packet says. */
export interface Outcome {
  readonly status: WireStatus;
  /** For IN: of the data; for OUT: what was taken of the data. */
  readonly length: number;
  /** Empty for OUT. */
  readonly data: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** A length is a 16-bit field but for bulk. */
const MAX_SHORT_BYTES = 0xffff;

/** The outcome of a transfer that moved nothing. */
export function failed(status: WireStatus): Outcome {
  return { status, length: 0, data: NOTHING };
}

/** OUT: the device has taken `length` bytes, or none. A script can shorten that; it can't be more than was sent. */
export function outcomeOfOut(answer: Answer, length: number, behaviour: Behaviour | undefined): Outcome {
  if (answer.status !== 'success') return failed(answer.status);
  const missing = behaviour?.do === 'shorten' ? behaviour.bytes : 0;
  return { status: 'success', length: Math.max(0, length - missing), data: NOTHING };
}

/**
 * IN on endpoint 0: a device that has more than it is asked for sends as much as it is asked for, as every control
 * endpoint does. What a script adds comes after that, so it can babble.
 */
export function outcomeOfControlIn(answer: Answer, asked: number, behaviour: Behaviour | undefined): Outcome {
  if (answer.status !== 'success') return failed(answer.status);
  return fit(misshape((answer.data ?? NOTHING).subarray(0, asked), behaviour), asked);
}

/** Bulk IN: what is longer than asked for is babble, and its rest is lost. */
export function outcomeOfBulkIn(data: Uint8Array, asked: number, behaviour: Behaviour | undefined): Outcome {
  return fit(misshape(data, behaviour), asked);
}

/** Interrupt IN: how much the guest takes, only QEMU knows; it makes babble of what is longer (hw/usb/redirect.c). */
export function outcomeOfInterruptIn(data: Uint8Array, behaviour: Behaviour | undefined): Outcome {
  return fit(misshape(data, behaviour), MAX_SHORT_BYTES);
}

function fit(data: Uint8Array, asked: number): Outcome {
  if (data.length <= asked) return { status: 'success', length: data.length, data };
  return { status: 'babble', length: asked, data: data.subarray(0, asked) };
}

function misshape(data: Uint8Array, behaviour: Behaviour | undefined): Uint8Array {
  switch (behaviour?.do) {
    case 'shorten':
      return data.subarray(0, Math.max(0, data.length - behaviour.bytes));
    case 'lengthen': {
      const longer = new Uint8Array(data.length + behaviour.bytes);
      longer.set(data);
      for (let at = data.length; at < longer.length; at++) longer[at] = pattern(at);
      return longer;
    }
    case 'garbage':
      return garble(data);
    default:
      return data;
  }
}
