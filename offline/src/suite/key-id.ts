import { POINT_BYTES, type PublicKey, type Suite } from './suite.ts';

const KEY_ID_BYTES = 8;
const WHOLE = 4;

/**
 * How a key of the ledger's registry is named in COSE: the first 8 bytes of the SHA-256 of its whole point. Nobody chooses it, so a
 * charger, a contract and a service name a key alike.
 */
export const keyIdOf = async (
  { x, y }: PublicKey & { readonly y: Uint8Array },
  suite: Pick<Suite, 'sha256'>,
): Promise<Uint8Array> => {
  const point = new Uint8Array(POINT_BYTES);
  point[0] = WHOLE;
  point.set(x, 1);
  point.set(y, 1 + x.length);
  return (await suite.sha256(point)).slice(0, KEY_ID_BYTES);
};
