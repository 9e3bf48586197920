import {
  agrees,
  decimalToRational,
  formatDecimal,
  minorUnitPlaces,
  parseCdr,
  rationalToDecimal,
  type Difference,
  type Rational,
  type StatedCost,
} from '@roamgrid/domain';
import { billSummary, type BillSummary } from '@roamgrid/wire';
import { storedTree } from '../../objects/modules.ts';
import type { JsonTree } from '../../objects/read.ts';
import type { Db } from '../../store/schema.ts';
import { findSession, type SessionKey } from './rows.ts';

const DIGITS = 12;

/** The partner's figure and the ledger's line for each part of a price. */
const PARTS = {
  FLAT: 'total_fixed_cost',
  ENERGY: 'total_energy_cost',
  TIME: 'total_time_cost',
  PARKING_TIME: 'total_parking_cost',
} as const satisfies Readonly<Partial<Record<BillSummary['lines'][number]['kind'], StatedCost>>>;

/** What of a bill a CDR states too. */
type Billed = Pick<BillSummary, 'currency' | 'netMicros' | 'totalMicros' | 'lines' | 'energyWh'>;

/** Each figure of a partner's CDR that is another on the ledger's bill. The bill counts. */
export const billDifferences = (tree: JsonTree, bill: Billed): readonly Difference[] => {
  const parsed = parseCdr(tree);
  if (!parsed.ok) return [{ field: '', declared: 'a CDR that cannot be read', computed: '' }];
  const { statedCosts, statedQuantities, currency } = parsed.value;
  const places = minorUnitPlaces(bill.currency);
  const found: Difference[] = [];
  const check = (field: string, declared: Rational | undefined, value: bigint): void => {
    const computed = formatDecimal(value, 6);
    const exact = decimalToRational(computed);
    if (declared === undefined || exact === undefined || agrees(declared, exact, places)) return;
    found.push({ field, declared: rationalToDecimal(declared, DIGITS), computed });
  };
  if (currency !== bill.currency)
    found.push({ field: 'currency', declared: currency ?? '', computed: bill.currency });
  const total = statedCosts.get('total_cost');
  check('total_cost.before_taxes', total?.beforeTax, bill.netMicros);
  check('total_cost.after_taxes', total?.afterTax, bill.totalMicros);
  for (const [kind, field] of Object.entries(PARTS)) {
    const lines = bill.lines.filter((line) => line.kind === kind);
    const micros = lines.reduce((sum, line) => sum + line.amountMicros, 0n);
    check(`${field}.before_taxes`, statedCosts.get(field)?.beforeTax, micros);
  }
  const energy = statedQuantities.get('total_energy');
  const apartWh = energy && (energy.n * 1_000n) / energy.d - bill.energyWh;
  // Bills state whole watt-hours.
  if (energy !== undefined && apartWh !== undefined && (apartWh > 1n || apartWh < -1n))
    found.push({
      field: 'total_energy',
      declared: rationalToDecimal(energy, DIGITS),
      computed: formatDecimal(bill.energyWh, 3),
    });
  if (found.length > 0)
    for (const { kind, amountMicros } of bill.lines)
      if (!(kind in PARTS) && amountMicros !== 0n)
        found.push({ field: kind, declared: '', computed: formatDecimal(amountMicros, 6) });
  return found;
};

/** Compares a session's bill with its CDR, once both are here. */
export const compareWithCdr = async (db: Db, key: SessionKey): Promise<void> => {
  const row = await findSession(db, key);
  if (row === undefined || row.cdr_key === null) return;
  const end = await db
    .selectFrom('partner_end')
    .select('bill')
    .where('partner_id', '=', key.partner_id)
    .where('owner', '=', key.owner)
    .where('session_key', '=', key.session_key)
    .where('bill', 'is not', null)
    .executeTakeFirst();
  const cdr = await db
    .selectFrom('peer_object')
    .select('body')
    .where('partner_id', '=', key.partner_id)
    .where('module', '=', 'cdrs')
    .where('owner', '=', key.owner)
    .where('object_key', '=', row.cdr_key)
    .executeTakeFirst();
  if (end?.bill === undefined || end.bill === null || cdr === undefined) return;
  const bill = billSummary.parse(JSON.parse(end.bill));
  await db
    .updateTable('partner_session')
    .set({ differences: JSON.stringify(billDifferences(storedTree(cdr.body), bill)) })
    .where('partner_id', '=', key.partner_id)
    .where('owner', '=', key.owner)
    .where('session_key', '=', key.session_key)
    .execute();
};
