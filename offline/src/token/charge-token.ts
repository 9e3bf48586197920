import { err, ok, type DomainError, type Result } from '@roamgrid/domain';
import {
  decodeCbor,
  encodeCbor,
  isBytes,
  isMap,
  isWhole,
  type CborMap,
  type CborValue,
} from '../cbor/cbor.ts';
import { coseKeyOf, readCoseKey } from '../cose/cose-key.ts';
import { sign1 } from '../cose/sign1.ts';
import type { PublicKey, Signer } from '../suite/suite.ts';

/**
 * A start that a home utility has agreed to ahead of time, for whoever holds the key it names: a CBOR web token with claims of our own.
 * Spec: RFC 8392 (CWT), RFC 8747 (`cnf`), SECURE-1.
 */
export interface ChargeToken {
  /** 16 random bytes; what is remembered of a token that was used. */
  readonly tokenId: Uint8Array;
  /** The home utility. */
  readonly issuer: string;
  /** Where it may be used: one outlet by its EVSE id, or all of a location group. */
  readonly audience: Audience;
  /** Seconds since 1970, UTC. It is good from the second it begins until just before the one in which it ends. */
  readonly issuedAtS: number;
  readonly notBeforeS: number;
  readonly expiresS: number;
  /** The key of the phone that carries it: nobody else can use it. */
  readonly holder: PublicKey;
  readonly limits: TokenLimits;
  readonly price: TokenPrice;
  /** A utility that has to take tokens back raises its epoch, and chargers that heard of it refuse those of earlier ones. */
  readonly revocationEpoch: number;
}

export type Audience =
  { readonly kind: 'outlet'; readonly evseId: string } | { readonly kind: 'group'; readonly groupId: string };

/** Of all sessions that are started by the token together. */
export interface TokenLimits {
  readonly energyWh: bigint;
  readonly costMicros: bigint;
  readonly sessions: number;
}

/** What the holder consented to: the quote by its hash, and what a charger needs of it to stop in time. */
export interface TokenPrice {
  /** First 16 bytes of the SHA-256 of the signed quote, which the phone carries beside the token. */
  readonly quoteHash: Uint8Array;
  /** ISO 4217. */
  readonly currency: string;
  /** Taxes included, as the driver was shown. */
  readonly microsPerKWh: bigint;
  readonly microsPerHour: bigint;
  readonly microsPerSession: bigint;
}

export type ChargeTokenError = DomainError<'TOKEN_MALFORMED'>;

/** Tokens are handed over while a phone is held to a charger. */
export const MOST_TOKEN_BYTES = 300;
export const TOKEN_ID_BYTES = 16;
export const QUOTE_HASH_BYTES = 16;

/** Registered claims. Spec: RFC 8392 §3.1, RFC 8747 §3.1. */
const CLAIM = {
  issuer: 1,
  audience: 3,
  expires: 4,
  notBefore: 5,
  issuedAt: 6,
  tokenId: 7,
  confirmation: 8,
} as const;
const COSE_KEY = 1;
/** Our own claims stand under one number of the private range, as a number there takes five bytes. Spec: RFC 8392 §9.1. */
const PRIVATE = -65_537;
const OWN = {
  energy: 1,
  cost: 2,
  sessions: 3,
  quoteHash: 4,
  currency: 5,
  byEnergy: 6,
  byTime: 7,
  bySession: 8,
  epoch: 9,
} as const;
const GROUP_PREFIX = 'group:';
const MOST_ID_LENGTH = 48;
const CURRENCY = /^[A-Z]{3}$/;

const audienceText = (audience: Audience): string =>
  audience.kind === 'outlet' ? audience.evseId : `${GROUP_PREFIX}${audience.groupId}`;

const claimsOf = (token: ChargeToken): CborMap => {
  const { limits, price } = token;
  const own = new Map<CborValue, CborValue>([
    [OWN.energy, limits.energyWh],
    [OWN.cost, limits.costMicros],
    [OWN.sessions, limits.sessions],
    [OWN.quoteHash, price.quoteHash],
    [OWN.currency, price.currency],
    [OWN.byEnergy, price.microsPerKWh],
    [OWN.byTime, price.microsPerHour],
    [OWN.bySession, price.microsPerSession],
    [OWN.epoch, token.revocationEpoch],
  ]);
  return new Map<CborValue, CborValue>([
    [CLAIM.issuer, token.issuer],
    [CLAIM.audience, audienceText(token.audience)],
    [CLAIM.expires, token.expiresS],
    [CLAIM.notBefore, token.notBeforeS],
    [CLAIM.issuedAt, token.issuedAtS],
    [CLAIM.tokenId, token.tokenId],
    [CLAIM.confirmation, new Map<CborValue, CborValue>([[COSE_KEY, coseKeyOf(token.holder)]])],
    [PRIVATE, own],
  ]);
};

