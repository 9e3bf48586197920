import { instantMs, powerWCodec } from '@roamgrid/wire';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../../store/tables.ts';
import type { Counted } from './house-flows.ts';
import type { PanelNote } from './house-notes.ts';

/** What a panel keeps of what it noted until the ledger has it: notes, what happened, and batches on their way. */

const amount = z.strictObject({ inMilliWh: powerWCodec, outMilliWh: powerWCodec });
const counts = z.record(z.string(), amount);

const time = { atMs: instantMs } as const;
const note = z.discriminatedUnion('kind', [
  z.strictObject({
    ...{ kind: z.literal('event'), ...time, code: z.string(), of: z.string(), reason: z.string() },
    to: z.string().exactOptional(),
  }),
  z.strictObject({
    ...{ kind: z.literal('soc'), ...time, of: z.enum(['ess', 'ev']), batteryRef: z.string() },
    ...{ storedWh: powerWCodec, capacityWh: powerWCodec },
  }),
  z.strictObject({ kind: z.literal('demand'), ...time, demandPermille: z.int() }),
]);

export interface KeptHouseBatch {
  readonly number: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly headerHash: string;
  readonly state: 'open' | 'taken' | 'refused';
  /** What samples came to by its end, by source. */
  readonly counted: Readonly<Record<string, Counted>>;
  readonly body: unknown;
}

/** One thing to be recorded, by the table that keeps it. */
export interface Kept {
  readonly id: bigint;
  readonly from: 'house_note' | 'site_event';
  readonly note: PanelNote;
}

export class HouseStore {
  readonly #db: Db;
  readonly #siteId: string;
  readonly #houseRef: string;

  constructor(db: Db, siteId: string, houseRef: string) {
    this.#db = db;
    this.#siteId = siteId;
    this.#houseRef = houseRef;
  }

