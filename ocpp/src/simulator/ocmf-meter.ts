import type { KeyObject } from 'node:crypto';
import { signOcmf, type MeterStatement } from '@roamgrid/wire';

export interface Reading {
  readonly atMs: number;
  readonly registerMilliWh: bigint;
}

/** Signs a transaction’s begin and end in one text, as meters do that sign only when it is over. */
export type SignEnd = (begin: Reading, end: Reading) => string;

export const createOcmfMeter = (
  key: KeyObject,
  about: Pick<MeterStatement, 'gateway' | 'meter' | 'evseId'>,
): SignEnd => {
  let page = 0;
  return (begin, end) => {
    page += 1;
    const readings = [
      { ...begin, transaction: 'B', sync: 'S' },
      { ...end, transaction: 'E', sync: 'S' },
    ] as const;
    return signOcmf({ ...about, page, readings }, key);
  };
};
