import type { PanelBreaker, PanelOrders, PanelReport } from '@roamgrid/wire';

type Position = 'open' | 'closed';

/** What is wrong with a simulated breaker. */
interface BreakerFault {
  /** Moves so much later. */
  readonly lagMs?: number;
  /** Stays where it is. */
  readonly refuses?: boolean;
  /** Is not heard by the panel any more, and stays where it is. */
  readonly isSilent?: boolean;
  /** Is not in the panel's report any more. */
  readonly isGone?: boolean;
  readonly saysPosition?: Position;
  readonly saysW?: bigint;
}

interface Contact {
  readonly line: PanelBreaker;
  position: Position;
  moves: { readonly to: Position; readonly atMs: number } | undefined;
  lapsesAtMs: number;
  heardAtMs: number;
  /** What hangs on it takes while it is closed, W. */
  drawsW: bigint;
}

/** A house's panel, simulated: breakers with what hangs on them, a main meter, and sensors in rooms. It closes what it hears nothing about. */
export class PanelPlant {
  readonly faults = new Map<string, BreakerFault>();
  /** The main meter says so much more. */
  mainLiesW = 0n;
  temperatureMilliC: number | undefined;
  readonly #contacts = new Map<string, Contact>();
  readonly #emptySince = new Map<string, number | undefined>();
  readonly #nowMs: () => number;
  readonly #onTaken: (watts: bigint) => void;

  /** @param onTaken is told what the house takes, whenever that may have changed */
  constructor(nowMs: () => number, onTaken: (watts: bigint) => void = () => undefined) {
    this.#nowMs = nowMs;
    this.#onTaken = onTaken;
  }

  add(line: PanelBreaker, drawsW: bigint): void {
    const nowMs = this.#nowMs();
    const still = { moves: undefined, lapsesAtMs: 0, heardAtMs: nowMs };
    this.#contacts.set(line.breakerId, { line, position: 'closed', drawsW, ...still });
    this.settle();
  }

  draws(breakerId: string, watts: bigint): void {
    this.#contact(breakerId).drawsW = watts;
    this.settle();
  }

  /** Somebody comes into a room, or the last one leaves it. */
  people(room: string, isThere: boolean): void {
    this.#emptySince.set(room, isThere ? undefined : this.#nowMs());
  }

  /** Where a contact really is. */
  isClosed(breakerId: string): boolean {
    this.settle();
    return this.#contact(breakerId).position === 'closed';
  }

  takesW(): bigint {
    return [...this.#contacts.values()].reduce(
      (sum, { position, drawsW }) => (position === 'closed' ? sum + drawsW : sum),
      0n,
    );
  }

  /** @returns those that did not do it, or not yet. */
  apply({ orders }: PanelOrders): string[] {
    this.settle();
    const nowMs = this.#nowMs();
    const notDone = orders.flatMap(({ breakerId, position, lapsesAtMs }) => {
      const contact = this.#contacts.get(breakerId);
      const { lagMs = 0, refuses, isSilent, isGone } = this.faults.get(breakerId) ?? {};
      if (contact === undefined || isSilent === true || isGone === true) return [breakerId];
      contact.lapsesAtMs = lapsesAtMs;
      if (contact.position === position) return [];
      if (refuses === true) return [breakerId];
      contact.moves = { to: position, atMs: nowMs + lagMs };
      return lagMs > 0 ? [breakerId] : [];
    });
    this.settle();
    return notDone;
  }

  report(): PanelReport {
    this.settle();
    const nowMs = this.#nowMs();
    const { temperatureMilliC } = this;
    return {
      measuredAtMs: nowMs,
      mainW: this.takesW() + this.mainLiesW,
      breakers: [...this.#contacts.values()].flatMap((contact) => {
        const { line, position, drawsW } = contact;
        const { isGone, isSilent, saysPosition, saysW } = this.faults.get(line.breakerId) ?? {};
        if (isGone === true) return [];
        if (isSilent !== true) contact.heardAtMs = nowMs;
        return [
          {
            ...line,
            position: saysPosition ?? position,
            measuredW: saysW ?? (position === 'closed' ? drawsW : 0n),
            heardAtMs: contact.heardAtMs,
          },
        ];
      }),
      rooms: [...this.#emptySince].map(([room, emptySinceMs]) => ({
        room,
        ...(emptySinceMs !== undefined && { emptySinceMs }),
      })),
      ...(temperatureMilliC !== undefined && { temperatureMilliC }),
    };
  }

  /** Contacts that are to have moved by now have, and what nobody is told about any more is closed. */
  settle(): void {
    const nowMs = this.#nowMs();
    for (const contact of this.#contacts.values()) {
      const { moves, line } = contact;
      if (moves !== undefined && moves.atMs <= nowMs) {
        contact.position = moves.to;
        contact.moves = undefined;
      }
      const isStuck = this.faults.get(line.breakerId)?.refuses === true;
      if (contact.lapsesAtMs <= nowMs && !isStuck) contact.position = 'closed';
    }
    this.#onTaken(this.takesW());
  }

  #contact(breakerId: string): Contact {
    const contact = this.#contacts.get(breakerId);
    if (contact === undefined) throw new Error(`the panel has no breaker ${breakerId}`);
    return contact;
  }
}