  async keepNotes(notes: readonly PanelNote[]): Promise<void> {
    if (notes.length === 0) return;
    await this.#db
      .insertInto('house_note')
      .values(
        notes.map((one) => ({
          ...{ site_id: this.#siteId, at_ms: BigInt(one.atMs), body: JSON.stringify(note.encode(one)) },
        })),
      )
      .execute();
  }

  /** What happened in a span and is in no batch yet, oldest first. */
  async waiting(fromMs: number, beforeMs: number, limit: number): Promise<readonly Kept[]> {
    const notes = await this.#db
      .selectFrom('house_note')
      .select(['note_id', 'body'])
      .where('site_id', '=', this.#siteId)
      .where('house_ref', 'is', null)
      .where('at_ms', '>=', BigInt(fromMs))
      .where('at_ms', '<', BigInt(beforeMs))
      .orderBy('at_ms')
      .orderBy('note_id')
      .limit(limit)
      .execute();
    const events = await this.#db
      .selectFrom('site_event')
      .select(['event_id', 'at_ms', 'kind', 'detail'])
      .where('site_id', '=', this.#siteId)
      .where('house_ref', 'is', null)
      .where('at_ms', '>=', BigInt(fromMs))
      .where('at_ms', '<', BigInt(beforeMs))
      .orderBy('at_ms')
      .orderBy('event_id')
      .limit(limit)
      .execute();
    return [
      ...notes.map(({ note_id, body }): Kept => ({
        id: note_id,
        from: 'house_note',
        note: note.parse(body),
      })),
      ...events.map(({ event_id, at_ms, kind, detail }): Kept => {
        const happened = { atMs: Number(at_ms), code: kind.toUpperCase(), reason: detail.slice(0, 240) };
        return { id: event_id, from: 'site_event', note: { kind: 'event', of: 'panel', ...happened } };
      }),
    ]
      .sort((a, b) => a.note.atMs - b.note.atMs)
      .slice(0, limit);
  }

  /** What samples of the sources came to from an instant on. */
  async counted(fromMs: number): Promise<Readonly<Record<string, Counted>>> {
    const rows = await this.#db
      .selectFrom('sample')
      .select([
        'device',
        sql<bigint>`coalesce(sum(energy_milli_wh) filter (where energy_milli_wh > 0), 0)::int8`.as('into'),
        sql<bigint>`coalesce(-sum(energy_milli_wh) filter (where energy_milli_wh < 0), 0)::int8`.as('out_of'),
      ])
      .where('site_id', '=', this.#siteId)
      .where('kind', '=', 'source')
      .where('at_ms', '>=', BigInt(fromMs))
      .groupBy('device')
      .execute();
    return Object.fromEntries(
      rows.map(({ device, into, out_of }) => [device, { inMilliWh: into, outMilliWh: out_of }]),
    );
  }

  /** The newest of the pseudonym. */
  async newest(): Promise<KeptHouseBatch | undefined> {
    const row = await this.#db
      .selectFrom('house_batch')
      .selectAll()
      .where('site_id', '=', this.#siteId)
      .where('house_ref', '=', this.#houseRef)
      .orderBy('number', 'desc')
      .executeTakeFirst();
    return (
      row && {
        ...{ number: row.number, state: row.state, headerHash: row.header_hash, body: row.body },
        ...{ fromMs: Number(row.from_ms), untilMs: Number(row.until_ms), counted: counts.parse(row.counted) },
      }
    );
  }

  /** Before it is told: from now on what is in it is in no other one. In the place of one that the ledger refused. */
  async keepBatch(batch: Omit<KeptHouseBatch, 'state'>, kept: readonly Kept[]): Promise<void> {
    const { number, headerHash, body } = batch;
    const place = { site_id: this.#siteId, house_ref: this.#houseRef, number };
    await this.#db.transaction().execute(async (trx) => {
      await trx
        .insertInto('house_batch')
        .values({
          ...{ ...place, header_hash: headerHash, state: 'open', body: JSON.stringify(body) },
          ...{ from_ms: BigInt(batch.fromMs), until_ms: BigInt(batch.untilMs) },
          counted: JSON.stringify(counts.encode(batch.counted)),
          ...{ refusal: null, block_number: null, transaction_id: null },
        })
        .execute();
      const mark = { house_ref: this.#houseRef, house_number: number };
      const ids = (from: Kept['from']) => kept.filter((each) => each.from === from).map(({ id }) => id);
      const [notes, events] = [ids('house_note'), ids('site_event')];
      if (notes.length > 0)
        await trx.updateTable('house_note').set(mark).where('note_id', 'in', notes).execute();
      if (events.length > 0)
        await trx.updateTable('site_event').set(mark).where('event_id', 'in', events).execute();
    });
  }

  /** What was in a refused one waits for the next. */
  async release(number: number): Promise<void> {
    const none = { house_ref: null, house_number: null };
    await this.#db.transaction().execute(async (trx) => {
      for (const table of ['house_note', 'site_event'] as const)
        await trx
          .updateTable(table)
          .set(none)
          .where('site_id', '=', this.#siteId)
          .where('house_ref', '=', this.#houseRef)
          .where('house_number', '=', number)
          .execute();
      await trx
        .deleteFrom('house_batch')
        .where('site_id', '=', this.#siteId)
        .where('house_ref', '=', this.#houseRef)
        .where('number', '=', number)
        .execute();
    });
  }

  async markTaken(number: number, at: { blockNumber: string; transactionId: string }): Promise<void> {
    await this.#mark(number, {
      ...{ state: 'taken', refusal: null, body: 'null' },
      ...{ block_number: BigInt(at.blockNumber), transaction_id: at.transactionId },
    });
  }

  async markRefused(number: number, refusal: string): Promise<void> {
    await this.#mark(number, { state: 'refused', refusal });
  }

  async #mark(
    number: number,
    values: {
      readonly state: 'taken' | 'refused';
      readonly refusal: string | null;
      readonly body?: string;
      readonly block_number?: bigint;
      readonly transaction_id?: string;
    },
  ): Promise<void> {
    await this.#db
      .updateTable('house_batch')
      .set(values)
      .where('site_id', '=', this.#siteId)
      .where('house_ref', '=', this.#houseRef)
      .where('number', '=', number)
      .execute();
  }
}
