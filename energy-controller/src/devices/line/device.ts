import type { KeyObject } from 'node:crypto';
import type { DeviceReading } from '@roamgrid/wire';
import type { Device } from '../machine/device.ts';
import { isProved, newChallenge, prove } from '../proof.ts';
import {
  lineMemory,
  lineTable,
  type LineEvent,
  type LineMemory,
  type LinePlain,
  type LineState,
} from './table.ts';

export interface LineOptions {
  readonly transmitter: { readonly id: string; readonly privateKey: KeyObject };
  readonly receiver: { readonly id: string; readonly publicKey: KeyObject };
}

export type Line = Device<'line', LineState, LineEvent, LineMemory, LinePlain>;

const REQUESTS = ['on', 'off'] as const;

/** A fault-managed line between a transmitter, which is ours, and a receiver, each with a key of its own. */
export const line = ({ transmitter, receiver }: LineOptions): Line => {
  let asked = { round: -1, challenge: newChallenge() };
  /** What the receiver asked last. */
  let theirs: string | null = null;
  const challengeOf = (round: number): string => {
    if (asked.round !== round) asked = { round, challenge: newChallenge() };
    return asked.challenge;
  };
  /** What the receiver showed of the present challenge. */
  const heard = (round: number, shown: DeviceReading<'line'>['receiver']): LineEvent | undefined => {
    if (shown?.challenge !== challengeOf(round)) return undefined;
    const isTrue = shown.id === receiver.id && isProved(receiver.publicKey, 'receiver', shown);
    return { type: isTrue ? 'receiver-proved' : 'receiver-refused' };
  };
  return {
    kind: 'line',
    table: lineTable,
    memory: lineMemory,
    operatorRequests: REQUESTS,
    stationRequests: [],
    leaseMs: 100,
    perceive: ({ state, memory }, reading) => {
      const { pulse, test } = reading;
      theirs = reading.challenge;
      switch (state) {
        case 'checking':
        case 'away':
          return { type: 'found' };
        case 'challenging':
          return heard(memory.round, reading.receiver);
        case 'proving':
          if (!reading.isTrusting) return undefined;
          return test === 'good' ? { type: 'receiver-trusts', pulse } : { type: test, pulse };
        case 'live':
          if (test !== 'good') return { type: test, pulse };
          if (!reading.isTrusting) return { type: 'receiver-left' };
          return pulse === memory.pulse ? { type: 'pulse-passed', pulse } : undefined;
        case 'off':
        case 'tripped':
          return undefined;
      }
    },
    dress: ({ pulse, asks, proves }, { memory }) => ({
      pulse,
      challenge: asks ? challengeOf(memory.round) : null,
      proof:
        proves && theirs !== null
          ? prove(transmitter.privateKey, 'transmitter', transmitter.id, theirs)
          : null,
    }),
    requestOf: (type) => {
      const request = REQUESTS.find((one) => one === type);
      return request && { type: request };
    },
    facts: ({ pulse, test, isTrusting }) => ({
      pulse: pulse.toString(),
      test,
      isTrusting: isTrusting ? 'yes' : 'no',
    }),
  };
};
