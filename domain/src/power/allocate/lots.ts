import type { SourceKind } from '../model/source.ts';
import type { Want } from './wants.ts';

/** Claims that may be fed from the same sources. */
export interface Lot {
  readonly wants: readonly Want[];
  /** `essential`: from batteries below their floor, too. `open`: from all. `rest`, `export`: of `kinds`, what others leave. */
  readonly from: 'essential' | 'open' | 'rest' | 'export';
  readonly kinds: readonly SourceKind[];
}

const ALL: readonly SourceKind[] = ['grid', 'renewable', 'ess', 'ev'];

/** Never power of the grid itself. */
const EXPORT_FROM: readonly SourceKind[] = ['renewable', 'ess', 'ev'];

const kindsOf = ({ claim }: Want): readonly SourceKind[] | undefined =>
  claim.kind === 'export'
    ? (claim.fromKinds ?? EXPORT_FROM).filter((kind) => kind !== 'grid')
    : claim.fromKinds;

/** The lots in the order in which they are served. Exports come last: what is used here is worth more than what is sent away. */
export const lotsOf = (wants: readonly Want[], hasEssential: boolean): readonly Lot[] => {
  const essential: Want[] = [];
  const open: Want[] = [];
  const restricted = new Map<string, Lot & { readonly wants: Want[] }>();
  for (const want of wants) {
    const kinds = kindsOf(want);
    if (kinds === undefined) {
      (hasEssential && want.claim.essential === true ? essential : open).push(want);
      continue;
    }
    const from = want.claim.kind === 'export' ? 'export' : 'rest';
    const key = `${from === 'export' ? 1 : 0} ${[...kinds].sort().join()}`;
    const lot = restricted.get(key);
    if (lot === undefined) restricted.set(key, { wants: [want], from, kinds });
    else lot.wants.push(want);
  }
  const rest = [...restricted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lot]) => lot);
  const lots: readonly Lot[] = [
    { wants: essential, from: 'essential', kinds: ALL },
    { wants: open, from: 'open', kinds: ALL },
    ...rest,
  ];
  return lots.filter((lot) => lot.wants.length > 0);
};
