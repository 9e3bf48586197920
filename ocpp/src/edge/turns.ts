/** Work of one station in the order in which it came, one at a time, over all its sockets. */
export const createTurns = (most: number) => {
  const waiting = new Map<string, { count: number; last: Promise<unknown> }>();
  return {
    isFull: (key: string): boolean => (waiting.get(key)?.count ?? 0) >= most,
    take: async <T>(key: string, work: () => Promise<T> | T): Promise<T> => {
      const line = waiting.get(key) ?? { count: 0, last: Promise.resolve() };
      waiting.set(key, line);
      line.count += 1;
      const turn = line.last.then(work);
      line.last = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        line.count -= 1;
        if (line.count === 0) waiting.delete(key);
      }
    },
  };
};
export type Turns = ReturnType<typeof createTurns>;
