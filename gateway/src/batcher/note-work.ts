import { bodyHash, canonicalText, laneParts, packBodies, sessionNote } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import {
  dealingOf,
  newCommandId,
  NOTHING,
  sessionCommand,
  statedNumbers,
  type Formed,
  type Pair,
} from './command.ts';
import { nextDeferredMs, parkOrphans } from './facts.ts';
import { numberedFacts, waitingOf } from './numbered.ts';
import type { Waiting, Work, WorkContext } from './work.ts';

/** Notes on running sessions of one lane. */
export class NoteWork implements Work {
  readonly #context: WorkContext;
  readonly #queue: string;
  readonly #laneId: string;
  readonly #waitMs: number;

  constructor(context: WorkContext, queue: string, waitMs: number) {
    this.#context = context;
    this.#queue = queue;
    this.#laneId = queue.slice('note/'.length);
    this.#waitMs = waitMs;
  }

  async peek(size: number): Promise<Waiting | undefined> {
    await parkOrphans(this.#context.db, this.#queue);
    const found = await this.#context.db.transaction().execute((trx) => this.#waiting(trx, size));
    return waitingOf(found, this.#waitMs);
  }

  #waiting(trx: Transaction<GatewayDb>, limit: number) {
    return numberedFacts(trx, {
      kind: 'note',
      queue: this.#queue,
      laneId: this.#laneId,
      limit,
      nowMs: this.#context.nowMs(),
      areOpened: true,
    });
  }

  async form(trx: Transaction<GatewayDb>, size: number): Promise<Formed> {
    const found = await this.#waiting(trx, size);
    if (found === undefined) return NOTHING;
    const { facts, agreementId } = found;
    const { vun, hun } = laneParts(this.#laneId);
    const pair: Pair = { vun, hun, agreementId };
    const { endorsers } = dealingOf(this.#context, pair);
    const openings = await trx
      .selectFrom('session_opening')
      .select(['session_id', 'slot'])
      .where(
        'session_id',
        'in',
        facts.map(({ sessionId }) => sessionId),
      )
      .execute();
    const numbersIn = new Map<number, number[]>();
    for (const { session_id, slot } of openings) {
      const numbers = facts.filter(({ sessionId }) => sessionId === session_id).map(({ number }) => number);
      numbersIn.set(slot, [...(numbersIn.get(slot) ?? []), ...numbers]);
    }
    const notes = packBodies(facts.map(({ payload }) => canonicalText(sessionNote, payload)));
    const commandId = newCommandId('record');
    return {
      unfit: [],
      formed: {
        commandId,
        factIds: facts.map(({ factId }) => factId),
        command: sessionCommand({
          verb: 'record',
          commandId,
          argument: {
            ...pair,
            laneId: this.#laneId,
            openings: [...numbersIn]
              .sort(([a], [b]) => a - b)
              .map(([slot, numbers]) => ({ slot, ...statedNumbers(numbers) })),
            notesHash: bodyHash(notes),
            count: facts.length,
          },
          transient: { notes },
          endorsers,
        }),
      },
    };
  }

  committed(): Promise<void> {
    return Promise.resolve();
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
