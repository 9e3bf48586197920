import { decodeCbor, encodeCbor, isBytes, listOf, type CborValue } from '../cbor/cbor.ts';
import { PROTOCOL } from '../handshake/channel.ts';
import { KEY_BYTES, NONCE_BYTES, POINT_BYTES, type Agreement, type Suite } from '../suite/suite.ts';

/** What is carried by strangers to one reader: a new point for each, the key from it and the reader's. Spec: as RFC 9180's base mode. */

const keysOf = async (suite: Suite, secret: Uint8Array, points: readonly Uint8Array[]) => {
  const info = new TextEncoder().encode(`${PROTOCOL} carried`);
  const all = await suite.derive(
    secret,
    await suite.sha256(encodeCbor(points)),
    info,
    KEY_BYTES + NONCE_BYTES,
  );
  return { key: all.slice(0, KEY_BYTES), nonce: all.slice(KEY_BYTES) };
};

/** @throws RangeError when the reader's point is none */
export const sealFor = async (
  suite: Suite,
  readerPoint: Uint8Array,
  message: CborValue,
  beside: Uint8Array,
): Promise<Uint8Array> => {
  const agreement = await suite.newAgreement();
  const secret = await agreement.agree(readerPoint);
  if (secret === undefined) throw new RangeError('the reader has no such point');
  const keys = await keysOf(suite, secret, [agreement.point, readerPoint]);
  return encodeCbor([agreement.point, await suite.seal({ ...keys, beside }, encodeCbor(message))]);
};

/** Undefined for what was not sealed for this reader, or is altered. */
export const openSealed = async (
  suite: Suite,
  reader: Agreement,
  bytes: Uint8Array,
  beside: Uint8Array,
): Promise<CborValue | undefined> => {
  const [point, sealed] = listOf(bytes);
  if (!isBytes(point) || point.length !== POINT_BYTES || !isBytes(sealed)) return undefined;
  const secret = await reader.agree(point);
  if (secret === undefined) return undefined;
  const keys = await keysOf(suite, secret, [point, reader.point]);
  const plain = await suite.open({ ...keys, beside }, sealed);
  const message = plain && decodeCbor(plain);
  return message?.ok === true ? message.value : undefined;
};
