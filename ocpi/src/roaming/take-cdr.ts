import { parseCdr, type Difference } from '@roamgrid/domain';
import type { JsonTree } from '../objects/read.ts';
import { idKey } from '../objects/scalars.ts';
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
): Promise<void> => {
  const values = {
    state,
    differences: JSON.stringify(differences),
    rated: lines === undefined ? null : JSON.stringify(lines),
    judged_at_ms: nowMs,
  };
  await db
    .insertInto('cdr_verdict')
    .values({
      partner_id: partnerId,
      owner: `${country}${party}`.toUpperCase(),
      object_key: key,
      ...values,
    })
    .onConflict((conflict) => conflict.columns(['partner_id', 'owner', 'object_key']).doUpdateSet(values))
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

/** Takes a credit: it ends the CDR that it names, if it is that one's mirror. */
const takeCredit = async (db: Db, place: PeerPlace, tree: JsonTree, nowMs: number): Promise<State> => {
  const reference = text(tree, 'credit_reference_id') ?? '';
  const original = { ...place, key: idKey(reference) };
  const known = await findPeer(db, original);
  const [credit, credited] = [parseCdr(tree), known && parseCdr(known.tree)];
  if (!credit.ok) return 'not-ratable';
  const fault = creditFault(credit.value, credited?.ok === true ? credited.value : undefined);
  const state = fault === undefined ? 'credit' : 'different';
  await keep(db, place, state, fault === undefined ? [] : [fault], undefined, nowMs);
  if (fault === undefined) {
    await db
      .updateTable('cdr_verdict')
      .set({ state: 'credited' })
      .where('partner_id', '=', original.partnerId)
      .where('owner', '=', `${original.country}${original.party}`.toUpperCase())
      .where('object_key', '=', original.key)
      .execute();
  }
  return state;
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
  return { state: verdict.state, verdict };
};
