/** Runs so many at once, the others in the order in which they came. */
export const createFewAtOnce = (most: number) => {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    // Whoever ends hands its place over: nobody who comes meanwhile gets in between.
    if (running < most) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
};
export type FewAtOnce = ReturnType<typeof createFewAtOnce>;
