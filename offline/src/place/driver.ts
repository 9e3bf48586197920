import { isSame } from '../cbor/bytes.ts';
import { encodeCbor } from '../cbor/cbor.ts';
import type { PublicKey, Suite } from '../suite/suite.ts';

export const DRIVER_BYTES = 8;
const PURPOSE = 'roamgrid-driver';

/**
 * Whose reservations and outlets a charger knows by his phone's key, under a name of each outlet's own: the first 8 bytes of a SHA-256 over the
 * outlet's id and the key. Whoever reads the lists of many outlets cannot tell where the same phone is; who has the whole key can.
 */
export const driverAt = async (
  evseId: string,
  { x }: Pick<PublicKey, 'x'>,
  suite: Pick<Suite, 'sha256'>,
): Promise<Uint8Array> => (await suite.sha256(encodeCbor([PURPOSE, evseId, x]))).slice(0, DRIVER_BYTES);

export const isAmong = (drivers: readonly Uint8Array[], driver: Uint8Array): boolean =>
  drivers.some((one) => isSame(one, driver));
