import {
  differencesOf,
  formatDecimal,
  parseCdr,
  rateCdr,
  resolveZone,
  type Cdr,
  type Difference,
  type Rated,
  type StatedPrice,
} from '@roamgrid/domain';
import type { JsonTree } from '../objects/read.ts';

/** A line of what our engine makes of a CDR, with the element of the tariff that made it. */
export interface PricedLine {
  readonly type: string;
  readonly tariffId: string;
  readonly elementIndex?: number;
  readonly billedQuantity: string;
  readonly unit: string;
  readonly unitPrice?: string;
  readonly amount: string;
  readonly tax: string;
}

/** What our own engine says of a partner's CDR. */
export type Verdict =
  | { readonly state: 'equal'; readonly lines: readonly PricedLine[]; readonly rated: Rated }
  | {
      readonly state: 'different';
      readonly differences: readonly Difference[];
      readonly lines: readonly PricedLine[];
    }
  | { readonly state: 'not-ratable'; readonly differences: readonly Difference[] };

const linesOf = ({ lines }: Rated): readonly PricedLine[] =>
  lines.map(({ type, tariffId, elementIndex, billedQuantity, unit, unitPrice, micros, taxMicros }) => ({
    type,
    tariffId,
    ...(elementIndex !== undefined && { elementIndex }),
    billedQuantity,
    unit,
    ...(unitPrice !== undefined && { unitPrice }),
    amount: formatDecimal(micros, 6),
    tax: formatDecimal(taxMicros, 6),
  }));

const notRatable = (field: string, computed: string): Verdict => ({
  state: 'not-ratable',
  differences: [{ field, declared: '', computed }],
});

/** Rates a partner's CDR anew. @param timeZone of its location, which CDRs do not name */
export const judgeCdr = (tree: JsonTree, timeZone: string | undefined): Verdict => {
  const parsed = parseCdr(tree);
  if (!parsed.ok) return notRatable(parsed.error[0]?.pointer ?? '', parsed.error[0]?.message ?? '');
  const cdr = parsed.value;
  const zone = resolveZone(cdr.timeZone ?? timeZone ?? 'UTC', cdr.startMs, cdr.endMs);
  if (!zone.ok) return notRatable('time_zone', zone.error.message);
  const rated = rateCdr({ cdr, zoneOffsets: zone.value });
  if (!rated.ok) return notRatable(rated.error[0]?.pointer ?? '', rated.error[0]?.message ?? '');
  const differences = differencesOf(rated.value, cdr);
  const lines = linesOf(rated.value);
  return differences.length === 0
    ? { state: 'equal', lines, rated: rated.value }
    : { state: 'different', differences, lines };
};

const negated = (a: StatedPrice['beforeTax'], b: StatedPrice['beforeTax']): boolean =>
  a === undefined || b === undefined ? a === b : a.n * b.d === -b.n * a.d;

/** Why a credit does not take back the CDR that it names; undefined where it does. Spec: OCPI 2.2.1 mod_cdrs §Credit CDRs. */
export const creditFault = (credit: Cdr, original: Cdr | undefined): Difference | undefined => {
  const field = 'credit_reference_id';
  if (original === undefined) return { field, declared: credit.id, computed: 'no such CDR was told' };
  if (original.isCredit) return { field, declared: original.id, computed: 'that one is a credit itself' };
  if (credit.currency !== original.currency)
    return {
      field: 'currency',
      declared: credit.currency ?? '',
      computed: `${original.id} is in ${original.currency ?? 'none'}`,
    };
  const [ours, theirs] = [credit, original].map(({ statedCosts }) => statedCosts.get('total_cost'));
  return negated(ours?.beforeTax, theirs?.beforeTax) && negated(ours?.afterTax, theirs?.afterTax)
    ? undefined
    : { field: 'total_cost', declared: credit.id, computed: `not the total of ${original.id} negated` };
};
