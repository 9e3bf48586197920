import { hold } from '../failure.ts';
import { parseCanonical, type Json, type JsonObject } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import type { Record as ChargeRecord } from '../rating/record.ts';
import { readShares } from '../session/terms.ts';
import { hashOf } from '../session/verify.ts';
import { amount, exactly, object, text } from '../shape.ts';

/** What the ledger says of a record that home did not accept, and what it comes to by that. */

/** What a record comes to by a dispute of it that is over. */
export interface Decided {
  readonly outcome: 'credited' | 'revised' | 'upheld';
  readonly energyWh: bigint;
  readonly totalMicros: bigint;
  readonly driverMicros: bigint;
}

const SHARES = ['hun', 'vun', 'infrastructure', 'driver'] as const;

/** That a private body about the record says these amounts of it. */
const requireAmounts = (body: JsonObject, record: ChargeRecord, what: string): void => {
  const shares = readShares(body['shares'], `the shares of ${what}`);
  hold(
    amount(body['totalMicros'], what) === record.totalMicros &&
      amount(body['energyWh'], what) === record.energyWh &&
      SHARES.every((party) => shares[party] === record.shares[party]) &&
      amount(body['payableMicros'], what) === record.shares.vun + record.shares.infrastructure,
    `${what} is not over the session’s record`,
  );
};

type Outcome = Decided['outcome'];

/** States of a dispute that each outcome leads to. */
const OUTCOMES: Readonly<Record<Outcome, readonly string[]>> = {
  revised: ['revised', 'settled'],
  upheld: ['upheld', 'settled'],
  credited: ['credited', 'settled'],
};

/** What a dispute is about. */
interface DisputeGround {
  readonly primitives: Primitives;
  readonly sessionId: string;
  readonly session: ChargeRecord;
}

interface Disputed {
  readonly record: JsonObject;
  readonly told: Json | undefined;
  /** On which the record came back. */
  readonly supplement: JsonObject | undefined;
  /** Of a late dispute. */
  readonly credit: JsonObject | undefined;
}

const isOutcome = (outcome: string): outcome is Outcome => Object.hasOwn(OUTCOMES, outcome);

const DISPUTE_PARTS = ['answer', 'credit', 'supplement'];
const TOTALS = ['energyWh', 'payableMicros', 'totalMicros'];

/**
 * What became of a record that home did not accept: the dispute, its answer, the invoice on which the record came back; of one that
 * was contested when its invoice was accepted already, the credit note.
 */
export const requireDispute = (
  { primitives, sessionId, session }: DisputeGround,
  { record, told, supplement, credit }: Disputed,
): Decided | undefined => {
  const parts = exactly(told, 'the dispute', ['body'], DISPUTE_PARTS);
  /** A body, there when the ledger has its hash and only then. */
  const opened = (name: string, hash: Json | undefined): JsonObject | undefined => {
    const what = `the dispute’s ${name}`;
    hold((parts[name] === undefined) === (hash === undefined), `${what} is missing, or is of nothing`);
    if (hash === undefined) return undefined;
    const own = text(parts[name], what);
    hold(hashOf(primitives, own) === hash, `${what} does not hash to what the ledger holds`);
    return object(parseCanonical(own, what), what);
  };
  const body = opened('body', record['bodyHash']) ?? {};
  hold(body['sessionId'] === sessionId, 'the dispute is of another session');
  requireAmounts(body, session, 'the dispute');
  const answer = opened('answer', record['answerHash']);
  const outcome = answer === undefined ? 'credited' : text(answer['outcome'], 'the answer’s outcome');
  const state = text(record['state'], 'a state');
  hold(
    isOutcome(outcome) && (answer === undefined || OUTCOMES[outcome].includes(state)),
    'the answer to the dispute is not what the ledger says became of it',
  );
  if (answer !== undefined && outcome === 'upheld') requireAmounts(answer, session, 'the dispute’s answer');
  const stands = (name: string): bigint => (answer === undefined ? 0n : amount(answer[name], name));
  const again = opened('supplement', supplement?.['bodyHash']);
  const note = opened('credit', credit?.['bodyHash']);
  for (const name of TOTALS) {
    hold(
      again === undefined || amount(again[name], name) === stands(name),
      'what came back after the dispute is not what was answered',
    );
    hold(
      note === undefined || amount(note[name], name) === amount(body[name], name) - stands(name),
      'the credit note is not what was billed less what stands',
    );
  }
  // A late one is over with its credit note, which settles it.
  if (state !== 'settled' && (state !== 'credited' || record['late'] === true)) return undefined;
  const driverMicros =
    answer === undefined ? 0n : readShares(answer['shares'], 'the shares of the answer').driver;
  return { outcome, energyWh: stands('energyWh'), totalMicros: stands('totalMicros'), driverMicros };
};
