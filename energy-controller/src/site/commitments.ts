import { isAboveW, sumW } from './watts.ts';

/** What a claim was, or may have been, told it may take. */
export interface Order {
  readonly claimId: string;
  readonly loadId: string;
  readonly nodeId: string;
  readonly laneW: readonly bigint[];
  readonly lapsesAtMs: number;
}

interface Standing {
  /** The last that the device confirmed. */
  confirmed: Order | undefined;
  /** Told, and nobody knows whether they arrived, or still will. */
  open: Order[];
}

const highest = (orders: readonly Order[]): readonly bigint[] => {
  const lanes = Math.max(...orders.map(({ laneW }) => laneW.length));
  return Array.from({ length: lanes }, (_, lane) =>
    orders.reduce((most, { laneW }) => ((laneW[lane] ?? 0n) > most ? (laneW[lane] ?? 0n) : most), 0n),
  );
};

/**
 * Everything that devices may be taking because of what they were told. An order that was not confirmed counts until it lapses, also
 * beside later ones: it may arrive late. What counts is therefore never less than what a device may take.
 */
export class Commitments {
  readonly #of = new Map<string, Standing>();

  /** As kept before a crash: nobody knows which of them arrived. */
  static restored(orders: readonly Order[]): Commitments {
    const commitments = new Commitments();
    commitments.tell(orders);
    return commitments;
  }

  /** Orders that are about to be told. */
  tell(orders: readonly Order[]): void {
    for (const order of orders) {
      const standing = this.#of.get(order.claimId) ?? { confirmed: undefined, open: [] };
      standing.open.push(order);
      this.#of.set(order.claimId, standing);
    }
  }

  /** The device has them: they take the place of what was confirmed before. */
  confirm(orders: readonly Order[]): void {
    for (const order of orders) {
      const standing = this.#of.get(order.claimId);
      if (standing === undefined) continue;
      standing.open = standing.open.filter((open) => open !== order);
      standing.confirmed = order;
    }
  }

  /** The device said that it does not follow them: what was before holds. */
  refuse(orders: readonly Order[]): void {
    for (const order of orders) {
      const standing = this.#of.get(order.claimId);
      if (standing !== undefined) standing.open = standing.open.filter((open) => open !== order);
    }
  }

  /** The device has no such claim any more, and said so. */
  forget(claimId: string): void {
    this.#of.delete(claimId);
  }

  /**
   * What is over by the device's own clock, which may be `slackMs` behind ours. One that was not confirmed may have arrived late and ended a
   * later one's time with its own: it stays for `tickMs` more, in which the device is told anew.
   */
  expire(nowMs: number, { slackMs, tickMs }: { readonly slackMs: number; readonly tickMs: number }): void {
    const isOver = ({ lapsesAtMs }: Order, longerMs: number): boolean => lapsesAtMs + longerMs <= nowMs;
    for (const [claimId, standing] of this.#of) {
      if (standing.confirmed !== undefined && isOver(standing.confirmed, slackMs))
        standing.confirmed = undefined;
      standing.open = standing.open.filter((order) => !isOver(order, slackMs + tickMs));
      if (standing.confirmed === undefined && standing.open.length === 0) this.#of.delete(claimId);
    }
  }

  /** Most that each claim may be taking, by lane. */
  counted(): readonly Order[] {
    return [...this.#of.values()].flatMap(({ confirmed, open }) => {
      const all = confirmed === undefined ? open : [confirmed, ...open];
      const [first] = all;
      if (first === undefined) return [];
      return [
        { ...first, laneW: highest(all), lapsesAtMs: Math.max(...all.map(({ lapsesAtMs }) => lapsesAtMs)) },
      ];
    });
  }

  countedOf(claimId: string): readonly bigint[] {
    const { confirmed, open = [] } = this.#of.get(claimId) ?? {};
    const all = confirmed === undefined ? open : [confirmed, ...open];
    return all.length === 0 ? [] : highest(all);
  }

  /** What the device is known to have been told last. */
  confirmedOf(claimId: string): Order | undefined {
    return this.#of.get(claimId)?.confirmed;
  }

  /** The same, W; undefined when nothing is confirmed. */
  confirmedW(claimId: string): bigint | undefined {
    const confirmed = this.confirmedOf(claimId);
    return confirmed === undefined ? undefined : sumW(confirmed.laneW);
  }

  /** The load that goes by orders for a claim; undefined when there are none. */
  loadOf(claimId: string): string | undefined {
    const { confirmed, open = [] } = this.#of.get(claimId) ?? {};
    return (confirmed ?? open[0])?.loadId;
  }

  /** Whether the device confirmed just this, for just as long. */
  isTold({ claimId, laneW, lapsesAtMs }: Order): boolean {
    const confirmed = this.confirmedOf(claimId);
    return (
      confirmed?.lapsesAtMs === lapsesAtMs &&
      !isAboveW(laneW, confirmed.laneW) &&
      !isAboveW(confirmed.laneW, laneW)
    );
  }

  /** Whether a load was told something that it did not confirm. */
  hasOpen(loadId: string): boolean {
    return [...this.#of.values()].some(({ open }) => open.some((order) => order.loadId === loadId));
  }

  /** For the journal: every order that may be in force. */
  all(): readonly Order[] {
    return [...this.#of.values()].flatMap(({ confirmed, open }) =>
      confirmed === undefined ? open : [confirmed, ...open],
    );
  }
}
