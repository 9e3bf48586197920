import { parseCdr, type Difference } from '@roamgrid/domain';
import type { JsonTree } from '../objects/read.ts';
import { idKey } from '../objects/scalars.ts';
import { partyKey } from '../partners/partner.ts';
import type { CdrVerdictTable, Db } from '../store/schema.ts';
import { findPeer, type PeerPlace } from '../store/peer-objects.ts';
import { creditFault, judgeCdr, type Verdict } from './judge-cdr.ts';

type State = CdrVerdictTable['state'];

const keep = async (
  db: Db,
  { partnerId, country, party, key }: PeerPlace,
  state: State,
  differences: readonly Difference[],
  lines: Extract<Verdict, { state: 'equal' }>['lines'] | undefined,
  nowMs: number,
  creditsKey: string | null = null,
): Promise<void> => {
  const values = {
    state,
    differences: JSON.stringify(differences),
    rated: lines === undefined ? null : JSON.stringify(lines),
    credits_key: creditsKey,
    judged_at_ms: nowMs,
  };
  await db
    .insertInto('cdr_verdict')
    .values({
      credited_by: null,
      partner_id: partnerId,
      owner: partyKey(country, party),
      object_key: key,
      ...values,
    })
    // Looked at once more, what was taken back stays so.
    .onConflict((conflict) =>
      conflict
        .columns(['partner_id', 'owner', 'object_key'])
        .doUpdateSet(values)
        .where('cdr_verdict.state', '<>', 'credited'),
    )
    .execute();
};

const text = (tree: JsonTree, field: string): string | undefined => {
  const value = tree[field];
  return typeof value === 'string' ? value : undefined;
};

/** The time zone of the location that a CDR is of, where its operator showed it. */
const zoneOf = async (db: Db, place: PeerPlace, cdr: JsonTree): Promise<string | undefined> => {
  const at = cdr['cdr_location'] as JsonTree | undefined;
  const id = at && text(at, 'id');
  if (id === undefined) return undefined;
  const location = await findPeer(db, { ...place, module: 'locations', key: idKey(id) });
  return location && text(location.tree, 'time_zone');
};

const verdictOf = (db: Db, { partnerId, country, party, key }: PeerPlace) =>
  db
    .selectFrom('cdr_verdict')
    .select(['state', 'credited_by'])
    .where('partner_id', '=', partnerId)
    .where('owner', '=', partyKey(country, party))
    .where('object_key', '=', key)
    .executeTakeFirst();

/** Takes a credit: it ends the CDR that it names, once, if it is that one's mirror. */
const takeCredit = async (db: Db, place: PeerPlace, tree: JsonTree, nowMs: number): Promise<State> => {
  const reference = text(tree, 'credit_reference_id') ?? '';
  const original = { ...place, key: idKey(reference) };
  const known = await findPeer(db, original);
  const [credit, credited] = [parseCdr(tree), known && parseCdr(known.tree)];
  if (!credit.ok) return 'not-ratable';
  const creditedBy = (await verdictOf(db, original))?.credited_by ?? place.key;
  const fault =
    creditedBy === place.key
      ? creditFault(credit.value, credited?.ok === true ? credited.value : undefined)
      : { field: 'credit_reference_id', declared: reference, computed: `${creditedBy} took it back before` };
  const state = fault === undefined ? 'credit' : 'different';
  await keep(db, place, state, fault === undefined ? [] : [fault], undefined, nowMs, original.key);
  if (fault === undefined) {
    await db
      .updateTable('cdr_verdict')
      .set({ state: 'credited', credited_by: place.key })
      .where('partner_id', '=', original.partnerId)
      .where('owner', '=', partyKey(original.country, original.party))
      .where('object_key', '=', original.key)
      .execute();
  }
  return state;
};

/** Credits that came before the CDR that they name are looked at once more. */
const lookAgain = async (
  db: Db,
  { partnerId, country, party, key }: PeerPlace,
  nowMs: number,
): Promise<void> => {
  const owner = partyKey(country, party);
  const rows = await db
    .selectFrom('cdr_verdict')
    .select('object_key')
    .where('partner_id', '=', partnerId)
    .where('owner', '=', owner)
    .where('credits_key', '=', key)
    .where('state', '=', 'different')
    .execute();
  for (const { object_key } of rows)
    await db
      .insertInto('inbox')
      .values({
        ...{ partner_id: partnerId, module: 'cdrs', owner, object_key },
        ...{ attempts: 0, next_at_ms: nowMs, fault: null },
      })
      .execute();
};

/** Rates a CDR that a partner told, and keeps what our engine says of it. */
export const takeCdr = async (
  db: Db,
  place: PeerPlace,
  tree: JsonTree,
  nowMs: number,
): Promise<{ readonly state: State; readonly verdict?: Verdict }> => {
  if (tree['credit'] === true) return { state: await takeCredit(db, place, tree, nowMs) };
  const verdict = judgeCdr(tree, await zoneOf(db, place, tree));
  const differences = verdict.state === 'equal' ? [] : verdict.differences;
  const lines = verdict.state === 'not-ratable' ? undefined : verdict.lines;
  await keep(db, place, verdict.state, differences, lines, nowMs);
  await lookAgain(db, place, nowMs);
  return { state: verdict.state, verdict };
};
