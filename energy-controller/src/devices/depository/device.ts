import type { DeviceOrder } from '@roamgrid/wire';
import { BadgeReader, type Badge } from '../badges.ts';
import type { Device } from '../machine/device.ts';
import {
  depositoryMemory,
  depositoryTable,
  type DepositoryEvent,
  type DepositoryMemory,
  type DepositoryState,
} from './table.ts';

export interface DepositoryOptions {
  readonly badges: readonly Badge[];
}

export type Depository = Device<
  'depository',
  DepositoryState,
  DepositoryEvent,
  DepositoryMemory,
  Omit<DeviceOrder<'depository'>, 'challenge'>
>;

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((serial) => b.includes(serial));

/** Where the door is, when the machine takes it to be elsewhere. */
const doorEvent = (state: DepositoryState, door: 'open' | 'shut'): DepositoryEvent | undefined => {
  const type = door === 'open' ? 'door-open' : 'door-shut';
  if (state === 'checking' || state === 'away') return { type };
  const isTakenForOpen = state === 'open' || state === 'left-open' || state === 'forced';
  return isTakenForOpen === (door === 'open') ? undefined : { type };
};

/** A depository whose door opens to the badges that are given. */
export const depository = ({ badges }: DepositoryOptions): Depository => {
  const reader = new BadgeReader(badges);
  return {
    kind: 'depository',
    table: depositoryTable,
    memory: depositoryMemory,
    operatorRequests: [],
    stationRequests: [],
    leaseMs: 5_000,
    perceive: ({ state, memory }, reading) => {
      const { spares, faulty } = reading;
      if (!memory.isKnown || spares !== memory.spares || !isSame(faulty, memory.faulty))
        return { type: 'blades', spares, faulty };
      return doorEvent(state, reading.door) ?? reader.hear(reading.badge);
    },
    dress: (plain) => ({ ...plain, challenge: reader.challenge }),
    requestOf: () => undefined,
    facts: ({ door, latch, spares, faulty }) => ({
      door,
      latch,
      spares: spares.toString(),
      faulty: faulty.length.toString(),
    }),
  };
};
