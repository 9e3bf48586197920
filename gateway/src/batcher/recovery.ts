import {
  cdr as cdrSchema,
  laneOf,
  laneParts,
  meterKeyId,
  outletAt,
  parseSettled,
  type Cdr,
  signingMeterKey,
} from '@roamgrid/wire';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { Ledger } from '../ledger/ledger.ts';
import type { Registry } from '../registry/registry.ts';
import { Serial } from '../station-api/serial.ts';
import type { GatewayDb } from '../store/schema.ts';
import { keptProfileOf, type KeptProfile } from './kept-profile.ts';
import { applyEffects, readMeters, readSpent, Running } from './effects.ts';

export interface RecoveryContext {
  readonly utilityId: string;
  readonly db: Kysely<GatewayDb>;
  readonly registry: Registry;
  readonly ledger: Ledger;
  /** Waits, for a bounded time, until the read model holds a block. */
  readonly readUpTo: (blockNumber: bigint) => Promise<void>;
}

interface SettledSession {
  readonly profile: KeptProfile | undefined;
  readonly meterId: string;
  readonly endMs: number;
  readonly registerMilliWh: bigint;
  readonly salt: string;
  readonly amounts: Pick<Cdr, 'totalMicros' | 'energyWh'>;
}

/**
 * Brings what this gateway knows of meters, profiles and its own facts to what the ledger says: when another gateway of
 * the utility settled, when a command was withdrawn and had been ordered all the same, or when the database was lost.
 */
export class Recovery {
  readonly #context: RecoveryContext;
  readonly #serial = new Serial();

  constructor(context: RecoveryContext) {
    this.#context = context;
  }

  /** Takes in what is on the ledger and not known here. @returns whether there was anything. */
  async catchUp(): Promise<boolean> {
    const { ledger, readUpTo } = this.#context;
    await readUpTo((await ledger.height()) - 1n);
    return this.#serial.run('recovery', () => this.#takeIn());
  }

  /** Forgets what is known of meters and profiles and takes every batch in anew. @returns whether it came out differently. */
  async rebuild(): Promise<boolean> {
    return this.#serial.run('recovery', async () => {
      const { db } = this.#context;
      const before = await this.#fingerprint();
      await db.transaction().execute(async (trx) => {
        for (const table of ['settled_batch', 'meter_entry', 'profile_spent'] as const) {
          await trx.deleteFrom(table).execute();
        }
      });
      await this.#takeIn();
      return (await this.#fingerprint()) !== before;
    });
  }

  async #fingerprint(): Promise<string> {
    const { db } = this.#context;
    const [meters, spent] = await Promise.all([
      db.selectFrom('meter_entry').selectAll().orderBy('lane_group').orderBy('meter_id').execute(),
      db.selectFrom('profile_spent').selectAll().orderBy('lane_id').orderBy('profile_id').execute(),
    ]);
    return [...meters, ...spent].map((row) => Object.values(row).join(' ')).join('\n');
  }

  async #takeIn(): Promise<boolean> {
    const { db, utilityId } = this.#context;
    const unknown = await db
      .selectFrom('batch')
      .innerJoin('ledger_session', 'ledger_session.batch_id', 'batch.batch_id')
      .select(['batch.batch_id', 'batch.lane_id', 'batch.to_sequence'])
      .where('batch.vun', '=', utilityId)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('settled_batch')
              .select('settled_batch.batch_id')
              .whereRef('settled_batch.batch_id', '=', 'batch.batch_id'),
          ),
        ),
      )
      .groupBy(['batch.batch_id', 'batch.lane_id', 'batch.to_sequence'])
      .orderBy(({ fn }) => fn.min('ledger_session.ended_block'))
      .orderBy(({ fn }) => fn.min('ledger_session.ended_tx'))
      .execute();
    let hasChanged = false;
    for (const { batch_id, lane_id, to_sequence } of unknown) {
      const isNew = await db
        .transaction()
        .execute((trx) => this.#takeInBatch(trx, batch_id, lane_id, to_sequence));
      hasChanged = hasChanged || isNew;
    }
    return (await this.#endedOtherwise()) || hasChanged;
  }

  async #takeInBatch(
    trx: Transaction<GatewayDb>,
    batchId: string,
    laneId: string,
    toSequence: number,
  ): Promise<boolean> {
    const { group } = laneParts(laneId);
    const sessions = await this.#sessionsOf(trx, batchId);
    const books = [...new Set(sessions.flatMap(({ profile }) => profile?.book ?? []))];
    const running = new Running(await readMeters(trx, group), await readSpent(trx, laneId, books));
    for (const { profile, amounts, ...meter } of sessions) running.use(meter, profile, amounts);
    const isNew = await applyEffects(trx, batchId, {
      laneId,
      nextSequence: toSequence + 1,
      group,
      ...running.changed,
    });
    await trx
      .updateTable('fact')
      .set({ state: 'committed', command_id: batchId })
      .where('kind', '=', 'settle')
      .where('state', '!=', 'committed')
      .where('session_id', 'in', (query) =>
        query.selectFrom('settled_session').select('session_id').where('batch_id', '=', batchId),
      )
      .execute();
    await trx
      .updateTable('ledger_command')
      .set({ state: 'committed' })
      .where('command_id', '=', batchId)
      .where('state', '=', 'withdrawn')
      .execute();
    return isNew;
  }

  async #sessionsOf(trx: Transaction<GatewayDb>, batchId: string): Promise<readonly SettledSession[]> {
    const rows = await trx
      .selectFrom('settled_session')
      .innerJoin('cdr', 'cdr.session_id', 'settled_session.session_id')
      .select(['settled_session.body', 'cdr.cdr'])
      .where('settled_session.batch_id', '=', batchId)
      .orderBy('item_index')
      .execute();
    return rows.map(({ body, cdr }) => {
      const { open, close } = parseSettled(body);
      const { quote, openedAtMs } = open;
      const station = this.#context.registry.station(quote.vun, quote.stationId);
      const outlet = station && outletAt(station, quote.evseId, openedAtMs);
      const key = signingMeterKey(close.statement, outlet?.meterKeys ?? [], openedAtMs);
      const last = close.readings.at(-1);
      if (key === undefined || last === undefined) {
        throw new Error(`the registry has no meter for session ${open.sessionId}, which is settled`);
      }
      return {
        profile: keptProfileOf(laneOf(open.sessionId), open),
        meterId: meterKeyId(key),
        endMs: last.atMs,
        registerMilliWh: last.registerMilliWh,
        salt: close.salt,
        amounts: cdrSchema.parse(cdr),
      };
    });
  }

  /** Facts that say of a session what the ledger says already. */
  async #endedOtherwise(): Promise<boolean> {
    const rows = await this.#context.db
      .updateTable('fact')
      .set({ state: 'committed' })
      .where('kind', '=', 'void')
      .where('state', 'in', ['pending', 'formed'])
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('ledger_session')
            .select(sql`1`.as('one'))
            .whereRef('ledger_session.session_id', '=', 'fact.session_id')
            .where('ledger_session.state', 'in', ['voided', 'expired']),
        ),
      )
      .returning('fact_id')
      .execute();
    return rows.length > 0;
  }
}
