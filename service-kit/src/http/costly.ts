/** Answers that cost more than they carry are made for all who wait, not for each. */

/** Callers that come while a making runs get what it makes. */
export const madeForAll = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let making: Promise<T> | undefined;
  return () => {
    making ??= make().finally(() => {
      making = undefined;
    });
    return making;
  };
};
