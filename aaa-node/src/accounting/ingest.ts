import { cdr as cdrSchema, parseSessionId, type Cdr } from '@roamgrid/wire';
import { sql } from 'kysely';
import { settleHold } from '../hcp/accounts.ts';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db, Trx } from '../store/database.ts';
import { bookExposure } from '../vcp/life.ts';
import { checkCdr, type FeedItem } from './check-cdr.ts';
import { book, ledgerAccount } from './journal.ts';

const PAGE = 200;

export interface IngestOptions {
  readonly db: Db;
  readonly gateway: GatewayClient;
  readonly utilityId: string;
  readonly nowMs: () => number;
}

/** Books a record: the customer owes the total less its own share, the partner and the utility get theirs. */
const post = async (trx: Trx, { cdr }: FeedItem, accountId: string, nowMs: number): Promise<void> => {
  const { hun, vun, infrastructure, driver } = cdr.shares;
  const customer = ledgerAccount.customer(accountId);
  const booked = await book(trx, {
    entryId: `cdr:${cdr.sessionId}`,
    kind: 'cdr',
    currency: cdr.currency,
    bookedAtMs: nowMs,
    lines: [
      { ledgerAccount: customer, micros: cdr.totalMicros },
      { ledgerAccount: customer, micros: -driver },
      { ledgerAccount: ledgerAccount.payable(cdr.vun), micros: -(vun + infrastructure) },
      { ledgerAccount: ledgerAccount.revenue, micros: -hun },
    ],
  });
  if (!booked) return;
  await trx
    .updateTable('account')
    .set({ balance_micros: sql<bigint>`balance_micros - ${cdr.totalMicros - driver}` })
    .where('account_id', '=', accountId)
    .execute();
};

/** From now on the session takes its total of the profile, whether or not its opening had been told here. */
const bookKept = async (trx: Trx, cdr: Cdr, profileId: string, nowMs: number): Promise<void> => {
  const booked = { state: 'booked', micros: cdr.totalMicros } as const;
  await trx
    .insertInto('kept_session')
    .values({
      session_id: cdr.sessionId,
      profile_id: profileId,
      hold_id: null,
      signed_quote: null,
      open_body: null,
      expires_at_ms: nowMs,
      ...booked,
    })
    .onConflict((conflict) => conflict.column('session_id').doUpdateSet(booked))
    .execute();
};

/** Takes one record in, once: checked, then booked or held. A held one waits for a person or a dispute. */
const takeIn = async (trx: Trx, utilityId: string, item: FeedItem, nowMs: number): Promise<void> => {
  const { cdr } = item;
  const check = await checkCdr(trx, utilityId, item);
  const name = parseSessionId(cdr.sessionId);
  if (!name.ok) throw new Error(name.error.message);
  const verdict = check.reasons.length === 0 ? 'posted' : 'held';
  const { numInsertedOrUpdatedRows = 0n } = await trx
    .insertInto('cdr')
    .values({
      session_id: cdr.sessionId,
      vun: cdr.vun,
      lane_id: name.value.laneId,
      lane_sequence: cdr.laneSequence,
      cin_ref: item.cinRef,
      customer_id: check.customerId ?? null,
      authorised_by: item.authorisedBy,
      consent_by: item.consentBy,
      profile_id: item.profileId ?? null,
      currency: cdr.currency,
      total_micros: cdr.totalMicros,
      hun_micros: cdr.shares.hun,
      vun_micros: cdr.shares.vun,
      infrastructure_micros: cdr.shares.infrastructure,
      driver_micros: cdr.shares.driver,
      energy_wh: cdr.energyWh,
      start_ms: cdr.startMs,
      end_ms: cdr.endMs,
      body: JSON.stringify(cdrSchema.encode(cdr)),
      verdict,
      reasons: JSON.stringify(check.reasons),
      bill_id: null,
    })
    .onConflict((conflict) => conflict.column('session_id').doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 0n || verdict === 'held' || check.accountId === undefined) return;
  await post(trx, item, check.accountId, nowMs);
  if (check.holdId !== undefined) await settleHold(trx, check.holdId);
  if (item.authorisedBy === 'home') {
    await trx
      .updateTable('home_session')
      .set({ state: 'billed' })
      .where('vun', '=', cdr.vun)
      .where('session_id', '=', cdr.sessionId)
      .execute();
  } else if (item.profileId !== undefined) await bookKept(trx, cdr, item.profileId, nowMs);
};

/**
 * Reads the gateway's feed of committed records. A page's rows and the cursor behind it are one transaction, so that a
 * crash at any point neither loses nor doubles a record.
 */
export const createIngest = ({ db, gateway, utilityId, nowMs }: IngestOptions) => {
  const readFeed = async (
    role: 'hun' | 'vun',
    take: (trx: Trx, items: readonly FeedItem[]) => Promise<void>,
  ): Promise<number> => {
    const feed = `cdrs:${role}`;
    const at = await db.selectFrom('feed').select('cursor').where('feed', '=', feed).executeTakeFirst();
    const page = await gateway.cdrs(role, at?.cursor ?? '', PAGE);
    if (page.cursor === at?.cursor && page.items.length === 0) return 0;
    await db.transaction().execute(async (trx) => {
      await take(trx, page.items);
      await trx
        .insertInto('feed')
        .values({ feed, cursor: page.cursor })
        .onConflict((conflict) => conflict.column('feed').doUpdateSet({ cursor: page.cursor }))
        .execute();
    });
    return page.items.length;
  };
  const readAll = async (role: 'hun' | 'vun', take: Parameters<typeof readFeed>[1]): Promise<void> => {
    while ((await readFeed(role, take)) === PAGE);
  };
  return {
    /** Books what this utility's customers used elsewhere. */
    home: serially(() =>
      readAll('hun', async (trx, items) => {
        for (const item of items) await takeIn(trx, utilityId, item, nowMs());
      }),
    ),
    /** What visitors used here stands on the ledger: their profiles are used up by the totals now, not by the caps. */
    visited: serially(() =>
      readAll('vun', (trx, items) =>
        bookExposure(
          trx,
          items.map(({ cdr }) => cdr),
        ),
      ),
    ),
  };
};

export type Ingest = ReturnType<typeof createIngest>;
