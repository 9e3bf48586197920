import {
  decimalToRational,
  formatDecimal,
  agrees,
  minorUnitPlaces,
  parseCdr,
  type Rational,
} from '@roamgrid/domain';
import { billSummary, parseSessionId, type BillSummary } from '@roamgrid/wire';
import type { JsonTree } from '../../objects/read.ts';
import { idKey } from '../../objects/scalars.ts';
import { partyKey } from '../../partners/partner.ts';
import type { PartnerCreditTable } from '../../store/partner-credits.ts';
import type { PeerPlace } from '../../store/peer-objects.ts';
import type { Db } from '../../store/schema.ts';
import { Later } from './begin.ts';
import type { StationsContext } from './context.ts';
import type { SessionRow } from './rows.ts';

type CreditRow = PartnerCreditTable;
type CreditKey = Pick<CreditRow, 'partner_id' | 'owner' | 'object_key'>;
/** What a credit is found to be. */
type Found =
  | { readonly state: 'waiting'; readonly sessionId: string }
  | { readonly state: 'nothing' | 'question'; readonly code: string; readonly detail: string };

const MIRRORS_NOTHING = 'mirrors-nothing';
const question = (code: string, detail: string): Found => ({ state: 'question', code, detail });

const keyOf = ({ partnerId, country, party, key }: PeerPlace): CreditKey => ({
  partner_id: partnerId,
  owner: partyKey(country, party),
  object_key: key,
});

const sessionOfCdr = (
  db: Db,
  { partner_id, owner }: CreditKey,
  cdrKey: string,
): Promise<SessionRow | undefined> =>
  db
    .selectFrom('partner_session')
    .selectAll()
    .where('partner_id', '=', partner_id)
    .where('owner', '=', owner)
    .where('cdr_key', '=', cdrKey)
    .executeTakeFirst();

/** Whether a CDR still waits to be dealt with. */
const isInInbox = async (db: Db, { partner_id, owner }: CreditKey, cdrKey: string): Promise<boolean> => {
  const row = await db
    .selectFrom('inbox')
    .select('seq')
    .where('partner_id', '=', partner_id)
    .where('module', '=', 'cdrs')
    .where('owner', '=', owner)
    .where('object_key', '=', cdrKey)
    .executeTakeFirst();
  return row !== undefined;
};

/** Not more than the bill, in whatever digits it is stated. */
const isAtMost = (stated: Rational | undefined, micros: bigint, places: number): boolean => {
  const billed = decimalToRational(formatDecimal(micros, 6));
  if (stated === undefined || billed === undefined) return true;
  const back = { n: -stated.n, d: stated.d };
  return agrees(back, billed, places) || back.n * billed.d <= billed.n * back.d;
};

const exceeds = (credit: JsonTree, bill: BillSummary): string | undefined => {
  const parsed = parseCdr(credit);
  if (!parsed.ok) return 'it cannot be read';
  const { currency, statedCosts } = parsed.value;
  if (currency !== bill.currency)
    return `it is in ${currency ?? 'no currency'}, the bill in ${bill.currency}`;
  const total = statedCosts.get('total_cost');
  const places = minorUnitPlaces(bill.currency);
  const isLess =
    isAtMost(total?.beforeTax, bill.netMicros, places) && isAtMost(total?.afterTax, bill.totalMicros, places);
  return isLess
    ? undefined
    : `it takes back more than ${formatDecimal(bill.totalMicros, 6)} ${bill.currency}`;
};

/** Whether the CDR that a credit names was booked as it is taken back. */
const bookedAs = async (
  { door, machines }: StationsContext,
  key: CreditKey,
  cdrKey: string,
  credit: JsonTree,
): Promise<Found> => {
  const { db, settings } = door;
  const session = await sessionOfCdr(db, key, cdrKey);
  if (session === undefined || session.state === 'refused')
    return { state: 'nothing', code: 'not-booked', detail: 'nobody was billed by that CDR' };
  const end = await db
    .selectFrom('partner_end')
    .select(['state', 'bill', 'gateway_session_id'])
    .where('partner_id', '=', session.partner_id)
    .where('owner', '=', session.owner)
    .where('session_key', '=', session.session_key)
    .executeTakeFirst();
  if (end?.state === 'dropped')
    return { state: 'nothing', code: 'not-booked', detail: 'the gateway had no such session' };
  if (end?.bill === undefined || end.bill === null)
    throw new Later('NOT_BILLED_YET: the gateway has not taken the session’s end');
  const bill = billSummary.parse(JSON.parse(end.bill));
  const fault = exceeds(credit, bill);
  if (fault !== undefined) return question('not-as-billed', fault);
  const name = parseSessionId(end.gateway_session_id);
  if (!name.ok || name.value.hun === settings.utilityId)
    return question('own-customer', 'the customer is the utility’s own: correct his account');
  if (machines === undefined) return question('stand-in-missing', 'no gateway and AAA node are named');
  return { state: 'waiting', sessionId: end.gateway_session_id };
};

const judge = async (context: StationsContext, key: CreditKey, credit: JsonTree): Promise<Found> => {
  const { db } = context.door;
  const cdrKey = idKey(String(credit['credit_reference_id']));
  const verdict = await db
    .selectFrom('cdr_verdict')
    .select(['state', 'differences'])
    .where('partner_id', '=', key.partner_id)
    .where('owner', '=', key.owner)
    .where('object_key', '=', key.object_key)
    .executeTakeFirst();
  if (verdict?.state !== 'credit') {
    const [first] = JSON.parse(verdict?.differences ?? '[]') as readonly { readonly computed: string }[];
    return question(MIRRORS_NOTHING, first?.computed ?? 'it cannot be read');
  }
  if (await isInInbox(db, key, cdrKey))
    throw new Later('CDR_WAITS: the CDR that it takes back is not taken yet');
  return bookedAs(context, key, cdrKey, credit);
};

/**
 * Takes a credit of a partner's for a session at its station. What it takes back is taken back on the ledger once, after the
 * time in which a corrected CDR may follow; what does not match what was booked is for an operator. Told again it does nothing.
 */
export const takeCredit = async (
  context: StationsContext,
  place: PeerPlace,
  credit: JsonTree,
): Promise<void> => {
  const { db, nowMs, settings } = context.door;
  const key = keyOf(place);
  const found = await judge(context, key, credit);
  const isWaiting = found.state === 'waiting';
  const values = {
    cdr_key: idKey(String(credit['credit_reference_id'])),
    state: found.state,
    gateway_session_id: isWaiting ? found.sessionId : null,
    ...(isWaiting ? { code: null, detail: null } : { code: found.code, detail: found.detail }),
    ...{ close: null, attempts: 0, fault: null, noted_at_ms: nowMs() },
    next_at_ms: nowMs() + (isWaiting ? settings.times.correctedCdr : 0),
  } as const;
  await db
    .insertInto('partner_credit')
    .values({ ...key, ...values })
    // Its CDR may have come after it.
    .onConflict((conflict) =>
      conflict
        .columns(['partner_id', 'owner', 'object_key'])
        .doUpdateSet(values)
        .where('partner_credit.code', '=', MIRRORS_NOTHING),
    )
    .execute();
};
