import {
  claimsRecord,
  endsRecord,
  firstOfRange,
  laneIdOf,
  laneParts,
  MAX_SESSION_NUMBER,
  NumberBits,
  openingRecord,
  opensRecord,
  rangeOf,
  stateKey,
  type EndsRecord,
  type OpeningRecord,
} from '@roamgrid/wire';
import type { Dealing } from '../consortium/agreement.ts';
import { ensure, type Transaction } from '../context/index.ts';

/** Numbers of lanes: which were opened and how they ended. */

/** Refuses a lane that is not of the pair. */
export const requireLane = ({ vun, hun }: Pick<Dealing, 'vun' | 'hun'>, lane: string): void => {
  const { group } = laneParts(lane);
  ensure(
    lane === laneIdOf(vun.utilityId, hun.utilityId, group),
    'INVALID_ARGUMENT',
    `${lane} is no lane of ${vun.utilityId} and ${hun.utilityId}`,
  );
};

/** Numbers as a command states them, as many as it says. */
export const statedNumbers = (first: number, bits: string, count?: number): readonly number[] => {
  const set = new NumberBits(first, bits);
  ensure(
    set.text === bits && set.has(first),
    'INVALID_ARGUMENT',
    'bits are not in their one form, which begins with first',
  );
  const numbers = set.numbers();
  ensure(
    (numbers.at(-1) ?? 0) <= MAX_SESSION_NUMBER,
    'INVALID_ARGUMENT',
    `a session's number is ${MAX_SESSION_NUMBER} at most`,
  );
  ensure(
    count === undefined || numbers.length === count,
    'INVALID_ARGUMENT',
    `bits name ${numbers.length} numbers, the command ${count ?? ''}`,
  );
  return numbers;
};

/** An opening on the ledger, with its numbers. */
export interface LaneOpening {
  readonly record: OpeningRecord;
  readonly numbers: NumberBits;
}

/** Reads an opening; one that was made under another agreement of the pair has other terms, so it is refused. */
export const getOpening = async (
  tx: Transaction,
  lane: string,
  slot: number,
  agreementId: string,
): Promise<LaneOpening> => {
  const record = await tx.get(openingRecord, stateKey.opening(lane, slot));
  ensure(
    record.agreementId === agreementId,
    'OUTSIDE_AGREEMENT',
    `opening ${slot} of ${lane} was made under ${record.agreementId}, not under ${agreementId}`,
  );
  return { record, numbers: new NumberBits(record.first, record.bits) };
};

/** Marks numbers in the ranges that they lie in; each range is read and written once a transaction. */
const mark = async <R>(
  numbers: readonly number[],
  load: (range: number) => Promise<R>,
  set: (range: R, number: number) => void,
  store: (range: R, index: number) => void,
): Promise<void> => {
  const ranges = new Map<number, R>();
  for (const number of numbers) {
    const index = rangeOf(number);
    const range = ranges.get(index) ?? (await load(index));
    ranges.set(index, range);
    set(range, number);
  }
  for (const [index, range] of ranges) store(range, index);
};

/** Opens numbers, each once for ever. */
export const openNumbers = (tx: Transaction, lane: string, numbers: readonly number[]): Promise<void> =>
  mark(
    numbers,
    async (range) => {
      const record = await tx.find(opensRecord, stateKey.opens(lane, range));
      return { version: record?.version ?? 0, bits: new NumberBits(firstOfRange(range), record?.bits) };
    },
    ({ bits }, number) => {
      ensure(!bits.has(number), 'WRONG_STATE', `number ${number} of ${lane} is opened already`);
      bits.add(number);
    },
    ({ version, bits }, range) => {
      tx.put(
        opensRecord,
        stateKey.opens(lane, range),
        { type: 'opens', version: version + 1, laneId: lane, range, bits: bits.text },
        { ofItem: true },
      );
    },
  );

export type NumberEnd = 'closed' | 'voided' | 'expired';

const ends = (record: EndsRecord | undefined, range: number) => {
  const first = firstOfRange(range);
  return {
    version: record?.version ?? 0,
    closed: new NumberBits(first, record?.closed),
    gone: new NumberBits(first, record?.gone),
  };
};

/** How a number ended, if it has. */
export const endOf = (
  { closed, gone }: Pick<ReturnType<typeof ends>, 'closed' | 'gone'>,
  number: number,
): NumberEnd | undefined => {
  if (closed.has(number)) return gone.has(number) ? 'expired' : 'closed';
  return gone.has(number) ? 'voided' : undefined;
};

/** Ends numbers, each once for ever, whatever its end. */
export const endNumbers = (
  tx: Transaction,
  endorsers: readonly string[],
  lane: string,
  numbers: readonly number[],
  end: NumberEnd,
): Promise<void> =>
  mark(
    numbers,
    async (range) => ends(await tx.find(endsRecord, stateKey.ends(lane, range)), range),
    (range, number) => {
      const before = endOf(range, number);
      ensure(before === undefined, 'WRONG_STATE', `session ${lane}-${number} is ${before ?? ''} already`);
      if (end !== 'voided') range.closed.add(number);
      if (end !== 'closed') range.gone.add(number);
    },
    ({ version, closed, gone }, range) => {
      tx.put(
        endsRecord,
        stateKey.ends(lane, range),
        { type: 'ends', version: version + 1, laneId: lane, range, closed: closed.text, gone: gone.text },
        { endorsers, ofItem: true },
      );
    },
  );

/** Claims numbers, each once: what is claimed does not expire, and one end is claimed of a session. */
export const claimNumbers = (tx: Transaction, lane: string, numbers: readonly number[]): Promise<void> =>
  mark(
    numbers,
    async (range) => {
      const record = await tx.find(claimsRecord, stateKey.claims(lane, range));
      return { version: record?.version ?? 0, bits: new NumberBits(firstOfRange(range), record?.bits) };
    },
    ({ bits }, number) => {
      ensure(!bits.has(number), 'WRONG_STATE', `the end of session ${lane}-${number} is claimed already`);
      bits.add(number);
    },
    ({ version, bits }, range) => {
      tx.put(
        claimsRecord,
        stateKey.claims(lane, range),
        { type: 'claims', version: version + 1, laneId: lane, range, bits: bits.text },
        { ofItem: true },
      );
    },
  );

/** State of a number: not opened is undefined. */
export const stateOfNumber = async (
  tx: Transaction,
  lane: string,
  number: number,
): Promise<NumberEnd | 'opened' | undefined> => {
  const range = rangeOf(number);
  const opens = await tx.find(opensRecord, stateKey.opens(lane, range));
  if (!new NumberBits(firstOfRange(range), opens?.bits).has(number)) return undefined;
  return endOf(ends(await tx.find(endsRecord, stateKey.ends(lane, range)), range), number) ?? 'opened';
};

/** Refuses a number that is not open now. */
export const requireOpen = async (tx: Transaction, lane: string, number: number): Promise<void> => {
  const state = await stateOfNumber(tx, lane, number);
  ensure(state !== undefined, 'NOT_FOUND', `session ${lane}-${number} was never opened`);
  ensure(state === 'opened', 'WRONG_STATE', `session ${lane}-${number} is ${state}, not opened`);
};
