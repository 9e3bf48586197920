import { hashTree, laneParts } from '@roamgrid/wire';
import { sql, type Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import { newCommandId, NOTHING, sessionCommand, statedNumbers, type Formed } from './command.ts';
import type { StoredCommand } from './commands.ts';
import { nextDeferredMs, payloadOf } from './facts.ts';
import { numberedFacts, waitingOf } from './numbered.ts';
import { unparkOrphans } from './parking.ts';
import type { ToldFact, Waiting, Work, WorkContext } from './work.ts';

/** Which place an opening has in its lane, as its command states it. */
const slotIn = (argument: string): { readonly laneId: string; readonly slot: number } =>
  JSON.parse(argument) as { laneId: string; slot: number };

/** Openings of one lane: one root for all that began in a short while. */
export class OpenWork implements Work {
  readonly #context: WorkContext;
  readonly #queue: string;
  readonly #laneId: string;
  readonly #waitMs: number;

  constructor(context: WorkContext, queue: string, waitMs: number) {
    this.#context = context;
    this.#queue = queue;
    this.#laneId = queue.slice('open/'.length);
    this.#waitMs = waitMs;
  }

  async peek(size: number): Promise<Waiting | undefined> {
    const found = await this.#context.db.transaction().execute((trx) => this.#waiting(trx, size));
    return waitingOf(found, this.#waitMs);
  }

  #waiting(trx: Transaction<GatewayDb>, limit: number) {
    const { nowMs } = this.#context;
    return numberedFacts(trx, {
      kind: 'open',
      queue: this.#queue,
      laneId: this.#laneId,
      limit,
      nowMs: nowMs(),
    });
  }

  async form(trx: Transaction<GatewayDb>, size: number): Promise<Formed> {
    const found = await this.#waiting(trx, size);
    if (found === undefined) return NOTHING;
    const { facts, agreementId } = found;
    const { vun, hun } = laneParts(this.#laneId);
    const commandId = newCommandId('open');
    return {
      unfit: [],
      formed: {
        commandId,
        factIds: facts.map(({ factId }) => factId),
        command: sessionCommand({
          verb: 'open',
          commandId,
          argument: {
            vun,
            hun,
            agreementId,
            laneId: this.#laneId,
            slot: await this.#nextSlot(trx),
            root: hashTree(facts.map(({ payload }) => payload.openHash)).root,
            count: facts.length,
            ...statedNumbers(facts.map(({ number }) => number)),
          },
        }),
      },
    };
  }

  async #nextSlot(trx: Transaction<GatewayDb>): Promise<number> {
    // A database that was lost and read anew from the ledger goes on after the highest slot there.
    await sql`insert into lane_slot (lane_id, next_slot)
      select ${this.#laneId}, coalesce(max(slot), 0) + 1 from opening where lane_id = ${this.#laneId}
      on conflict (lane_id) do nothing`.execute(trx);
    const row = await trx
      .selectFrom('lane_slot')
      .select('next_slot')
      .where('lane_id', '=', this.#laneId)
      .executeTakeFirstOrThrow();
    return row.next_slot;
  }

  async committed(
    trx: Transaction<GatewayDb>,
    { command }: StoredCommand,
    told: readonly ToldFact[],
  ): Promise<void> {
    const facts = [...told].sort((a, b) => a.number - b.number);
    const { slot } = slotIn(command.argument);
    await trx
      .updateTable('lane_slot')
      .set({ next_slot: slot + 1 })
      .where('lane_id', '=', this.#laneId)
      .execute();
    const tree = hashTree(facts.map(({ payload }) => payloadOf('open', payload).openHash));
    await trx
      .insertInto('session_opening')
      .values(
        facts.map(({ sessionId }, at) => {
          const { index, size, path } = tree.pathTo(at);
          return { session_id: sessionId, slot, leaf_index: index, size, path: JSON.stringify(path) };
        }),
      )
      .execute();
    await unparkOrphans(
      trx,
      facts.map(({ sessionId }) => sessionId),
    );
  }

  nextDueMs(): Promise<number | undefined> {
    return nextDeferredMs(this.#context.db, this.#queue);
  }

  unavailable(): boolean {
    return false;
  }

  refresh(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
