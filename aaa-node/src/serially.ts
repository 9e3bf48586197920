/** One at a time, in the order of asking: rounds and operators may ask for the same work at once. */
export const serially = <A extends readonly unknown[], T>(
  work: (...args: A) => Promise<T>,
): ((...args: A) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (...args) => {
    const next = last.then(() => work(...args));
    last = next.catch(() => undefined);
    return next;
  };
};

/** The same by key: what is asked for one follows in order, and nobody else waits for it. */
export const seriallyBy = <A extends readonly unknown[], T>(
  keyOf: (...args: A) => string,
  work: (...args: A) => Promise<T>,
): ((...args: A) => Promise<T>) => {
  const lasts = new Map<string, Promise<unknown>>();
  return async (...args) => {
    const key = keyOf(...args);
    const next = (lasts.get(key) ?? Promise.resolve()).then(() => work(...args));
    const last = next.catch(() => undefined);
    lasts.set(key, last);
    try {
      return await next;
    } finally {
      if (lasts.get(key) === last) lasts.delete(key);
    }
  };
};
