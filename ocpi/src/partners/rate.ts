/** What a partner asks for, as far as it is counted by itself. */
export type Counted = 'handshakes' | { readonly module: string };

/** How often a partner may ask, in windows of its own: what one does costs no other, and no module of it all of its rest. */
export interface PartnerRate {
  /** Seconds to wait, or undefined where it may. @param of one part of all that it asks */
  ask(partnerId: string, nowMs: number, of?: Counted): number | undefined;
}

export const createPartnerRate = ({
  requests,
  perModule,
  handshakes,
  windowMs,
}: {
  readonly requests: number;
  readonly perModule: number;
  readonly handshakes: number;
  readonly windowMs: number;
}): PartnerRate => {
  const windows = new Map<string, { fromMs: number; count: number }>();
  return {
    ask(partnerId, nowMs, of) {
      const [name, most] =
        of === undefined
          ? ['', requests]
          : of === 'handshakes'
            ? ['handshakes', handshakes]
            : [`module ${of.module}`, perModule];
      const key = `${partnerId} ${name}`;
      const known = windows.get(key);
      const window =
        known !== undefined && nowMs < known.fromMs + windowMs ? known : { fromMs: nowMs, count: 0 };
      windows.set(key, window);
      window.count += 1;
      if (window.count <= most) return undefined;
      return Math.max(1, Math.ceil((window.fromMs + windowMs - nowMs) / 1_000));
    },
  };
};
