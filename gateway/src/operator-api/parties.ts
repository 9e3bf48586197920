import { disputeRecord, invoiceRecord, paymentRecord } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { RecordKind } from './command-rules.ts';

export interface Parties {
  /** Utilities whose organisations must endorse changes of the record. */
  readonly utilityIds: readonly string[];
  readonly agreementId?: string;
}

type Db = Kysely<GatewayDb>;

const readers: Readonly<Record<RecordKind, (db: Db, id: string) => Promise<Parties | undefined>>> = {
  invoice: async (db, id) => {
    const row = await db
      .selectFrom('invoice')
      .select('record')
      .where('invoice_id', '=', id)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { vun, hun, agreementId } = invoiceRecord.parse(row.record);
    return { utilityIds: [vun, hun], agreementId };
  },
  dispute: async (db, id) => {
    const row = await db
      .selectFrom('dispute')
      .select('record')
      .where('dispute_id', '=', id)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { vun, hun, agreementId } = disputeRecord.parse(row.record);
    return { utilityIds: [vun, hun], agreementId };
  },
  payment: async (db, id) => {
    const row = await db
      .selectFrom('payment')
      .select('record')
      .where('payment_id', '=', id)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const { payer, payee } = paymentRecord.parse(row.record);
    return { utilityIds: [payer, payee] };
  },
};

/** Whose a record of the read model is; nothing when it is not there. */
export const partiesIn = (db: Db, kind: RecordKind, id: string): Promise<Parties | undefined> =>
  readers[kind](db, id);
