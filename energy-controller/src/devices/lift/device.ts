import type { DeviceOrder, DeviceReading } from '@roamgrid/wire';
import { BadgeReader, type Badge } from '../badges.ts';
import type { Device } from '../machine/device.ts';
import {
  LOWERED_MM,
  liftMemory,
  liftTable,
  type LiftEvent,
  type LiftMemory,
  type LiftState,
} from './table.ts';

/** How far an end switch and the encoder may be apart. */
const APART_MM = 20;

export interface LiftOptions {
  readonly badges: readonly Badge[];
}

export type Lift = Device<'lift', LiftState, LiftEvent, LiftMemory, Omit<DeviceOrder<'lift'>, 'challenge'>>;

type Reading = DeviceReading<'lift'>;

/** Both ends at once, an end where the encoder says another place, or the encoder at an end whose switch says nothing. */
const disagrees = ({ top, bottom, depthMm }: Reading): boolean =>
  (top && bottom) ||
  (top && depthMm > APART_MM) ||
  (bottom && depthMm < LOWERED_MM - APART_MM) ||
  (!top && depthMm < -APART_MM) ||
  (!bottom && depthMm > LOWERED_MM + APART_MM);

/** Where the stack is, when the machine takes it to be elsewhere. */
const placeEvent = (state: LiftState, back: LiftMemory['back'], reading: Reading): LiftEvent | undefined => {
  const { top, bottom } = reading;
  const isUnknown = state === 'checking' || state === 'away';
  if (isUnknown) return { type: top ? 'at-top' : bottom ? 'at-bottom' : 'at-neither' };
  const goesUp = state === 'raising' || (state === 'backing' && back === 'raise');
  const goesDown = state === 'lowering' || (state === 'backing' && back === 'lower');
  if (goesUp && top) return { type: 'at-top' };
  if (goesDown && bottom) return { type: 'at-bottom' };
  const hasLeft = (state === 'raised' && !top) || (state === 'lowered' && !bottom);
  return hasLeft ? { type: 'at-neither' } : undefined;
};

const REQUESTS = ['raise', 'lower', 'stop', 'clear-fault'] as const;

/** A lift whose hatch is released to technicians' badges. */
export const lift = ({ badges }: LiftOptions): Lift => {
  const reader = new BadgeReader(badges);
  return {
    kind: 'lift',
    table: liftTable,
    memory: liftMemory,
    operatorRequests: REQUESTS,
    stationRequests: [],
    // At 50 mm a second it has moved no further than a hand's breadth when its controller dies.
    leaseMs: 1_000,
    perceive: ({ state, memory }, reading) => {
      if (state !== 'fault' && disagrees(reading)) return { type: 'switches-disagree' };
      const moves = state === 'raising' || state === 'lowering' || state === 'backing';
      if (moves && reading.isObstructed) return { type: 'obstructed' };
      if (reading.hatch !== memory.hatchSeen) return { type: 'hatch', is: reading.hatch };
      return placeEvent(state, memory.back, reading) ?? reader.hear(reading.badge);
    },
    dress: (plain) => ({ ...plain, challenge: reader.challenge }),
    requestOf: (type) => {
      const request = REQUESTS.find((one) => one === type);
      return request && { type: request };
    },
    facts: ({ depthMm, hatch, isObstructed }) => ({
      depthMm: depthMm.toString(),
      hatch,
      isObstructed: isObstructed ? 'yes' : 'no',
    }),
  };
};
