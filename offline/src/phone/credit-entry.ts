import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { encodeCbor, isBytes, isWhole, itemsOf, listOf, type CborValue } from '../cbor/cbor.ts';
import { readSign1, sign1, type ReadSign1 } from '../cose/sign1.ts';
import type { PublicKey, Signer, Suite } from '../suite/suite.ts';
import { TOKEN_ID_BYTES } from '../token/charge-token.ts';

/**
 * One line of the credit ledger that a phone keeps: what moved between which accounts, chained to the line before by its hash, signed by the phone's key.
 * Spec: SECURE-5.
 */

/** Where a token's money is. */
export type CreditAccount =
  | 'home' // not the phone's: before it was granted, and after it went back
  | 'available' // may be spent
  | 'reserved' // a charger was asked to start, and has not said what it came to
  | 'spent' // a charger said so, no bill yet
  | 'billed'; // home booked the charger's record

/** Money moves out of one account into another: what one has less, the other has more. */
export interface Transfer {
  /** In hex. */
  readonly tokenId: string;
  readonly from: CreditAccount;
  readonly to: CreditAccount;
  /** Of the token's currency; more than nothing. */
  readonly micros: bigint;
}

/** What happened. A reservation has the number of its own entry. */
export type CreditMovement =
  /** Home put money aside for a token, and the phone has the token. */
  | {
      readonly kind: 'grant';
      readonly tokenId: string;
      /** ISO 4217. */
      readonly currency: string;
      readonly micros: bigint;
      /** Of that currency: with less available the driver has to go online. */
      readonly lowMicros: bigint;
      /** The token is good until just before this second. */
      readonly expiresS: number;
    }
  /** Written before a charger is asked to start. */
  | {
      readonly kind: 'reserve';
      readonly tokenId: string;
      readonly evseId: string;
      /** The most that the session may come to. */
      readonly micros: bigint;
    }
  /** The charger said what the session of a reservation came to, and under which number it has it. */
  | {
      readonly kind: 'debit';
      readonly reservation: number;
      readonly number: number;
      readonly energyWh: bigint;
      readonly micros: bigint;
    }
  /** Nothing started. */
  | { readonly kind: 'release'; readonly reservation: number }
  /** Home said where it stands, in bytes that it signed. */
  | { readonly kind: 'ack'; readonly ack: Uint8Array };

export interface CreditEntry {
  /** From 1, each one more than the one before. */
  readonly seq: number;
  /** Hash of the one before; of the phone's key for the first. */
  readonly before: Uint8Array;
  /** By the phone's own clock, seconds since 1970: a hint, nothing is judged by it. */
  readonly atS: number;
  /** Random: two copies of a phone that do the same write different entries. */
  readonly nonce: Uint8Array;
  readonly movement: CreditMovement;
  readonly transfers: readonly Transfer[];
}

/** An entry as it was signed. */
export interface ReadEntry {
  readonly entry: CreditEntry;
  /** SHA-256 of what was signed: a second signature of the same is the same entry. */
  readonly hash: Uint8Array;
  readonly signed: ReadSign1;
}

export type CreditEntryError = DomainError<'CREDIT_MALFORMED'>;

/** Longer entries are not read: home's word in one names at most some dozens of sessions. */
export const MOST_ENTRY_BYTES = 16_384;
export const HASH_BYTES = 32;

export const NONCE_BYTES = 8;

const PURPOSE = 'roamgrid-credit';
const GENESIS = 'roamgrid-credit-genesis';
const HEX = /^[0-9a-f]*$/;
const CURRENCY = /^[A-Z]{3}$/;
const MOST_ID_LENGTH = 48;
const ACCOUNTS: readonly CreditAccount[] = ['home', 'available', 'reserved', 'spent', 'billed'];

/** What stands before the first entry of a phone's ledger: no two phones' ledgers begin alike. */
export const genesisOf = ({ x, y }: PublicKey, suite: Pick<Suite, 'sha256'>): Promise<Uint8Array> =>
  suite.sha256(encodeCbor([GENESIS, x, y]));

const movementItems = (movement: CreditMovement): CborValue => {
  switch (movement.kind) {
    case 'grant': {
      const { kind, tokenId, currency, micros, lowMicros, expiresS } = movement;
      return [kind, tokenId, currency, micros, lowMicros, expiresS];
    }
    case 'reserve':
      return [movement.kind, movement.tokenId, movement.evseId, movement.micros];
    case 'debit': {
      const { kind, reservation, number, energyWh, micros } = movement;
      return [kind, reservation, number, energyWh, micros];
    }
    case 'release':
      return [movement.kind, movement.reservation];
    case 'ack':
      return [movement.kind, movement.ack];
  }
};

