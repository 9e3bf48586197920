import type { Bill, DriverBill } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';

/** Session ids in one question. */
const AT_ONCE = 500;

type Line = DriverBill['lines'][number];

/**
 * How full the car was, by session: what the station told both utilities at the start and at the end. Nothing of a session
 * whose car did not tell, or whose notes are not here yet or purged.
 */
const batteryOf = async (
  db: Kysely<GatewayDb>,
  lines: Bill['lines'],
): Promise<ReadonlyMap<string, Required<Line>['soc']>> => {
  const found = new Map<string, Required<Line>['soc']>();
  for (let from = 0; from < lines.length; from += AT_ONCE) {
    const some = lines.slice(from, from + AT_ONCE);
    const notes = await db
      .selectFrom('session_note')
      .select(['session_id', 'sequence', 'at_ms', 'soc_ppm'])
      .where(
        'session_id',
        'in',
        some.map(({ sessionId }) => sessionId),
      )
      .where('soc_ppm', 'is not', null)
      .orderBy('sequence')
      .execute();
    for (const { sessionId, endMs } of some) {
      const own = notes.filter(({ session_id }) => session_id === sessionId);
      const beginPpm = own.find(({ sequence }) => sequence === 0)?.soc_ppm;
      const endPpm = own.findLast(({ sequence, at_ms }) => sequence > 0 && Number(at_ms) >= endMs)?.soc_ppm;
      if (typeof beginPpm === 'number' && typeof endPpm === 'number')
        found.set(sessionId, { beginPpm, endPpm });
    }
  }
  return found;
};

/** Bills as the driver sees them. */
export const withBattery = async (
  db: Kysely<GatewayDb>,
  bills: readonly Bill[],
): Promise<readonly DriverBill[]> => {
  const known = await batteryOf(
    db,
    bills.flatMap(({ lines }) => lines),
  );
  return bills.map((bill) => ({
    ...bill,
    lines: bill.lines.map((line) => {
      const soc = known.get(line.sessionId);
      return { ...line, ...(soc && { soc }) };
    }),
  }));
};
