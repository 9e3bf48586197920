import type { Cdr } from '@roamgrid/wire';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import { sql } from 'kysely';
import { periodEndMs, periodStartMs } from '../accounting/period.ts';
import type { Db, Trx } from '../store/database.ts';

/** A session at an own station that stands on the ledger. */
export interface SessionHere {
  readonly cdr: Cdr;
  readonly stationId: string;
}

/**
 * Notes the share of a session's infrastructure provider, once: whose station it is, by the registry. Nothing of the
 * driver, the home utility or what others got goes with it.
 */
export const noteShares = async (
  trx: Trx,
  registry: Pick<IssuerRegistry, 'station'>,
  sessions: readonly SessionHere[],
): Promise<void> => {
  for (const { cdr, stationId } of sessions) {
    const station = await registry.station(cdr.vun, stationId);
    await trx
      .insertInto('provider_share')
      .values({
        session_id: cdr.sessionId,
        provider_id: station?.infrastructureProvider ?? null,
        station_id: stationId,
        currency: cdr.currency,
        start_ms: cdr.startMs,
        end_ms: cdr.endMs,
        energy_wh: cdr.energyWh,
        micros: cdr.shares.infrastructure,
      })
      .onConflict((conflict) => conflict.column('session_id').doNothing())
      .execute();
  }
};

/** Sessions of one page of a statement. */
export const STATEMENT_PAGE = 500;

/** A provider's sessions that ended in a period, oldest first, from a session on; and the sums of the whole period. */
export const statementOf = async (db: Db, providerId: string, periodId: string, after: string) => {
  const inPeriod = db
    .selectFrom('provider_share')
    .where('provider_id', '=', providerId)
    .where('end_ms', '>=', periodStartMs(periodId))
    .where('end_ms', '<', periodEndMs(periodId));
  const sums = await inPeriod
    .select([
      'currency',
      sql<number>`count(*)::int`.as('sessions'),
      sql<bigint>`sum(energy_wh)::bigint`.as('energyWh'),
      sql<bigint>`sum(micros)::bigint`.as('shareMicros'),
    ])
    .groupBy('currency')
    .orderBy('currency')
    .execute();
  const sessions = await inPeriod
    .select([
      'session_id as sessionId',
      'station_id as stationId',
      'currency',
      'start_ms as startMs',
      'end_ms as endMs',
      'energy_wh as energyWh',
      'micros as shareMicros',
    ])
    .$if(after !== '', (query) =>
      query.where(
        sql<boolean>`(end_ms, session_id) > (select s.end_ms, s.session_id from provider_share s where s.session_id = ${after})`,
      ),
    )
    .orderBy('end_ms')
    .orderBy('session_id')
    .limit(STATEMENT_PAGE)
    .execute();
  const last = sessions.length === STATEMENT_PAGE ? sessions.at(-1) : undefined;
  return { providerId, periodId, sums, sessions, ...(last === undefined ? {} : { cursor: last.sessionId }) };
};
