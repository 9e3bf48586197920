import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import { readSign1, verifySign1, type Sign1Error } from '../cose/sign1.ts';
import type { Suite } from '../suite/suite.ts';
import { readChargeToken, type ChargeToken, type ChargeTokenError } from './charge-token.ts';
import { costMicros } from './cost.ts';
import { issuerKey, type IssuerList } from './issuer-list.ts';

/** Why a charger does not start by a token, one reason each. Spec: SECURE-1. */
export type StartRefusalCode =
  | 'ISSUER_UNKNOWN' // its key is on no list that the charger believes, or was not valid when it was issued
  | 'TOKEN_ALTERED' // the issuer did not sign these bytes
  | 'TOKEN_REVOKED' // its utility took back all tokens of its epoch
  | 'TOKEN_OTHER_CHARGER'
  | 'CLOCK_LOST' // the charger does not know what time it is
  | 'TOKEN_NOT_YET'
  | 'TOKEN_EXPIRED'
  | 'TOKEN_SPENT' // as many sessions as it allows were started by it here
  | 'TOKEN_OVER_ENERGY' // more energy is asked for than it has left
  | 'TOKEN_OVER_COST'; // what is asked for costs more than it has left

export type StartRefusal = DomainError<StartRefusalCode> | ChargeTokenError | Sign1Error;

/** What was started by a token here already. */
export interface TokenUse {
  readonly sessions: number;
  readonly energyWh: bigint;
  readonly costMicros: bigint;
}

export interface ChargerSituation {
  readonly evseId: string;
  /** The location groups that the outlet belongs to. */
  readonly groupIds: readonly string[];
  /** Seconds since 1970, UTC, of the charger's own clock; undefined when it lost it. */
  readonly nowS: number | undefined;
  /** Nobody pays here: what a token is worth does not matter. */
  readonly isFree?: boolean;
  /** Nor for where it is. */
  readonly isForAnyone?: boolean;
  /** What its journal has of a token. */
  usedOf(tokenId: Uint8Array): TokenUse;
}

/** What the holder wants of the token now. */
export interface StartWish {
  readonly energyWh: bigint;
}

/** A session that may start, and when it has to stop. */
export interface StartGrant {
  readonly token: ChargeToken;
  /** Energy at which it stops at the latest. */
  readonly mostWh: bigint;
  /** Cost at which it stops at the latest. */
  readonly mostMicros: bigint;
  /** Second in which it has ended at the latest. */
  readonly endsS: number;
}

const refuse = (code: StartRefusalCode, message: string): Result<never, StartRefusal> =>
  err({ code, message });

/** Verifies a token and its issuer. */
export const believeToken = async (
  bytes: Uint8Array,
  issuers: IssuerList,
  suite: Pick<Suite, 'verify'>,
): Promise<Result<ChargeToken, StartRefusal>> => {
  const read = readSign1(bytes);
  if (!read.ok) return read;
  const claims = readChargeToken(read.value.payload);
  const issuer = claims.ok
    ? issuerKey(issuers, claims.value.issuer, read.value.kid, claims.value.issuedAtS)
    : undefined;
  // Of bytes that nobody is known to have signed it is not said what is wrong with them.
  if (claims.ok && issuer === undefined)
    return refuse('ISSUER_UNKNOWN', 'the utility that issued it is not known here, or had no such key then');
  if (!claims.ok) return claims;
  const verified = await verifySign1(read.value, issuer?.key, suite);
  if (!verified.ok) return refuse('TOKEN_ALTERED', verified.error.message);
  if (claims.value.revocationEpoch < (issuer?.revocationEpoch ?? 0))
    return refuse(
      'TOKEN_REVOKED',
      'the utility that issued it took back its tokens; the phone has to go online',
    );
  return claims;
};

const isFor = ({ audience }: ChargeToken, { evseId, groupIds }: ChargerSituation): boolean =>
  audience.kind === 'outlet' ? audience.evseId === evseId : groupIds.includes(audience.groupId);

/** Whether a session starts by a token that is believed, and how far it goes. */
export const judgeStart = (
  token: ChargeToken,
  wish: StartWish,
  situation: ChargerSituation,
): Result<StartGrant, StartRefusal> => {
  const { nowS } = situation;
  const { limits, price } = token;
  const { isFree = false, isForAnyone = false } = situation;
  if (!isForAnyone && !isFor(token, situation))
    return refuse('TOKEN_OTHER_CHARGER', 'it is for another charger');
  if (nowS === undefined)
    return refuse('CLOCK_LOST', 'the charger lost its clock: a phone that was online sets it');
  if (nowS < token.notBeforeS) return refuse('TOKEN_NOT_YET', `it is good from ${instant(token.notBeforeS)}`);
  if (nowS >= token.expiresS) return refuse('TOKEN_EXPIRED', `it was good until ${instant(token.expiresS)}`);
  if (isFree) return ok({ token, mostWh: wish.energyWh, mostMicros: 0n, endsS: token.expiresS });
  const used = situation.usedOf(token.tokenId);
  if (used.sessions >= limits.sessions) return refuse('TOKEN_SPENT', 'it was used here already');
  const leftWh = limits.energyWh - used.energyWh;
  if (wish.energyWh > leftWh) return refuse('TOKEN_OVER_ENERGY', `it has ${leftWh} Wh left`);
  const leftMicros = limits.costMicros - used.costMicros;
  if (costMicros(price, wish.energyWh, 0n) > leftMicros)
    return refuse('TOKEN_OVER_COST', `it has ${leftMicros} micro-${price.currency} left`);
  return ok({ token, mostWh: wish.energyWh, mostMicros: leftMicros, endsS: token.expiresS });
};

const MS_PER_S = 1_000;
const instant = (seconds: number): string => `${new Date(seconds * MS_PER_S).toISOString().slice(0, 19)}Z`;
