import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { isSame } from '../cbor/bytes.ts';
import { encodeCbor, isBytes, isMap, isWhole, itemsOf, listOf, type CborValue } from '../cbor/cbor.ts';
import { coseKeyOf, readCoseKey } from '../cose/cose-key.ts';
import { readSign1, sign1, verifySign1, type Sign1Error } from '../cose/sign1.ts';
import type { PublicKey, Signer, Suite } from '../suite/suite.ts';

/**
 * Whose tokens a charger believes: the members' keys as the ledger's registry has them, signed by the utility that operates the charger.
 * Phones carry it there.
 */
export interface IssuerList {
  /** Rises with each list of a utility; a charger never goes back. */
  readonly version: number;
  /** When it was made, seconds since 1970, UTC: the least that the charger's clock can be. */
  readonly madeAtS: number;
  readonly issuers: readonly IssuerKey[];
}

export interface IssuerKey {
  readonly utilityId: string;
  readonly kid: Uint8Array;
  readonly key: PublicKey;
  /** Tokens that were issued from this second until just before that one are believed. */
  readonly fromS: number;
  readonly untilS: number;
  /** Tokens of earlier epochs are taken back. */
  readonly revocationEpoch: number;
}

export type IssuerListErrorCode =
  | 'ISSUER_LIST_MALFORMED'
  | 'ISSUER_LIST_OTHER_UTILITY' // not signed by the utility that operates the charger
  | 'ISSUER_LIST_OLDER'; // the charger has this list or a later one

export type IssuerListError = DomainError<IssuerListErrorCode> | Sign1Error;

const PURPOSE = 'roamgrid-issuers';
const FIELDS = 6;

/** The key that a utility signed by, if it was good when the token was issued. */
export const issuerKey = (
  { issuers }: IssuerList,
  utilityId: string,
  kid: Uint8Array,
  issuedAtS: number,
): IssuerKey | undefined =>
  issuers.find(
    (one) =>
      one.utilityId === utilityId && isSame(one.kid, kid) && issuedAtS >= one.fromS && issuedAtS < one.untilS,
  );

const rowOf = ({ utilityId, kid, key, fromS, untilS, revocationEpoch }: IssuerKey): CborValue => [
  utilityId,
  kid,
  coseKeyOf(key),
  fromS,
  untilS,
  revocationEpoch,
];

/** Signs a list with the key of the utility that operates chargers. */
export const signIssuerList = (list: IssuerList, signer: Signer): Promise<Uint8Array> =>
  sign1(encodeCbor([PURPOSE, list.version, list.madeAtS, list.issuers.map(rowOf)]), signer);

const readRow = (value: CborValue): IssuerKey | undefined => {
  const fields = itemsOf(value);
  const [utilityId, kid, coseKey, fromS, untilS, revocationEpoch] = fields;
  const key = isMap(coseKey) ? readCoseKey(coseKey) : undefined;
  if (fields.length !== FIELDS || typeof utilityId !== 'string') return undefined;
  if (!isBytes(kid) || key === undefined) return undefined;
  if (!isWhole(fromS) || !isWhole(untilS) || !isWhole(revocationEpoch)) return undefined;
  return { utilityId, kid, key, fromS, untilS, revocationEpoch };
};

const malformed = (message: string): Result<never, IssuerListError> =>
  err({ code: 'ISSUER_LIST_MALFORMED', message });

const readList = (payload: Uint8Array): Result<IssuerList, IssuerListError> => {
  const [purpose, version, madeAtS, rows] = listOf(payload);
  if (purpose !== PURPOSE || !isWhole(version) || !isWhole(madeAtS) || !Array.isArray(rows))
    return malformed('it is no list of issuers');
  const issuers = itemsOf(rows as CborValue).map(readRow);
  const whole = issuers.filter((one) => one !== undefined);
  return whole.length === issuers.length
    ? ok({ version, madeAtS, issuers: whole })
    : malformed('an issuer is not readable');
};

/** Takes a list that a phone brought: of the operating utility, and later than the one that the charger has. */
export const takeIssuerList = async (
  bytes: Uint8Array,
  operator: { readonly kid: Uint8Array; readonly key: PublicKey },
  hasVersion: number,
  suite: Pick<Suite, 'verify'>,
): Promise<Result<IssuerList, IssuerListError>> => {
  const read = readSign1(bytes);
  if (!read.ok) return read;
  if (!isSame(read.value.kid, operator.kid))
    return err({ code: 'ISSUER_LIST_OTHER_UTILITY', message: 'another utility operates this charger' });
  const payload = await verifySign1(read.value, operator.key, suite);
  if (!payload.ok) return payload;
  const list = readList(payload.value);
  if (!list.ok) return list;
  return list.value.version > hasVersion
    ? list
    : err({ code: 'ISSUER_LIST_OLDER', message: `the charger has version ${hasVersion} already` });
};
