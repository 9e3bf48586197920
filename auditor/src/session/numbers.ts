import { fromBase64 } from '../bytes.ts';
import { readable } from '../failure.ts';

/** Session numbers as they stand in the state: bits from a first number on, the lowest bit first. */

/** How many numbers one record of ends has. */
export const RANGE = 2_048;

export const rangeOf = (number: number): number => Math.floor((number - 1) / RANGE);
export const firstOf = (range: number): number => range * RANGE + 1;

/** Numbers of the set, ascending. @throws Unreadable */
export const numbersOf = (first: number, bits: string): readonly number[] => {
  const found: number[] = [];
  const bytes = fromBase64(bits);
  readable(bytes.length <= RANGE / 8, 'a set of numbers is too large');
  for (const [index, byte] of bytes.entries())
    for (let bit = 0; bit < 8; bit += 1) if (((byte >> bit) & 1) === 1) found.push(first + index * 8 + bit);
  return found;
};

export interface SessionName {
  readonly laneId: string;
  readonly vun: string;
  readonly hun: string;
  readonly group: string;
  readonly number: number;
}

/** The pair and group that a lane's id says. @throws Unreadable */
export const partsOfLane = (laneId: string): Omit<SessionName, 'laneId' | 'number'> => {
  const { vun, hun, group } = nameOf(`${laneId}-1`);
  return { vun, hun, group };
};

/** @throws Unreadable */
export const nameOf = (sessionId: string): SessionName => {
  const match = /^(([A-Z]{2}[A-Z0-9]{3})-([A-Z]{2}[A-Z0-9]{3})-([a-z0-9]{1,12}))-([1-9]\d{0,9})$/.exec(
    sessionId,
  );
  readable(match !== null, `${sessionId} is no session`);
  const [, laneId = '', vun = '', hun = '', group = '', number = ''] = match;
  return { laneId, vun, hun, group, number: Number(number) };
};
