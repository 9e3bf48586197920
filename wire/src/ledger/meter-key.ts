import { hash } from 'node:crypto';
import type { MeterJwk } from '../codec/meter-jwk.ts';

/** A meter key's id in books and registry: what it verifies with, not what its owner calls it. The usual curve goes without its name. */
export const meterKeyId = ({ crv, x, y }: Pick<MeterJwk, 'crv' | 'x' | 'y'>): string =>
  hash('sha256', crv === 'P-256' ? `${x}.${y}` : `${crv}.${x}.${y}`, 'hex').slice(0, 32);
