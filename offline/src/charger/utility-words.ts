import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { isSame } from '../cbor/bytes.ts';
import { encodeCbor, isWhole, itemsOf, listOf, type CborValue } from '../cbor/cbor.ts';
import { readSign1, sign1, verifySign1 } from '../cose/sign1.ts';
import type { PublicKey, Signer, Suite } from '../suite/suite.ts';

/** What the utility that operates a charger says to it by phones: which sessions it has booked, and what time it is. */

/** The utility of a charger, as it was told when it was set up. */
export interface Operator {
  readonly kid: Uint8Array;
  readonly key: PublicKey;
  /** For whom records are sealed: its point, 65 bytes. */
  readonly readerPoint: Uint8Array;
}

export interface Receipt {
  readonly evseId: string;
  readonly numbers: readonly number[];
}

/** What time it is, for one challenge of one start of one charger: no earlier word can be used for it. */
export interface TimeWord {
  readonly evseId: string;
  readonly bootCounter: number;
  /** Uptime in the challenge that the phone showed. */
  readonly monotonicMs: number;
  readonly atS: number;
}

export type WordError = DomainError<
  'WORD_NOT_OF_OPERATOR' | 'WORD_MALFORMED' | 'WORD_FOR_OTHER_CHARGER' | 'WORD_TOO_LATE'
>;

const RECEIPT = 'roamgrid-receipt';
const TIME = 'roamgrid-time';

export const signReceipt = ({ evseId, numbers }: Receipt, signer: Signer): Promise<Uint8Array> =>
  sign1(encodeCbor([RECEIPT, evseId, numbers]), signer);

export const signTimeWord = (
  { evseId, bootCounter, monotonicMs, atS }: TimeWord,
  signer: Signer,
): Promise<Uint8Array> => sign1(encodeCbor([TIME, evseId, bootCounter, monotonicMs, atS]), signer);

const refuse = (code: WordError['code'], message: string): Result<never, WordError> => err({ code, message });

/** What the utility of a charger said, whoever brought it. */
export const readOperatorWord = async (
  bytes: Uint8Array,
  operator: Operator,
  suite: Pick<Suite, 'verify'>,
): Promise<Result<readonly CborValue[], WordError>> => {
  const read = readSign1(bytes);
  if (!read.ok) return refuse('WORD_MALFORMED', read.error.message);
  const key = isSame(read.value.kid, operator.kid) ? operator.key : undefined;
  const payload = await verifySign1(read.value, key, suite);
  return payload.ok ? ok(listOf(payload.value)) : refuse('WORD_NOT_OF_OPERATOR', payload.error.message);
};

/** Which sessions of which charger are booked, by the utility's word; whoever has such sessions forgets them. */
export const readReceipt = async (
  bytes: Uint8Array,
  operator: Operator,
  suite: Pick<Suite, 'verify'>,
): Promise<Result<Receipt, WordError>> => {
  const word = await readOperatorWord(bytes, operator, suite);
  if (!word.ok) return word;
  const [kind, evseId, numbers] = word.value;
  if (kind !== RECEIPT || typeof evseId !== 'string' || !Array.isArray(numbers))
    return refuse('WORD_MALFORMED', 'it is no receipt');
  return ok({ evseId, numbers: itemsOf(numbers as CborValue).filter((one) => isWhole(one)) });
};

export const takeTimeWord = async (
  bytes: Uint8Array,
  operator: Operator,
  here: {
    readonly evseId: string;
    readonly bootCounter: number;
    readonly uptimeMs: number;
    readonly withinMs: number;
  },
  suite: Pick<Suite, 'verify'>,
): Promise<Result<TimeWord, WordError>> => {
  const word = await readOperatorWord(bytes, operator, suite);
  if (!word.ok) return word;
  const [kind, evseId, bootCounter, monotonicMs, atS] = word.value;
  if (kind !== TIME || !isWhole(monotonicMs) || !isWhole(atS))
    return refuse('WORD_MALFORMED', 'it tells no time');
  if (evseId !== here.evseId || bootCounter !== here.bootCounter)
    return refuse('WORD_FOR_OTHER_CHARGER', 'it is for another charger, or for an earlier start of this one');
  const ageMs = here.uptimeMs - monotonicMs;
  if (ageMs < 0 || ageMs > here.withinMs)
    return refuse(
      'WORD_TOO_LATE',
      `it was asked for ${ageMs} ms ago, at most ${here.withinMs} ms are believed`,
    );
  return ok({ evseId: here.evseId, bootCounter: here.bootCounter, monotonicMs, atS });
};
