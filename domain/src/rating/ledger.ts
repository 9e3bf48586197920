import { add, ZERO, type Rational } from '../tariff/rational.ts';
import type { PriceComponent } from '../tariff/tariff.ts';
import type { Priced } from './match.ts';

/** What a line of the breakdown is for. */
export type LineKind = 'ENERGY' | 'TIME' | 'PARKING_TIME' | 'FLAT' | 'RESERVATION_TIME' | 'RESERVATION_FLAT';

/** One price component's share of a session while it is being added up. */
export interface Entry {
  readonly kind: LineKind;
  readonly tariff: number;
  readonly elementIndex: number;
  readonly component: PriceComponent;
  /** Base units; 1 for a flat fee. */
  used: Rational;
  /** What step size adds. */
  stepped: Rational;
  /** Order of last use, to find the last component of a dimension. */
  lastUse: number;
}

/** Gathers usage by price component, in the order of first use. */
export class UsageLedger {
  readonly entries: Entry[] = [];
  /** Everything used of a dimension, priced or not. */
  readonly usedByKind = new Map<LineKind, Rational>();
  #uses = 0;

  countUse(kind: LineKind, quantity: Rational): void {
    this.usedByKind.set(kind, add(this.usedByKind.get(kind) ?? ZERO, quantity));
  }

  post(kind: LineKind, tariff: number, priced: Priced, quantity: Rational): void {
    this.#uses += 1;
    const { elementIndex, component } = priced;
    const known = this.entries.find(
      (entry) =>
        entry.kind === kind &&
        entry.tariff === tariff &&
        entry.elementIndex === elementIndex &&
        entry.component.index === component.index,
    );
    if (known === undefined) {
      this.entries.push({
        kind,
        tariff,
        elementIndex,
        component,
        used: quantity,
        stepped: ZERO,
        lastUse: this.#uses,
      });
    } else {
      known.used = add(known.used, quantity);
      known.lastUse = this.#uses;
    }
  }

  /** A flat fee is owed once a tariff, by the first component that becomes active. */
  postFlat(kind: 'FLAT' | 'RESERVATION_FLAT', tariff: number, priced: Priced): void {
    if (this.entries.some((entry) => entry.kind === kind && entry.tariff === tariff)) return;
    this.post(kind, tariff, priced, { n: 1n, d: 1n });
  }
}
