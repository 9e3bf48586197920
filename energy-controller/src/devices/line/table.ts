import type { DeviceOrder } from '@roamgrid/wire';
import { z } from 'zod';
import {
  anomaly,
  type CommonEvent,
  commonEvents,
  commonWays,
  type Notice,
  type Table,
  unheardStates,
  waysOf,
} from '../machine/table.ts';

/**
 * SITE-11: fault-managed power. Every pulse has an order of its own, which is given only after the test behind the pulse before it was
 * good; and the first one only after transmitter and receiver proved themselves to each other.
 */

const PROVES_WITHIN_MS = 2_000;

export const lineMemory = z.strictObject({
  /** The pulse that is ordered, once the line is live. */
  pulse: z.int(),
  /** Counts the times that the two were asked to prove themselves. */
  round: z.int(),
});
export type LineMemory = z.infer<typeof lineMemory>;

export type LineState = 'checking' | 'away' | 'off' | 'challenging' | 'proving' | 'live' | 'tripped';

export type LineEvent =
  | { readonly type: 'on' }
  | { readonly type: 'off' }
  | { readonly type: 'found' }
  | { readonly type: 'receiver-proved' }
  | { readonly type: 'receiver-refused' }
  | { readonly type: 'receiver-trusts'; readonly pulse: number }
  | { readonly type: 'receiver-left' }
  | { readonly type: 'pulse-passed'; readonly pulse: number }
  | { readonly type: 'contact'; readonly pulse: number }
  | { readonly type: 'line-fault'; readonly pulse: number }
  | { readonly type: 'no-proof' };

type State = LineState;
type Event = LineEvent | CommonEvent;
type Memory = LineMemory;
const way = waysOf<State, Event, Memory>();

const told =
  (code: string, says: string) =>
  (
    _before: Memory,
    _after: Memory,
    { pulse }: { readonly type: string; readonly pulse?: number },
  ): readonly Notice[] => [anomaly(code, says, pulse === undefined ? {} : { pulse: pulse.toString() })];

const anew = (memory: Memory): Memory => ({ ...memory, round: memory.round + 1 });
const proves = { ms: PROVES_WITHIN_MS, then: { type: 'no-proof' } } as const;

/** What the transmitter is to do; proofs and challenges come to it on the way. */
export interface LinePlain {
  readonly pulse: DeviceOrder<'line'>['pulse'];
  readonly asks: boolean;
  readonly proves: boolean;
}

export const lineTable: Table<State, Event, Memory, LinePlain> = {
  initial: { state: 'checking', memory: { pulse: 0, round: 0 } },
  states: {
    ...unheardStates,
    off: { says: 'the line is off', isSafe: true },
    challenging: { says: 'the receiver is asked who it is', isSafe: true, lasts: proves },
    proving: { says: 'the transmitter proves itself to the receiver', isSafe: true, lasts: proves },
    live: { says: 'pulses are given, with a test after each' },
    tripped: { says: 'a test was bad, and the line is off', isSafe: true },
  },
  events: {
    on: 'request',
    off: 'request',
    found: 'signal',
    'receiver-proved': 'signal',
    'receiver-refused': 'signal',
    'receiver-trusts': 'signal',
    'receiver-left': 'signal',
    'pulse-passed': 'signal',
    contact: 'signal',
    'line-fault': 'signal',
    ...commonEvents,
    'no-proof': 'timer',
  },
  ways: [
    way(['checking', 'away'], 'found', 'off'),
    way('any', 'found', 'same', { isLight: true }),
    way(['off', 'tripped'], 'on', 'challenging', { then: anew }),
    way(['challenging', 'proving', 'live'], 'on', 'same'),
    way(['off', 'challenging', 'proving', 'live', 'tripped'], 'off', 'off'),

    way(['challenging'], 'receiver-proved', 'proving'),
    way('any', 'receiver-proved', 'same', { isLight: true }),
    way(['challenging'], 'receiver-refused', 'off', {
      tells: told('RECEIVER_REFUSED', 'the receiver of the line did not prove who it is'),
    }),
    way('any', 'receiver-refused', 'same', { isLight: true }),
    way(['proving'], 'receiver-trusts', 'live', {
      then: (memory, { pulse }) => ({ ...memory, pulse: pulse + 1 }),
    }),
    way('any', 'receiver-trusts', 'same', { isLight: true }),
    way(['challenging'], 'no-proof', 'off', {
      tells: told('RECEIVER_REFUSED', 'the receiver of the line did not prove who it is'),
    }),
    way(['proving'], 'no-proof', 'off', {
      tells: told(
        'TRANSMITTER_REFUSED',
        'the receiver of the line does not take our transmitter for a true one',
      ),
    }),

    way(['live'], 'pulse-passed', 'same', {
      when: 'it was the one that was ordered',
      holds: (memory, { pulse }) => pulse === memory.pulse,
      then: (memory, { pulse }) => ({ ...memory, pulse: pulse + 1 }),
      isLight: true,
    }),
    way('any', 'pulse-passed', 'same', { isLight: true }),
    way(['live', 'proving'], 'contact', 'tripped', {
      tells: told('LINE_CONTACT', 'somebody or something touches the line'),
    }),
    way('any', 'contact', 'same', { isLight: true }),
    way(['live', 'proving'], 'line-fault', 'tripped', {
      tells: told('LINE_FAULT', 'the line is broken or short'),
    }),
    way('any', 'line-fault', 'same', { isLight: true }),
    way(['live'], 'receiver-left', 'off', {
      tells: told('RECEIVER_LEFT', 'the receiver of the line left while it was live'),
    }),
    way('any', 'receiver-left', 'same', { isLight: true }),

    ...commonWays<State, Event, Memory>(),
  ],
  order: (state, { pulse }) => ({
    pulse: state === 'live' ? pulse : null,
    asks: state === 'challenging' || state === 'proving',
    proves: state === 'proving',
  }),
};
