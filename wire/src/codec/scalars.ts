import { z } from 'zod';

const integerText = z.string().regex(/^-?(0|[1-9]\d{0,30})$/, 'an integer as a decimal string');
const naturalText = z.string().regex(/^(0|[1-9]\d{0,30})$/, 'a non-negative integer as a decimal string');

/** Decimal string on the wire, bigint in the program: the only way a bigint crosses JSON. */
const integerCodec = () =>
  z.codec(integerText, z.bigint(), { decode: (text) => BigInt(text), encode: (n) => n.toString() });
const naturalCodec = () =>
  z.codec(naturalText, z.bigint(), { decode: (text) => BigInt(text), encode: (n) => n.toString() });

/** An amount of money in 10⁻⁶ of the currency unit; may be negative. */
export const microsCodec = integerCodec();
/** A non-negative amount of money in 10⁻⁶ of the currency unit. */
export const naturalMicrosCodec = naturalCodec();
/** Energy in watt-hours, never negative. */
export const energyWhCodec = naturalCodec();
/** A meter's register in milliwatt-hours, never negative: meters sign tenths of a watt-hour. */
export const energyMilliWhCodec = naturalCodec();
/** Power in watts, never negative. */
export const powerWCodec = naturalCodec();
/** Parts per million; may be negative (a discount). */
export const ppmCodec = integerCodec();

/** Whether a number that databases add up fits into their 64 bits. */
export const isInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

/** Milliseconds since 1970-01-01T00:00:00Z; bounded by the year 2200 so that a seconds/microseconds mix-up is refused. */
export const instantMs = z.int().min(0).max(7_258_118_400_000);
/** SHA-256 as 64 lower-case hexadecimal digits. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex');
/** 32 random bytes in hex that keep a private body from being guessed from its hash. */
export const salt = sha256Hex;
/** ISO 4217 currency code. */
export const currencyCode = z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 currency code');
/** ISO 639-1 language code. Spec: OCPI 2.2.1 §12.3.2, `Token.language`. */
export const languageCode = z.string().regex(/^[a-z]{2}$/, 'an ISO 639-1 language code');
/** Compact JWS (RFC 7515 §7.1). */
export const compactJws = z
  .string()
  .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, 'a compact JWS')
  .max(16_384);
/** Key id of a signing key. */
export const keyId = z.string().regex(/^[\w.-]{1,64}$/);
/** Five characters: country code and party id, the routing key of a CIN (OCPI `country_code` + `party_id`). */
export const utilityId = z
  .string()
  .regex(/^[A-Z]{2}[A-Z0-9]{3}$/, 'a utility id: country code and party id, such as USDUK');
/** Fabric membership service provider id. */
export const mspId = z.string().regex(/^[A-Za-z][A-Za-z0-9.-]{0,62}$/);
/** Id of a record that the submitter chose: unguessability is not needed, uniqueness within its type is. */
export const recordId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'an id of 1–64 letters, digits, . _ -');
/** Charging outlet. Spec: OCPI 2.2.1 mod_locations EVSE.evse_id (eMI3 / ISO 15118 EVSE id). */
export const evseId = z
  .string()
  .regex(/^[A-Z]{2}\*[A-Z0-9]{3}\*E[A-Z0-9*]{1,30}$/, 'an EVSE id such as US*DUK*E0001*1');
/** A Fabric channel's name. Spec: Fabric's channel naming rules. */
export const channelName = z.string().regex(/^[a-z][a-z0-9.-]{0,248}$/, 'a channel name');
/** Keyed hash of a CIN that only its home utility can recompute. */
export const cinRef = sha256Hex;
/** IANA time zone name. */
export const timeZoneName = z
  .string()
  .regex(/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+){0,2}$/)
  .max(64);
/** 32 bytes in base64url: the last character has two bits that no byte holds, so one text is right for each value. */
const coordinate = z.string().regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/, '32 bytes in base64url');
/** ECDSA P-256 public key as a JSON Web Key (RFC 7517). */
export const publicJwk = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: coordinate,
  y: coordinate,
  kid: keyId,
});
export type PublicJwk = z.infer<typeof publicJwk>;
