/** Says how far a long step is while it runs. */

/** Runs `work` and calls `say` every second until it settles. What `say` throws is lost: it is only for show. */
export async function periodically<T>(
  work: () => Promise<T>,
  say: () => unknown,
  everyMs = 1000,
): Promise<T> {
  const timer = setInterval(
    () =>
      void Promise.resolve()
        .then(say)
        .catch(() => undefined),
    everyMs,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
