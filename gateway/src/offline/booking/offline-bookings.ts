import type { OfflineRecord } from '@roamgrid/offline';
import { bodyHash, meterKeyId, sessionIdOf, type OfflineBookingAnswer } from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import type { Batcher } from '../../batcher/batcher.ts';
import { dropEnd } from '../../batcher/parking.ts';
import { Serial } from '../../station-api/serial.ts';
import type { GatewayDb } from '../../store/schema.ts';
import { keepBooking, keepGivenUp, knownBooking, nextNumber, type KnownBooking } from './bookings.ts';
import { formSession } from './form-session.ts';
import {
  judgeRecord,
  meteredRecord,
  type JudgeContext,
  type JudgedRecord,
  type MeteredRecord,
  type RecordFault,
} from './judge-record.ts';
import { turnOf } from './turn.ts';
import { keepUnpaid } from './unpaid.ts';

export interface OfflineBookingsContext extends JudgeContext {
  readonly db: Kysely<GatewayDb>;
  readonly batcher: Batcher;
}

const HALF = 2;

const refusal = ({ code, message }: RecordFault): OfflineBookingAnswer => ({
  outcome: 'refused',
  code,
  message,
});

/**
 * Books records of chargers without network, whoever brings them, how often and in which order: a record is judged by the contracts' rules, gets the next
 * number of its lane and goes the way of every session, opening and end in one SQL transaction. A record that comes again is answered
 * by how it stands.
 */
export class OfflineBookings {
  readonly #context: OfflineBookingsContext;
  readonly #serial = new Serial();

  constructor(context: OfflineBookingsContext) {
    this.#context = context;
  }

  /** `leave`: the JWS that the record's token names. */
  book(record: OfflineRecord, leave: string): Promise<OfflineBookingAnswer> {
    return this.#serial.run(record.evseId, () => this.#book(record, leave));
  }

  async #book(record: OfflineRecord, leave: string): Promise<OfflineBookingAnswer> {
    const known = await knownBooking(this.#context.db, record);
    if (known !== undefined && known.refused === undefined) return known.answer;
    const metered = meteredRecord(this.#context, record);
    if (known?.refused !== undefined) await this.#giveUp(known.answer, known.refused);
    const answer =
      known?.answer ??
      (metered.ok ? await this.#judge(record, metered.value, leave) : refusal(metered.error));
    if (metered.ok && answer.outcome === 'refused') {
      const { statement } = metered.value;
      await keepUnpaid(this.#context.db, record, meterKeyId(statement.key), statement);
    }
    return answer;
  }

  async #judge(record: OfflineRecord, metered: MeteredRecord, leave: string): Promise<OfflineBookingAnswer> {
    const judged = await judgeRecord(this.#context, record, metered, leave);
    if (judged.ok) return (await this.#notYet(judged.value)) ?? this.#accept(judged.value);
    return judged.error.code === 'LATER'
      ? { outcome: 'later', why: judged.error.message }
      : refusal(judged.error);
  }

  /** One whose turn it is not waits for half of the agreed bound: then what is missing is given up, not this. */
  async #notYet({ ground, group, boundMs }: JudgedRecord): Promise<OfflineBookingAnswer | undefined> {
    const { db, ledgerNowMs } = this.#context;
    const { record, statement } = ground;
    const meterId = meterKeyId(statement.key);
    const turn = await turnOf(db, { group, meterId, number: record.number }, statement);
    if (turn === 'over')
      return { outcome: 'refused', code: 'OVERLAP', message: 'what its meter counted is booked already' };
    const waitsUntilMs = statement.end.atMs + Math.floor(boundMs / HALF);
    return turn === 'waits' && ledgerNowMs() < waitsUntilMs
      ? {
          outcome: 'later',
          why: `energy flowed before it of which no record came: at most until ${waitsUntilMs}`,
        }
      : undefined;
  }

  async #accept({ ground, grid }: JudgedRecord): Promise<OfflineBookingAnswer> {
    const { record, leave, statement } = ground;
    const { agreementId, laneId } = leave;
    const sessionId = await this.#context.batcher.accepting(async (trx, accept) => {
      const id = sessionIdOf(laneId, await nextNumber(trx, laneId));
      const { openText, closeText } = formSession(ground, id);
      await keepBooking(trx, record, id);
      await accept({ kind: 'open', sessionId: id, agreementId, payload: { openHash: bodyHash(openText) } });
      await accept({
        kind: 'settle',
        sessionId: id,
        agreementId,
        payload: {
          ...{ openText, closeText, meterId: meterKeyId(statement.key), endMs: statement.end.atMs },
          ...(grid && { demand: [...grid.chunks] }),
        },
      });
      return id;
    });
    return { outcome: 'later', why: 'it is on its way to the ledger', sessionId };
  }

  /** Its number must not stay open: it says for ever that the session came to nothing. */
  async #giveUp(
    answer: OfflineBookingAnswer,
    { sessionId, agreementId }: NonNullable<KnownBooking['refused']>,
  ): Promise<void> {
    if (answer.outcome !== 'refused') return;
    await this.#context.batcher.accepting(async (trx, accept) => {
      await keepGivenUp(trx, sessionId, answer);
      await dropEnd(trx, sessionId);
      await accept({ kind: 'void', sessionId, agreementId, payload: { reason: 'refused' } });
    });
  }
}
