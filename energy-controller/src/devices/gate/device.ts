import type { KeyObject } from 'node:crypto';
import type { DeviceOrder, DeviceReading } from '@roamgrid/wire';
import type { Device } from '../machine/device.ts';
import { isProved, newChallenge } from '../proof.ts';
import { gateMemory, gateTable, type GateEvent, type GateMemory, type GateState } from './table.ts';

export interface GateOptions {
  /** Of vehicles that may be given power and data, by id. */
  readonly vehicles: ReadonlyMap<string, KeyObject>;
  /** Of the site's blades, by serial number. */
  readonly blades: ReadonlyMap<string, KeyObject>;
}

type Plain = Omit<DeviceOrder<'gate'>, 'challenge' | 'bladeChallenge'> & { readonly asks: boolean };
export type Gate = Device<'gate', GateState, GateEvent, GateMemory, Plain>;
type Reading = DeviceReading<'gate'>;

/** The gate of an outlet. */
export const gate = ({ vehicles, blades }: GateOptions): Gate => {
  let asked = { round: -1, challenge: newChallenge() };
  let bladeChallenge = newChallenge();
  const challengeOf = (round: number): string => {
    if (asked.round !== round) asked = { round, challenge: newChallenge() };
    return asked.challenge;
  };
  const vehicleEvent = ({ round }: GateMemory, { vehicle }: Reading): GateEvent | undefined => {
    if (vehicle?.challenge !== challengeOf(round)) return undefined;
    const key = vehicles.get(vehicle.id);
    const isTrue = key !== undefined && isProved(key, 'vehicle', vehicle);
    return { type: isTrue ? 'vehicle-proved' : 'vehicle-refused' };
  };
  const bladeEvent = (memory: GateMemory, reading: Reading): GateEvent | undefined => {
    const known = [...memory.blades, ...memory.refusedBlades];
    const gone = known.find((id) => !reading.blades.some((blade) => blade.id === id));
    if (gone !== undefined) return { type: 'blade-gone', id: gone };
    for (const { id, proof } of reading.blades) {
      if (known.includes(id) || proof?.challenge !== bladeChallenge) continue;
      const key = blades.get(id);
      const isTrue = proof.id === id && key !== undefined && isProved(key, 'blade', proof);
      // What was heard of it admits no other one.
      if (isTrue) bladeChallenge = newChallenge();
      return { type: isTrue ? 'blade-proved' : 'blade-refused', id };
    }
    return undefined;
  };
  return {
    kind: 'gate',
    table: gateTable,
    memory: gateMemory,
    operatorRequests: ['clear', 'cut-blade'],
    stationRequests: ['driver-refused'],
    // Whatever happens to its controller, power and data end sooner than the 100 ms after a failure.
    leaseMs: 80,
    perceive: ({ state, memory }, reading) => {
      const event = bladeEvent(memory, reading);
      if (event !== undefined) return event;
      switch (state) {
        case 'checking':
        case 'away':
          return { type: 'found' };
        case 'closed':
          return reading.isPlugged ? { type: 'plugged' } : undefined;
        case 'challenging':
        case 'renewing':
          return reading.isPlugged ? vehicleEvent(memory, reading) : { type: 'unplugged' };
        case 'open': {
          if (!reading.isPlugged) return { type: 'unplugged' };
          // Another one that is put in the place of the first answers the same question anew.
          const now = vehicleEvent(memory, reading);
          return now?.type === 'vehicle-refused' ? now : undefined;
        }
        case 'refused':
          return reading.isPlugged ? undefined : { type: 'unplugged' };
        case 'barred':
          return undefined;
      }
    },
    dress: ({ asks, ...plain }, { memory }) => ({
      ...plain,
      challenge: asks ? challengeOf(memory.round) : null,
      bladeChallenge,
    }),
    requestOf: (type, id) => {
      if (type === 'clear' || type === 'driver-refused') return { type };
      return type === 'cut-blade' && id !== undefined ? { type, id } : undefined;
    },
    facts: ({ isPlugged, currentMilliA, blades: there }) => ({
      isPlugged: isPlugged ? 'yes' : 'no',
      currentMilliA: currentMilliA.toString(),
      blades: there.length.toString(),
    }),
  };
};
