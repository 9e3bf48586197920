/** How often a partner may ask, in windows of its own: what one does costs no other. */
export interface PartnerRate {
  /** Seconds to wait, or undefined where it may. */
  ask(partnerId: string, nowMs: number): number | undefined;
}

export const createPartnerRate = ({
  requests,
  windowMs,
}: {
  readonly requests: number;
  readonly windowMs: number;
}): PartnerRate => {
  const windows = new Map<string, { fromMs: number; count: number }>();
  return {
    ask(partnerId, nowMs) {
      const known = windows.get(partnerId);
      const window =
        known !== undefined && nowMs < known.fromMs + windowMs ? known : { fromMs: nowMs, count: 0 };
      windows.set(partnerId, window);
      window.count += 1;
      if (window.count <= requests) return undefined;
      return Math.max(1, Math.ceil((window.fromMs + windowMs - nowMs) / 1_000));
    },
  };
};
