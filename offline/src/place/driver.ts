import { isSame } from '../cbor/bytes.ts';
import type { PublicKey } from '../suite/suite.ts';

/** A driver is known by the key of his phone, and that by its first bytes: nothing else of him is at a charger. */
export const DRIVER_BYTES = 8;

export const driverOf = ({ x }: Pick<PublicKey, 'x'>): Uint8Array => x.slice(0, DRIVER_BYTES);

export const isAmong = (drivers: readonly Uint8Array[], driver: Uint8Array): boolean =>
  drivers.some((one) => isSame(one, driver));
