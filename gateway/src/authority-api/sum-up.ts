import { formatDecimal, parseDecimal, unwrap } from '@roamgrid/domain';
import type { AuthorityElement, AuthorityPlace, Cdr, StationRecord } from '@roamgrid/wire';

/** Sums of charge records by station, partner and currency, and in each by what made the amounts. Integers all through. */

type Line = Cdr['lines'][number];

interface Sums {
  sessions: number;
  energyWh: bigint;
  netMicros: bigint;
  taxMicros: bigint;
  totalMicros: bigint;
}

interface PlaceSums extends Sums {
  readonly vun: string;
  readonly hun: string;
  readonly stationId: string;
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

const sorted = <T>(map: ReadonlyMap<string, T>): readonly T[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);

/** Takes records one by one, so that a report of a year needs no more memory than its own lines. */
export class ReportSums {
  readonly #places = new Map<string, PlaceSums>();

  add(cdr: Cdr, stationId: string): void {
    const { vun, hun, currency } = cdr;
    const key = JSON.stringify([vun, stationId, hun, currency]);
    const place = this.#places.get(key) ?? { ...none(), vun, hun, stationId, currency, elements: new Map() };
    this.#places.set(key, place);
    addTo(place, cdr);
    for (const line of cdr.lines) addLine(place.elements, cdr, line);
  }

  places(
    stationOf: (vun: string, stationId: string) => StationRecord | undefined,
  ): readonly AuthorityPlace[] {
    return sorted(this.#places).map(({ elements, ...place }) => {
      const station = stationOf(place.vun, place.stationId);
      return {
        ...place,
        ...(station && { countryCode: station.countryCode }),
        ...(station?.placeId !== undefined && { placeId: station.placeId }),
        elements: sorted(elements).map(({ of, quantity, ...money }) => ({
          ...of,
          ...money,
          ...(quantity !== undefined && { quantity: formatDecimal(quantity, PLACES) }),
        })),
      };
    });
  }

  totals(): readonly (Sums & { readonly currency: string })[] {
    const totals = new Map<string, Sums & { currency: string }>();
    for (const place of this.#places.values()) {
      const total = totals.get(place.currency) ?? { currency: place.currency, ...none() };
      addTo(total, place, place.sessions);
      totals.set(place.currency, total);
    }
    return sorted(totals);
  }
}