/**
 * Signs a token.
 * @throws RangeError for one that {@link readChargeToken} would not read, or that is longer than {@link MOST_TOKEN_BYTES}: a fault of the issuer
 */
export const issueChargeToken = async (token: ChargeToken, signer: Signer): Promise<Uint8Array> => {
  const payload = encodeCbor(claimsOf(token));
  const read = readChargeToken(payload);
  if (!read.ok) throw new RangeError(read.error.message);
  const signed = await sign1(payload, signer);
  if (signed.length > MOST_TOKEN_BYTES)
    throw new RangeError(`a token of ${signed.length} bytes, at most ${MOST_TOKEN_BYTES} are handed over`);
  return signed;
};

const malformed = (message: string): Result<never, ChargeTokenError> =>
  err({ code: 'TOKEN_MALFORMED', message });

const isId = (value: CborValue | undefined): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MOST_ID_LENGTH;

const readAudience = (text: string): Audience | undefined => {
  if (!text.startsWith(GROUP_PREFIX)) return { kind: 'outlet', evseId: text };
  const groupId = text.slice(GROUP_PREFIX.length);
  return groupId === '' ? undefined : { kind: 'group', groupId };
};

/** Quantities of a token are read as such; `undefined` for what is no whole number. */
const quantity = (value: CborValue | undefined, least = 0): bigint | undefined =>
  isWhole(value, least) ? BigInt(value) : undefined;

const readLimits = (own: CborMap): TokenLimits | undefined => {
  const energyWh = quantity(own.get(OWN.energy), 1);
  const costMicros = quantity(own.get(OWN.cost));
  const sessions = own.get(OWN.sessions);
  if (energyWh === undefined || costMicros === undefined || !isWhole(sessions, 1)) return undefined;
  return { energyWh, costMicros, sessions };
};

const readPrice = (own: CborMap): TokenPrice | undefined => {
  const [quoteHash, currency] = [own.get(OWN.quoteHash), own.get(OWN.currency)];
  const microsPerKWh = quantity(own.get(OWN.byEnergy));
  const microsPerHour = quantity(own.get(OWN.byTime));
  const microsPerSession = quantity(own.get(OWN.bySession));
  if (!isBytes(quoteHash) || quoteHash.length !== QUOTE_HASH_BYTES) return undefined;
  if (typeof currency !== 'string' || !CURRENCY.test(currency)) return undefined;
  if (microsPerKWh === undefined || microsPerHour === undefined || microsPerSession === undefined)
    return undefined;
  return { quoteHash, currency, microsPerKWh, microsPerHour, microsPerSession };
};

/**
 * Reads the claims of a token. Claims that it does not know are refused: whoever issued them meant something by them, and a charger that is alone
 * cannot ask what.
 */
export const readChargeToken = (payload: Uint8Array): Result<ChargeToken, ChargeTokenError> => {
  const item = decodeCbor(payload);
  if (!item.ok) return malformed(item.error.message);
  if (!isMap(item.value)) return malformed('the claims are no map');
  const claims = item.value;
  const [own, confirmation] = [claims.get(PRIVATE), claims.get(CLAIM.confirmation)];
  if (!isMap(own) || !isMap(confirmation)) return malformed('it has no terms, or no key of a holder');
  const known = Object.keys(CLAIM).length + 1;
  if (claims.size !== known || own.size !== Object.keys(OWN).length || confirmation.size !== 1)
    return malformed('it has claims that are not known here, or lacks some');
  const [issuer, aud, tokenId] = [
    claims.get(CLAIM.issuer),
    claims.get(CLAIM.audience),
    claims.get(CLAIM.tokenId),
  ];
  const times = [CLAIM.issuedAt, CLAIM.notBefore, CLAIM.expires].map((label) => claims.get(label));
  const [issuedAtS, notBeforeS, expiresS] = times;
  if (!isId(issuer) || !isId(aud)) return malformed('issuer and audience are texts');
  if (!isBytes(tokenId) || tokenId.length !== TOKEN_ID_BYTES)
    return malformed(`its id has ${TOKEN_ID_BYTES} bytes`);
  if (!isWhole(issuedAtS) || !isWhole(notBeforeS) || !isWhole(expiresS))
    return malformed('times are whole seconds');
  if (expiresS <= notBeforeS) return malformed('it ends before it begins');
  const [audience, holder] = [readAudience(aud), readCoseKey(confirmation.get(COSE_KEY))];
  const [limits, price, revocationEpoch] = [readLimits(own), readPrice(own), own.get(OWN.epoch)];
  if (audience === undefined) return malformed('its group has no name');
  if (holder === undefined) return malformed('the key of its holder is none of P-256');
  if (limits === undefined || price === undefined || !isWhole(revocationEpoch))
    return malformed('its limits or its price are not as they should be');
  return ok({
    tokenId,
    issuer,
    audience,
    issuedAtS,
    notBeforeS,
    expiresS,
    holder,
    limits,
    price,
    revocationEpoch,
  });
};
