/** A time that runs with the wall, some way behind it, and can be skipped over: what is charged takes as long as it takes. */
export interface SkippingClock {
  readonly nowMs: () => number;
  /** Lets some of the story's time pass at once. */
  readonly skip: (ms: number) => void;
}

export const skippingClock = (behindMs: number): SkippingClock => {
  let behind = behindMs;
  return {
    nowMs: () => Date.now() - behind,
    skip: (ms) => {
      behind -= ms;
      if (behind < 0) throw new RangeError('a story does not pass the wall’s time');
    },
  };
};
