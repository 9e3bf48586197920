import { parseSettled, sessionCloseBody, signingMeterKey, type Settled } from '@roamgrid/wire';
import { sql } from 'kysely';
import { z } from 'zod';
import { storedTree } from '../../objects/modules.ts';
import type { PartnerCreditTable } from '../../store/partner-credits.ts';
import type { Db } from '../../store/schema.ts';
import { rateClose } from '../rate-close.ts';
import type { Machines } from '../stand-in/machines.ts';
import { Later } from './begin.ts';
import { billDifferences, compareWithCdr } from './compare.ts';
import { outletOf, type PartnerOutlet, type StationsContext } from './context.ts';
import type { Charged } from './facts.ts';
import { revisedClose } from './revision.ts';
import { registerOf, saveRegister, saveSession, type SessionRow } from './rows.ts';
import { toldOf } from './told.ts';

/** Why a CDR that follows another of its session is nobody's; undefined where it takes the other's place. */
export type Left = { readonly code: 'second-cdr' | 'after-credit'; readonly detail: string } | undefined;

/** Whether a credit for the session's CDR was told, and waits to be dealt with. */
const isCreditInInbox = async (db: Db, { partner_id, owner, cdr_key }: SessionRow): Promise<boolean> => {
  const row = await db
    .selectFrom('inbox')
    .innerJoin('peer_object as o', (join) =>
      join
        .onRef('o.partner_id', '=', 'inbox.partner_id')
        .onRef('o.module', '=', 'inbox.module')
        .onRef('o.owner', '=', 'inbox.owner')
        .onRef('o.object_key', '=', 'inbox.object_key'),
    )
    .select('inbox.seq')
    .where('inbox.partner_id', '=', partner_id)
    .where('inbox.module', '=', 'cdrs')
    .where('inbox.owner', '=', owner)
    .where(sql<boolean>`upper(o.body::jsonb ->> 'credit_reference_id') = ${cdr_key}`)
    .executeTakeFirst();
  return row !== undefined;
};

const creditOf = (
  db: Db,
  { partner_id, owner, cdr_key }: SessionRow,
): Promise<PartnerCreditTable | undefined> =>
  db
    .selectFrom('partner_credit')
    .selectAll()
    .where('partner_id', '=', partner_id)
    .where('owner', '=', owner)
    .where('cdr_key', '=', cdr_key ?? '')
    .where('state', 'in', ['waiting', 'taken'])
    .executeTakeFirst();

/** What the ledger will make of it, beside what the CDR states. */
const differencesOf = async (
  { door }: StationsContext,
  machines: Machines,
  { partner_id, owner }: SessionRow,
  cdrKey: string,
  settled: Settled,
): Promise<string | null> => {
  const { db, settings } = door;
  const cdr = await db
    .selectFrom('peer_object')
    .select('body')
    .where('partner_id', '=', partner_id)
    .where('module', '=', 'cdrs')
    .where('owner', '=', owner)
    .where('object_key', '=', cdrKey)
    .executeTakeFirst();
  if (cdr === undefined) return null;
  const { quote, openedAtMs } = settled.open;
  const { station } = await machines.station(quote.stationId, settings.utilityId);
  const keys = station.evses.find(({ evseId }) => evseId === quote.evseId)?.meterKeys ?? [];
  const meteredBy = signingMeterKey(settled.close.statement, keys, openedAtMs)?.signedBy ?? 'operator';
  const rated = await rateClose(machines, quote.agreementId, {
    laneSequence: 1,
    quote,
    meteredBy,
    ...settled.close,
  });
  return JSON.stringify(billDifferences(storedTree(cdr.body), rated));
};

const settledOf = async (machines: Machines, sessionId: string): Promise<Settled> => {
  const { settledBody } = await machines.evidence(sessionId);
  if (settledBody === undefined)
    throw new Later('SESSION_BODY_MISSING: the gateway has no body of the session');
  return parseSettled(settledBody);
};

const revise = async (
  context: StationsContext,
  machines: Machines,
  {
    row,
    credit,
    outlet,
    charged,
    cdrKey,
  }: {
    readonly row: SessionRow;
    readonly credit: PartnerCreditTable;
    readonly outlet: PartnerOutlet;
    readonly charged: Charged;
    readonly cdrKey: string;
  },
): Promise<Left> => {
  const { door, clock } = context;
  const { db, nowMs } = door;
  const told = toldOf(row.told ?? 'null');
  const { fromMilliWh, tariffText } = told;
  const settled = await settledOf(machines, told.sessionId);
  const register = await registerOf(db, outlet.operatorMeter.meterId);
  const page = Number(register.page) + 1;
  const close = revisedClose(outlet, settled, {
    milliWh: charged.milliWh > fromMilliWh ? charged.milliWh - fromMilliWh : 0n,
    untilMs: clock.gatewayAt(charged.atMs),
    ...{ tariffText, page },
  });
  if (close === 'of-a-meter')
    return { code: 'after-credit', detail: `a meter signed what ${row.cdr_key ?? ''} was billed by` };
  const text = close === 'not-less' ? null : JSON.stringify(z.encode(sessionCloseBody, close));
  const differences =
    close === 'not-less' ? null : await differencesOf(context, machines, row, cdrKey, { ...settled, close });
  await db.transaction().execute(async (trx) => {
    const how =
      text === null
        ? {
            ...({ state: 'nothing', code: 'replaced' } as const),
            detail: `${cdrKey} states no less energy: the bill stands`,
          }
        : { close: text, next_at_ms: nowMs() };
    await trx
      .updateTable('partner_credit')
      .set(how)
      .where('partner_id', '=', credit.partner_id)
      .where('owner', '=', credit.owner)
      .where('object_key', '=', credit.object_key)
      .execute();
    await saveSession(trx, { ...row, cdr_key: cdrKey, differences });
    if (text === null) await compareWithCdr(trx, row);
    else await saveRegister(trx, { ...register, page: BigInt(page) });
  });
  return undefined;
};

/**
 * Takes a CDR that follows another one of its session: after a credit it takes that one's place, as another close of the session
 * where it states less; without a credit, or after the ledger was told of it, it is nobody's.
 */
export const takeCorrected = async (
  context: StationsContext,
  row: SessionRow,
  charged: Charged,
  cdrKey: string,
): Promise<Left> => {
  const { db } = context.door;
  const { machines } = context;
  const second = { code: 'second-cdr', detail: `the session ended by ${row.cdr_key ?? ''}` } as const;
  if (await isCreditInInbox(db, row)) throw new Later('CREDIT_WAITS: the credit before it is not taken yet');
  const credit = await creditOf(db, row);
  if (credit === undefined) return second;
  const outlet = outletOf(context, row.evse_id);
  const isLate = credit.state === 'taken' || credit.close !== null;
  if (isLate || machines === undefined || outlet === undefined)
    return { code: 'after-credit', detail: `the ledger was told of the credit ${credit.object_key} before` };
  return revise(context, machines, { row, credit, outlet, charged, cdrKey });
};
