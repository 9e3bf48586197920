const wait = { limitMs: 10_000, pollMs: 20 };

/** Polls until a condition holds. */
export const until = async <T>(
  what: string,
  probe: () => Promise<T | undefined>,
  limitMs = wait.limitMs,
): Promise<T> => {
  const untilMs = Date.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > untilMs) throw new Error(`in ${limitMs} ms it did not happen that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, wait.pollMs));
  }
};
