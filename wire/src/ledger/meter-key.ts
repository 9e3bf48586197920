import { hash } from 'node:crypto';
import type { PublicJwk } from '../codec/scalars.ts';

/** A meter key's id in books and registry: what it verifies with, not what its owner calls it. */
export const meterKeyId = ({ x, y }: Pick<PublicJwk, 'x' | 'y'>): string =>
  hash('sha256', `${x}.${y}`, 'hex').slice(0, 32);
