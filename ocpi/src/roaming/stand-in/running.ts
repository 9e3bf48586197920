import { formatDecimal } from '@roamgrid/domain';
import { LastUsed, type PartnerSession } from '@roamgrid/wire';
import type { Door } from '../../door.ts';
import { publishWithin } from '../../modules/publish.ts';
import type { JsonTree } from '../../objects/read.ts';
import { dateTimeOf, idKey, numberOf } from '../../objects/scalars.ts';
import { findOwn } from '../../store/own-objects.ts';
import { findPeer } from '../../store/peer-objects.ts';
import type { StandInCardTable, StandInSessionTable } from '../../store/schema.ts';
import { authorisedBy, placedAt, yesOf, type PartnersYes } from './common-facts.ts';
import type { Machines } from './machines.ts';
import { findShownOutlet, type ShownOutlet } from './own-outlet.ts';
import { runningCost } from './running-cost.ts';
import { tokenPlaceOf } from './token-place.ts';

const WH_PLACES = 3;
const TARIFFS_KEPT = 100;
const AT_ONCE = 100;
/** The last record that counts may be on its way. */
const LAST_RECORD_MS = 3_600_000;

interface Running {
  readonly session: PartnerSession;
  readonly card: StandInCardTable;
  readonly row: StandInSessionTable | undefined;
}

interface ToldSoFar {
  readonly session: PartnerSession;
  readonly token: JsonTree;
  readonly yes: PartnersYes | undefined;
  readonly outlet: ShownOutlet;
  readonly cost: JsonTree | undefined;
}

/** Spec: OCPI 2.2.1 mod_sessions Session, while it goes on: the bill is the CDR alone. */
const sessionSoFar = (
  { self, nowMs }: Pick<Door, 'self' | 'nowMs'>,
  { session, token, yes, outlet, cost }: ToldSoFar,
): JsonTree => ({
  country_code: self.country,
  party_id: self.party,
  id: session.sessionId,
  start_date_time: dateTimeOf(session.openedAtMs),
  kwh: numberOf(formatDecimal(session.report?.energyWh ?? 0n, WH_PLACES)),
  ...authorisedBy(token, yes),
  ...placedAt(outlet),
  currency: session.currency,
  ...(cost && { total_cost: cost }),
  status: 'ACTIVE',
  last_updated: dateTimeOf(nowMs()),
});

/**
 * Tells partners the sessions of their customers while they run: whole when one begins, and then what moved, at most once in
 * `times.progress`. What the AAA node heard is told; when it is over the ledger's record says.
 */
export const createRunningTeller = (door: Door, machines: Machines) => {
  const { db, settings, nowMs, log } = door;
  const tariffs = new LastUsed<string, string>(TARIFFS_KEPT);

  const tariffJsonOf = async ({ tariffId, tariffVersion }: PartnerSession): Promise<string> => {
    const key = `${tariffId} ${tariffVersion}`;
    const known = tariffs.get(key);
    if (known !== undefined) return known;
    const { tariff } = await machines.tariff(tariffId, tariffVersion);
    tariffs.set(key, tariff.tariffJson);
    return tariff.tariffJson;
  };

  /** Of a page, the sessions of cards that are known here and of which something is to be told. */
  const dueOf = async (page: readonly PartnerSession[]): Promise<readonly Running[]> => {
    if (page.length === 0) return [];
    const refs = page.map(({ cinRef }) => cinRef);
    const ids = page.map(({ sessionId }) => sessionId);
    const [cards, rows] = await Promise.all([
      db.selectFrom('stand_in_card').selectAll().where('cin_ref', 'in', refs).execute(),
      db.selectFrom('stand_in_session').selectAll().where('session_id', 'in', ids).execute(),
    ]);
    const cardOf = new Map(cards.map((card) => [card.cin_ref, card]));
    const rowOf = new Map(rows.map((row) => [row.session_id, row]));
    return page.flatMap((session) => {
      const [card, row] = [cardOf.get(session.cinRef), rowOf.get(session.sessionId)];
      return card !== undefined && isDue(session, row) ? [{ session, card, row }] : [];
    });
  };

  const isDue = ({ report }: PartnerSession, row: StandInSessionTable | undefined): boolean => {
    if (row === undefined || row.state === 'asked') return true;
    if (row.state === 'over' || report === undefined || report.sequence <= row.sequence) return false;
    return nowMs() >= row.told_at_ms + settings.times.progress;
  };

  const tell = async ({ session, card, row }: Running): Promise<void> => {
    const token = await findPeer(db, tokenPlaceOf(card));
    const outlet = await findShownOutlet(db, session.evseId);
    if (token === undefined || outlet === undefined) return;
    const { report } = session;
    const cost = report && runningCost(await tariffJsonOf(session), report.runningMicros);
    const value = sessionSoFar(door, { session, token: token.tree, yes: yesOf(row), outlet, cost });
    // A price that is no longer known is taken back with the whole object.
    const isBegun = row?.state === 'running' && cost !== undefined;
    const now = {
      state: 'running' as const,
      sequence: report?.sequence ?? 0,
      told_at_ms: nowMs(),
      counts_until_ms: session.countsUntilMs,
    };
    await db.transaction().execute(async (trx) => {
      const shown = await publishWithin(
        trx,
        door,
        'sessions',
        value,
        card.partner_id,
        isBegun ? 'PATCH' : 'PUT',
      );
      if (!shown.ok) throw new Error(`OBJECT_INVALID: sessions: ${shown.error}`);
      await trx
        .insertInto('stand_in_session')
        .values({
          ...{ session_id: session.sessionId, cin_ref: session.cinRef, asked_at_ms: null, reference: null },
          ...now,
        })
        .onConflict((conflict) => conflict.column('session_id').doUpdateSet(now))
        .execute();
    });
  };

  /** Sessions of which no record can come any more never were: nothing is billed for them. */
  const tellLost = async (): Promise<void> => {
    const rows = await db
      .selectFrom('stand_in_session')
      .innerJoin('stand_in_card', 'stand_in_card.cin_ref', 'stand_in_session.cin_ref')
      .select(['session_id', 'partner_id'])
      .where('stand_in_session.state', '=', 'running')
      .where('counts_until_ms', '<', nowMs() - LAST_RECORD_MS)
      .where(({ exists, not, selectFrom }) =>
        not(
          exists(
            selectFrom('cdr_out')
              .select('cdr_out.session_id')
              .whereRef('cdr_out.session_id', '=', 'stand_in_session.session_id'),
          ),
        ),
      )
      .limit(AT_ONCE)
      .execute();
    for (const { session_id: sessionId, partner_id: partnerId } of rows)
      await db.transaction().execute(async (trx) => {
        const told = await findOwn(trx, 'sessions', partnerId, idKey(sessionId));
        if (told !== undefined) {
          const value = { ...told, status: 'INVALID', last_updated: dateTimeOf(nowMs()) };
          await publishWithin(trx, door, 'sessions', value, partnerId);
        }
        const over = { state: 'over' as const, told_at_ms: nowMs() };
        await trx.updateTable('stand_in_session').set(over).where('session_id', '=', sessionId).execute();
      });
  };

  return async (): Promise<void> => {
    let after: string | undefined = '';
    while (after !== undefined) {
      const { items, next }: Awaited<ReturnType<Machines['running']>> = await machines.running(after);
      for (const running of await dueOf(items))
        await tell(running).catch((thrown: unknown) => {
          log.info(
            { err: thrown, sessionId: running.session.sessionId },
            'a partner was not told how it goes',
          );
        });
      after = next;
    }
    await tellLost();
  };
};
