import { isWhole, itemsOf, type CborValue } from '../cbor/cbor.ts';
import { SLOT_S } from './slots.ts';

/** What an outlet gave in quarters of an hour that follow each other. Spec: SECURE-8. */
export interface QuarterLoad {
  /** Where the first begins, seconds since 1970, UTC. */
  readonly fromS: number;
  readonly quarters: number;
  /** Those in which something flowed: how far behind the first, and how much, mWh. */
  readonly rows: readonly { readonly at: number; readonly milliWh: bigint }[];
}

/** The query by which a utility asks for it. */
export const LOAD_QUERY = 'load';

export const loadValue = ({ fromS, quarters, rows }: QuarterLoad): CborValue => [
  ...[fromS, quarters],
  rows.map(({ at, milliWh }): CborValue => [at, milliWh]),
];

/** More than a charger keeps, and more than one gives in a quarter of an hour (1 MW), is not believed. */
const MOST_QUARTERS = 192;
const MOST_MILLI_WH = 250_000_000n;

/** Undefined for what is none. */
export const readLoad = (value: CborValue | undefined): QuarterLoad | undefined => {
  const [fromS, quarters, said] = itemsOf(value);
  if (!isWhole(fromS) || fromS % SLOT_S !== 0 || !isWhole(quarters) || quarters > MOST_QUARTERS)
    return undefined;
  const rows = itemsOf(said).map((row) => {
    const [at, given] = itemsOf(row);
    if (!isWhole(at) || at >= quarters || !isWhole(given)) return undefined;
    const milliWh = BigInt(given);
    return milliWh <= MOST_MILLI_WH ? { at, milliWh } : undefined;
  });
  const good = rows.filter((row) => row !== undefined);
  const isOnce = new Set(good.map(({ at }) => at)).size === rows.length;
  return isOnce ? { fromS, quarters, rows: good } : undefined;
};
