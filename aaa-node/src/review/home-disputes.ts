import { kitError, type CallResult, type Logger } from '@roamgrid/service-kit';
import type { DisputeRecord, ShownDispute } from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';
import { serially } from '../serially.ts';
import type { Db } from '../store/database.ts';
import { createLateDisputes } from './late-disputes.ts';
import { follow } from './outcomes.ts';
import type { Patience } from './patience.ts';
import { periodNow } from './period-now.ts';
import { createRunningDisputes } from './running-disputes.ts';

export interface HomeDisputesContext {
  readonly db: Db;
  readonly gateway: Pick<
    GatewayClient,
    | 'agreement'
    | 'dispute'
    | 'disputeChanges'
    | 'creditBySilence'
    | 'supplement'
    | 'creditNote'
    | 'disputeRecords'
    | 'invoiceWith'
  >;
  readonly patience: Patience;
  readonly nowMs: () => number;
  readonly log: Logger;
}

const SAID = {
  note: 'what a late dispute takes off is a credit note',
  supplement: 'what a dispute came to is on an invoice of its own',
  silence: 'the visited utility was silent: the record is credited',
} as const;

/** What home says next: a revised record is what it asked for, and owed at once; one that is upheld is the operator's to look at. */
const nextOf = ({ state, late }: DisputeRecord): keyof typeof SAID | undefined => {
  if (state === 'disputed') return 'silence';
  if (state === 'revised') return late === true ? 'note' : 'supplement';
  return state === 'credited' && late === true ? 'note' : undefined;
};

/** Disputes that are not over in home's books. */
const leftOpen = async (db: Db): Promise<readonly string[]> => {
  const rows = await db
    .selectFrom('record_dispute')
    .select('dispute_id')
    .where('state', 'not in', ['raised', 'credited', 'settled'])
    .execute();
  return rows.flatMap(({ dispute_id: id }) => id ?? []);
};

const disputeIn = (told: CallResult<{ readonly dispute: ShownDispute }>): CallResult<ShownDispute> =>
  told.ok ? { ...told, value: told.value.dispute } : told;

/** Home's side of disputes: follows the ledger, and says what is to be said when the other side's time is over. */
export const createHomeDisputes = ({ db, gateway, patience, nowMs, log }: HomeDisputesContext) => {
  const running = createRunningDisputes({
    db,
    gateway,
    patience,
    log,
    role: 'hun',
    leftOpen: () => leftOpen(db),
  });
  /** Those that are in the books as they are. */
  const taken = new WeakSet<ShownDispute>();

  const take = async (dispute: ShownDispute): Promise<void> => {
    await db.transaction().execute((trx) => follow(trx, dispute, nowMs()));
    taken.add(dispute);
    if (nextOf(dispute.record) === undefined) running.drop(dispute);
    else running.put(dispute);
  };

  const supplement = async (record: DisputeRecord): Promise<CallResult<ShownDispute>> =>
    disputeIn(await gateway.supplement(record.disputeId, await periodNow(gateway, record, nowMs())));

  const say = {
    note: async (record: DisputeRecord) =>
      disputeIn(await gateway.creditNote(record.disputeId, await periodNow(gateway, record, nowMs()))),
    supplement,
    silence: ({ disputeId }: DisputeRecord) => gateway.creditBySilence(disputeId),
  };

  const step = async (dispute: ShownDispute): Promise<void> => {
    const { record, silentUntilMs = Number.POSITIVE_INFINITY } = dispute;
    const of = { id: record.disputeId, mark: record.version.toString() };
    const matter = { ...of, partner: record.vun };
    // Over long ago, and its bodies are purged.
    if (dispute.body === undefined && nextOf(record) === undefined) {
      running.drop(dispute);
      return;
    }
    if (!taken.has(dispute)) {
      if (!patience.isDue({ ...of, partner: '' })) return;
      await take(dispute);
    }
    const next = nextOf(record);
    if (next === undefined || (next === 'silence' && nowMs() <= silentUntilMs)) return;
    if (!patience.isDue(matter)) return;
    const told = await say[next](record);
    patience.note(matter, told, SAID[next]);
    if (told.ok) await take(told.value);
  };

  const late = createLateDisputes({ db, gateway, patience, nowMs });

  return {
    /** A person contests a record, before its invoice comes or after it was accepted. */
    contest: late.contest,
    /**
     * The visited utility takes its record back: home contests it, and is answered. One that is disputed already is answered so.
     * @throws ServiceError as {@link contest}; FORBIDDEN for a record of another utility's station
     */
    takenBack: async (vun: string, sessionId: string, statement: string): Promise<void> => {
      const row = await db
        .selectFrom('cdr')
        .leftJoin('record_dispute', 'record_dispute.session_id', 'cdr.session_id')
        .select(['cdr.vun', 'record_dispute.state'])
        .where('cdr.session_id', '=', sessionId)
        .executeTakeFirst();
      if (row !== undefined && row.vun !== vun)
        throw kitError('FORBIDDEN', 'the record is of another utility’s station');
      // What is answered can be answered no more; what still waits for an answer gets this one.
      if (row?.state === 'raised' || row?.state === 'disputed') return;
      await late.contest({ sessionId, reason: 'TAKEN_BACK', statement, by: vun });
    },
    /** An operator agrees to what the visited utility upheld, before silence says so. */
    accept: async (disputeId: string): Promise<CallResult<unknown>> => {
      const told = await supplement((await gateway.dispute(disputeId)).record);
      if (told.ok) await take(told.value);
      return told;
    },
    round: serially(async (): Promise<void> => {
      const disputes = await running.refresh();
      for (const dispute of disputes) {
        await step(dispute).catch((thrown: unknown) => {
          const { disputeId: id, version } = dispute.record;
          patience.later({ id, partner: '', mark: version.toString() });
          log.error({ err: thrown, disputeId: id }, 'a dispute could not be followed');
        });
      }
      await late.tellAgain();
    }),
  };
};

export type HomeDisputes = ReturnType<typeof createHomeDisputes>;
