/** Asking a device model, which may answer at once or later, or throw. */
import type { Answer } from '../usb/device.ts';
import { STATUSES } from './numbers.ts';

/** Calls exactly one of both, once: what a model throws or answers nonsense with goes to `onFault`. */
export function ask(
  question: () => Answer | Promise<Answer>,
  onAnswer: (answer: Answer) => void,
  onFault: (error: unknown) => void,
): void {
  const check = (answer: Answer | undefined): void => {
    if (answer !== undefined && STATUSES.includes(answer.status)) onAnswer(answer);
    else onFault(new TypeError('the device gave no answer'));
  };
  let answer: Answer | Promise<Answer>;
  try {
    answer = question();
  } catch (error) {
    onFault(error);
    return;
  }
  // An answer that is there is given at once: order and time then don't depend on other promises.
  if (answer instanceof Promise) answer.then(check, onFault);
  else check(answer);
}