/** Signs an entry. @throws RangeError for one that {@link readCreditEntry} would not read: a fault of the phone's */
export const signCreditEntry = async (
  { seq, before, atS, nonce, movement, transfers }: CreditEntry,
  signer: Signer,
): Promise<Uint8Array> => {
  const moved = transfers.map(({ tokenId, from, to, micros }): CborValue => [tokenId, from, to, micros]);
  const payload = encodeCbor([PURPOSE, seq, before, atS, nonce, movementItems(movement), moved]);
  if (readPayload(payload) === undefined) throw new RangeError('no entry of a credit ledger');
  const bytes = await sign1(payload, signer);
  if (bytes.length > MOST_ENTRY_BYTES) throw new RangeError(`an entry of ${bytes.length} bytes`);
  return bytes;
};

const isTokenId = (value: CborValue | undefined): value is string =>
  typeof value === 'string' && value.length === 2 * TOKEN_ID_BYTES && HEX.test(value);

const isEvseId = (value: CborValue | undefined): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MOST_ID_LENGTH;

const readMovement = (value: CborValue | undefined): CreditMovement | undefined => {
  const [kind, first, second, third, fourth, fifth, ...more] = itemsOf(value);
  if (more.length > 0) return undefined;
  const has = itemsOf(value).length;
  switch (typeof kind === 'string' ? kind : '') {
    case 'grant': {
      if (!isTokenId(first) || typeof second !== 'string' || !CURRENCY.test(second)) return undefined;
      if (!isWhole(third) || !isWhole(fourth) || !isWhole(fifth)) return undefined;
      return {
        ...{ kind: 'grant', tokenId: first, currency: second, micros: BigInt(third) },
        ...{ lowMicros: BigInt(fourth), expiresS: fifth },
      };
    }
    case 'reserve':
      return has === 4 && isTokenId(first) && isEvseId(second) && isWhole(third)
        ? { kind: 'reserve', tokenId: first, evseId: second, micros: BigInt(third) }
        : undefined;
    case 'debit':
      return has === 5 && isWhole(first, 1) && isWhole(second, 1) && isWhole(third) && isWhole(fourth)
        ? {
            ...{ kind: 'debit', reservation: first, number: second },
            ...{ energyWh: BigInt(third), micros: BigInt(fourth) },
          }
        : undefined;
    case 'release':
      return has === 2 && isWhole(first, 1) ? { kind: 'release', reservation: first } : undefined;
    case 'ack':
      return has === 2 && isBytes(first) ? { kind: 'ack', ack: first } : undefined;
    default:
      return undefined;
  }
};

const readTransfer = (value: CborValue): Transfer | undefined => {
  const [tokenId, from, to, moved, ...more] = itemsOf(value);
  const [out, into] = [from, to].map((name) => ACCOUNTS.find((one) => one === name));
  if (!isTokenId(tokenId) || out === undefined || into === undefined || out === into) return undefined;
  return isWhole(moved, 1) && more.length === 0
    ? { tokenId, from: out, to: into, micros: BigInt(moved) }
    : undefined;
};

const readPayload = (payload: Uint8Array): CreditEntry | undefined => {
  const [purpose, seq, before, atS, nonce, said, moved, ...more] = listOf(payload);
  if (purpose !== PURPOSE || !isWhole(seq, 1) || !isBytes(before) || before.length !== HASH_BYTES)
    return undefined;
  if (!isBytes(nonce) || nonce.length !== NONCE_BYTES) return undefined;
  if (!isWhole(atS) || !Array.isArray(moved) || more.length > 0) return undefined;
  const movement = readMovement(said);
  const transfers = itemsOf(moved as CborValue).map(readTransfer);
  const whole = transfers.filter((one) => one !== undefined);
  return movement !== undefined && whole.length === transfers.length
    ? { seq, before, atS, nonce, movement, transfers: whole }
    : undefined;
};

/** Reads an entry without believing it. */
export const readCreditEntry = async (
  bytes: Uint8Array,
  suite: Pick<Suite, 'sha256'>,
): Promise<Result<ReadEntry, CreditEntryError>> => {
  const malformed = (message: string): Result<never, CreditEntryError> =>
    err({ code: 'CREDIT_MALFORMED', message });
  if (bytes.length > MOST_ENTRY_BYTES) return malformed(`more than ${MOST_ENTRY_BYTES} bytes`);
  const signed = readSign1(bytes);
  if (!signed.ok) return malformed(signed.error.message);
  const entry = readPayload(signed.value.payload);
  if (entry === undefined) return malformed('it is no entry of a credit ledger');
  return ok({ entry, signed: signed.value, hash: await suite.sha256(signed.value.payload) });
};
