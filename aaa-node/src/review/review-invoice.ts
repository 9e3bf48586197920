import { laneParts, type InvoiceBody } from '@roamgrid/wire';
import type { Db } from '../store/database.ts';

/** What the review of an invoice came to; `in-part`: accepted but for the records that are named. */
export interface Review {
  readonly outcome: 'accepted' | 'in-part' | 'refused' | 'waiting';
  readonly reasons: readonly string[];
}

/** Reasons kept of one review. */
export const MAX_REASONS = 50;

/**
 * Checks an invoice as a whole against the records that this node took in itself. `waiting`: some have not come yet. A record that
 * is held is owed all the same, because this utility's own peer endorsed it: it is named among the reasons, waits on the
 * account of what was held back, and holds no other record up.
 */
export const reviewInvoice = async (db: Db, utilityId: string, body: InvoiceBody): Promise<Review> => {
  const lane = laneParts(body.laneId);
  if (body.hun !== utilityId || lane.hun !== body.hun || lane.vun !== body.vun)
    return { outcome: 'refused', reasons: ['the invoice is for another utility or of another pair’s lane'] };
  const rows = await db
    .selectFrom('cdr')
    .selectAll()
    .where('lane_id', '=', body.laneId)
    .where('lane_sequence', '>=', body.fromSequence)
    .where('lane_sequence', '<=', body.toSequence)
    .execute();
  const expected = body.toSequence - body.fromSequence + 1;
  if (rows.length < expected) {
    const reasons = [`${expected - rows.length} of ${expected} charge records are not here yet`];
    return { outcome: 'waiting', reasons };
  }
  const sum = (pick: (row: (typeof rows)[number]) => bigint): bigint =>
    rows.reduce((total, row) => total + pick(row), 0n);
  const sums: readonly (readonly [string, bigint, bigint])[] = [
    ['sessions', BigInt(rows.length), BigInt(body.sessions)],
    ['energy', sum((row) => row.energy_wh), body.energyWh],
    ['total', sum((row) => row.total_micros), body.totalMicros],
    ['home share', sum((row) => row.hun_micros), body.shares.hun],
    ['visited share', sum((row) => row.vun_micros), body.shares.vun],
    ['infrastructure share', sum((row) => row.infrastructure_micros), body.shares.infrastructure],
    ['driver share', sum((row) => row.driver_micros), body.shares.driver],
    ['payable', sum((row) => row.vun_micros + row.infrastructure_micros), body.payableMicros],
  ];
  const reasons = [
    ...rows
      .filter(({ currency }) => currency !== body.currency)
      .map((row) => `record ${row.session_id} is in ${row.currency}`),
    ...sums
      .filter(([, ours, theirs]) => ours !== theirs)
      .map(([what, ours, theirs]) => `${what}: ${theirs} on the invoice, ${ours} in the records`),
  ];
  const held = rows
    .filter(({ verdict }) => verdict === 'held')
    .map((row) => `record ${row.session_id} is held: ${row.reasons.join('; ')}`);
  return reasons.length === 0
    ? { outcome: 'accepted', reasons: held.slice(0, MAX_REASONS) }
    : { outcome: 'refused', reasons: reasons.slice(0, MAX_REASONS) };
};
