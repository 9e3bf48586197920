import { formatDecimal, parseDecimal, unwrap } from '@roamgrid/domain';
import type { Cdr } from '../ledger/session.ts';
import type { AuthorityElement, AuthorityPlace, AuthorityRecord, AuthorityReport } from './authority.ts';

/**
 * What a report comes to: sums of charge records by station, partner and currency, and in each by what made the amounts. The
 * gateway sums up by it and whoever verifies a report sums up its records by it again. Integers all through.
 */

/** Where a record was charged. */
type At = Omit<AuthorityRecord, 'cdr' | 'disputed'>;

type Line = Cdr['lines'][number];

interface Sums {
  sessions: number;
  energyWh: bigint;
  netMicros: bigint;
  taxMicros: bigint;
  totalMicros: bigint;
}

interface PlaceSums extends Sums, At {
  readonly vun: string;
  readonly hun: string;
  readonly currency: string;
  readonly elements: Map<string, ElementSums>;
}

interface ElementSums {
  readonly of: Pick<AuthorityElement, 'tariffId' | 'tariffVersion' | 'kind' | 'element' | 'unit'>;
  /** Thousandths of the unit; undefined where quantities are no amounts. */
  quantity: bigint | undefined;
  amountMicros: bigint;
  taxMicros: bigint;
}

/** Billed quantities have at most so many decimals. */
const PLACES = 3;

const none = (): Sums => ({ sessions: 0, energyWh: 0n, netMicros: 0n, taxMicros: 0n, totalMicros: 0n });

const addTo = (
  sums: Sums,
  { energyWh, netMicros, taxMicros, totalMicros }: Omit<Sums, 'sessions'>,
  sessions = 1,
): void => {
  sums.sessions += sessions;
  sums.energyWh += energyWh;
  sums.netMicros += netMicros;
  sums.taxMicros += taxMicros;
  sums.totalMicros += totalMicros;
};

const addLine = (elements: Map<string, ElementSums>, { tariffId, tariffVersion }: Cdr, line: Line): void => {
  const { kind, element, unit } = line;
  const key = JSON.stringify([tariffId, tariffVersion, kind, element ?? null, unit]);
  const known = elements.get(key) ?? {
    of: { tariffId, tariffVersion, kind, unit, ...(element !== undefined && { element }) },
    quantity: unit === 'ppm' ? undefined : 0n,
    amountMicros: 0n,
    taxMicros: 0n,
  };
  if (known.quantity !== undefined) known.quantity += unwrap(parseDecimal(line.quantity, PLACES));
  known.amountMicros += line.amountMicros;
  known.taxMicros += line.taxMicros;
  elements.set(key, known);
};

const sorted = <T>(map: ReadonlyMap<string, T>): T[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);

/** Takes records one by one, so that a report of a year needs no more memory than its own lines. */
export class ReportSums {
  readonly #places = new Map<string, PlaceSums>();

  add({ cdr, stationId, countryCode, placeId }: AuthorityRecord): void {
    const { vun, hun, currency } = cdr;
    const key = JSON.stringify([vun, stationId, hun, currency, countryCode ?? null, placeId ?? null]);
    const place = this.#places.get(key) ?? {
      ...none(),
      ...{ vun, hun, stationId, currency },
      ...(countryCode !== undefined && { countryCode }),
      ...(placeId !== undefined && { placeId }),
      elements: new Map(),
    };
    this.#places.set(key, place);
    addTo(place, cdr);
    for (const line of cdr.lines) addLine(place.elements, cdr, line);
  }

  /** @param head whose report it is, of what, and as of when */
  report(head: Omit<AuthorityReport, 'places' | 'totals'>): AuthorityReport {
    return { ...head, places: this.#listed(), totals: this.#totals() };
  }

  #listed(): AuthorityPlace[] {
    return sorted(this.#places).map(({ elements, ...place }) => ({
      ...place,
      elements: sorted(elements).map(({ of, quantity, ...money }) => ({
        ...of,
        ...money,
        ...(quantity !== undefined && { quantity: formatDecimal(quantity, PLACES) }),
      })),
    }));
  }

  #totals(): AuthorityReport['totals'] {
    const totals = new Map<string, Sums & { currency: string }>();
    for (const place of this.#places.values()) {
      const total = totals.get(place.currency) ?? { currency: place.currency, ...none() };
      addTo(total, place, place.sessions);
      totals.set(place.currency, total);
    }
    return sorted(totals);
  }
}
