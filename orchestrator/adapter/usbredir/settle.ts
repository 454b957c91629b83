/** A promise with its settling at hand. */

/** A promise and what settles it, once. */
export interface Settleable<T> {
  readonly promise: Promise<T>;
  /** @returns whether this settled it */
  readonly resolve: (value: T) => boolean;
  readonly reject: (error: Error) => void;
}

/** Node 20 has no `Promise.withResolvers`. */
export function settleable<T>(): Settleable<T> {
  let onResolve: (value: T) => void = () => undefined;
  let onReject: (error: Error) => void = () => undefined;
  let isSettled = false;
  const promise = new Promise<T>((resolve, reject) => {
    onResolve = resolve;
    onReject = reject;
  });
  return {
    promise,
    resolve: (value) => {
      const settles = !isSettled;
      isSettled = true;
      onResolve(value);
      return settles;
    },
    reject: (error) => {
      isSettled = true;
      onReject(error);
    },
  };
}
