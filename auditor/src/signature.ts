import { concat, fromBase64Url, utf8, type Bytes, base64UrlOf } from './bytes.ts';
import { canonical, type Json, type Value } from './json.ts';
import { parse } from './json.ts';
import { hold, readable } from './failure.ts';
import { exactly, list, object, text, whole } from './shape.ts';
import type { Primitives } from './primitives.ts';
import { bytesOfCurve, P256 } from './session/meter-curves.ts';
import { textOf } from './bytes.ts';

/** Keys and compact signatures. Spec: RFC 7517, RFC 7515, ES256 of RFC 7518 §3.4. */

export interface Key {
  readonly kid: string;
  readonly point: Bytes;
}

/** A key with the time in which it counts. */
export interface DatedKey extends Key {
  /** Of a key that signs readings any that meters sign on; of any other P-256. */
  readonly curve: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Of a key that signs readings: the meter whose registers it states, and whether the meter or its operator holds it. */
  readonly meterId: string | undefined;
  readonly signedBy: string | undefined;
}

const UNCOMPRESSED = 4;

const pointOf = (x: Json | undefined, y: Json | undefined): Bytes =>
  concat(
    Uint8Array.of(UNCOMPRESSED),
    fromBase64Url(text(x, 'a key’s x')),
    fromBase64Url(text(y, 'a key’s y')),
  );

/** A public key alone. @throws Unreadable */
export const readKey = (value: Json | undefined, what: string): Key => {
  const { kid, x, y, kty, crv } = exactly(value, what, ['crv', 'kid', 'kty', 'x', 'y']);
  readable(kty === 'EC' && crv === 'P-256', `${what} is not on P-256`);
  return { kid: text(kid, `${what}’s id`), point: pointOf(x, y) };
};

export const readDatedKeys = (value: Json | undefined, what: string): readonly DatedKey[] =>
  list(value, what).map((each) => {
    const { kid, crv, x, y, fromMs, untilMs, meterId, signedBy } = object(each, what);
    const curve = text(crv, `${what}’s curve`);
    const point = pointOf(x, y);
    const bytes = meterId === undefined && curve !== P256 ? undefined : bytesOfCurve(curve);
    readable(bytes !== undefined, `${what} is on ${curve}, on which nobody here signs`);
    readable(point.length === 1 + 2 * bytes, `${what} is no point of ${curve}`);
    return {
      kid: text(kid, `${what}’s id`),
      curve,
      point,
      fromMs: whole(fromMs, `${what}’s begin`),
      untilMs: untilMs === undefined ? Infinity : whole(untilMs, `${what}’s end`),
      meterId: meterId === undefined ? undefined : text(meterId, `${what}’s meter`),
      signedBy: signedBy === undefined ? undefined : text(signedBy, `${what}’s holder`),
    };
  });

/** Keys that counted at an instant, as far as clocks that differ by the skew can tell. */
export const keysAt = (keys: readonly DatedKey[], atMs: number, skewMs = 0): readonly DatedKey[] =>
  keys.filter(({ fromMs, untilMs }) => fromMs - skewMs <= atMs && atMs < untilMs + skewMs);

/** What is signed of a document with this header and payload. */
export const signingInput = (typ: string, kid: string, payload: Value): string =>
  `${base64UrlOf(utf8(canonical({ alg: 'ES256', kid, typ })))}.${base64UrlOf(utf8(canonical(payload)))}`;

export const isSigned = (
  { verify }: Primitives,
  key: Key,
  signed: string,
  signature: string,
): boolean | Promise<boolean> => verify(key.point, fromBase64Url(signature), utf8(signed));

export interface Document {
  readonly kid: string;
  readonly payload: Json;
}

/** Opens a compact signature of one type by the first of the keys that it names. @throws Failed, Unreadable */
export const openDocument = async (
  primitives: Primitives,
  jws: string,
  typ: string,
  keys: readonly Key[],
  what: string,
): Promise<Document> => {
  const [head = '', body = '', signature = '', ...more] = jws.split('.');
  readable(more.length === 0 && signature !== '', `${what} is no compact signature`);
  const header = parse(textOf(fromBase64Url(head)));
  const { alg, kid } = exactly(header, `${what}’s header`, ['alg', 'kid', 'typ']);
  hold(object(header, what)['typ'] === typ && alg === 'ES256', `${what} is not a ${typ}`);
  const key = keys.find((each) => each.kid === kid);
  hold(key !== undefined, `${what} is signed by a key that its signer did not have`);
  hold(
    await isSigned(primitives, key, `${head}.${body}`, signature),
    `${what}: the signature does not verify`,
  );
  return { kid: key.kid, payload: parse(textOf(fromBase64Url(body))) };
};
