import type { DeviceOrder } from '@roamgrid/wire';
import { z } from 'zod';
import {
  type CommonEvent,
  commonEvents,
  commonWays,
  type Table,
  unheardStates,
  waysOf,
} from '../machine/table.ts';

/**
 * SITE-10: the gate between a charging station and what is plugged into it. Power, data and the block for fault-managed power are given to
 * a vehicle that proved who it is, and taken when it fails to, or its driver's authentication fails; blades are admitted one by one.
 */

export const FAILURES_TO_TAMPER = 10;
const ANSWERS_WITHIN_MS = 2_000;
const PROOF_HOLDS_MS = 30_000;
const BARRED_MS = 600_000;

export const gateMemory = z.strictObject({
  /** Authentications that failed since the last good one; a restart does not forget them. */
  failures: z.int(),
  /** Counts the times that the vehicle was asked. */
  round: z.int(),
  /** Admitted blades, and those that were refused and are still there. */
  blades: z.array(z.string()),
  refusedBlades: z.array(z.string()),
});
export type GateMemory = z.infer<typeof gateMemory>;

export type GateState =
  'checking' | 'away' | 'closed' | 'challenging' | 'open' | 'renewing' | 'refused' | 'barred';

export type GateEvent =
  | { readonly type: 'found' }
  | { readonly type: 'plugged' }
  | { readonly type: 'unplugged' }
  | { readonly type: 'vehicle-proved' }
  | { readonly type: 'vehicle-refused' }
  | { readonly type: 'no-answer' }
  | { readonly type: 'proof-old' }
  /** The station's own authentication of a driver failed. */
  | { readonly type: 'driver-refused' }
  | { readonly type: 'blade-proved'; readonly id: string }
  | { readonly type: 'blade-refused'; readonly id: string }
  | { readonly type: 'blade-gone'; readonly id: string }
  | { readonly type: 'cut-blade'; readonly id: string }
  | { readonly type: 'clear' }
  | { readonly type: 'bar-over' };

type State = GateState;
type Event = GateEvent | CommonEvent;
type Memory = GateMemory;
const way = waysOf<State, Event, Memory>();

const FAILS = ['vehicle-refused', 'no-answer', 'driver-refused'] as const;
/** Where each failure can happen. */
const FAILS_IN = {
  'vehicle-refused': ['challenging', 'renewing', 'open'],
  'no-answer': ['challenging', 'renewing'],
  'driver-refused': ['closed', 'challenging', 'open', 'renewing', 'refused'],
} as const satisfies Record<(typeof FAILS)[number], readonly State[]>;

const failing = FAILS.flatMap((type) => [
  way(FAILS_IN[type], type, 'barred', {
    when: 'the tenth time in a row',
    holds: ({ failures }) => failures + 1 >= FAILURES_TO_TAMPER,
    then: (memory) => ({ ...memory, failures: 0 }),
    tells: () => [
      {
        kind: 'TAMPER',
        code: 'AUTHENTICATIONS_FAILED',
        says: `${FAILURES_TO_TAMPER} authentications in a row failed at the gate`,
        facts: { last: type },
      },
    ],
  }),
  way(FAILS_IN[type], type, 'refused', {
    then: (memory) => ({ ...memory, failures: memory.failures + 1 }),
  }),
]);

const without = (list: readonly string[], id: string): string[] => list.filter((one) => one !== id);
const anew = (memory: Memory): Memory => ({ ...memory, round: memory.round + 1 });
/** While nobody looked, another blade may have come into a slot: each proves itself anew. Those that were refused stay so. */
const unadmitted = (memory: Memory): Memory => ({ ...memory, blades: [] });
const proved = (memory: Memory): Memory => ({ ...memory, failures: 0 });
const answers = { ms: ANSWERS_WITHIN_MS, then: { type: 'no-answer' } } as const;

export const gateTable: Table<
  State,
  Event,
  Memory,
  Omit<DeviceOrder<'gate'>, 'challenge' | 'bladeChallenge'> & { readonly asks: boolean }
> = {
  initial: { state: 'checking', memory: { failures: 0, round: 0, blades: [], refusedBlades: [] } },
  states: {
    ...unheardStates,
    closed: { says: 'nothing is plugged in', isSafe: true },
    challenging: { says: 'the vehicle is asked who it is', isSafe: true, lasts: answers },
    open: {
      says: 'the vehicle has power and data',
      lasts: { ms: PROOF_HOLDS_MS, then: { type: 'proof-old' } },
    },
    renewing: { says: 'the vehicle has power and data, and is asked anew', lasts: answers },
    refused: { says: 'an authentication failed: no power, no data', isSafe: true },
    barred: {
      says: 'too many authentications failed: nobody is asked',
      isSafe: true,
      lasts: { ms: BARRED_MS, then: { type: 'bar-over' } },
    },
  },
  events: {
    found: 'signal',
    plugged: 'signal',
    unplugged: 'signal',
    'vehicle-proved': 'signal',
    'vehicle-refused': 'signal',
    'driver-refused': 'signal',
    'blade-proved': 'signal',
    'blade-refused': 'signal',
    'blade-gone': 'signal',
    'cut-blade': 'request',
    clear: 'request',
    ...commonEvents,
    'no-answer': 'timer',
    'proof-old': 'timer',
    'bar-over': 'timer',
  },
  ways: [
    way(['checking', 'away'], 'found', 'closed'),
    way('any', 'found', 'same', { isLight: true }),
    way(['closed'], 'plugged', 'challenging', { then: anew }),
    way('any', 'plugged', 'same', { isLight: true }),
    way(['challenging', 'open', 'renewing', 'refused'], 'unplugged', 'closed'),
    way('any', 'unplugged', 'same', { isLight: true }),
    way(['challenging', 'renewing'], 'vehicle-proved', 'open', { then: proved }),
    way('any', 'vehicle-proved', 'same', { isLight: true }),
    way(['open'], 'proof-old', 'renewing', { then: anew }),
    ...failing,
    way('any', 'vehicle-refused', 'same', { isLight: true }),
    way('any', 'driver-refused', 'same'),
    way(['barred'], 'bar-over', 'closed'),
    way(['barred', 'refused'], 'clear', 'closed'),

    way('any', 'blade-proved', 'same', {
      then: (memory, { id }) => ({
        ...memory,
        blades: [...without(memory.blades, id), id],
        refusedBlades: without(memory.refusedBlades, id),
      }),
    }),
    way('any', 'blade-refused', 'same', {
      then: (memory, { id }) => ({
        ...memory,
        blades: without(memory.blades, id),
        refusedBlades: [...without(memory.refusedBlades, id), id],
      }),
      tells: (_before, _after, { id }) => [
        {
          kind: 'ANOMALY',
          code: 'BLADE_REFUSED',
          says: 'a blade did not prove who it is and has neither power nor data',
          facts: { serial: id },
        },
      ],
    }),
    way('any', 'blade-gone', 'same', {
      then: (memory, { id }) => ({
        ...memory,
        blades: without(memory.blades, id),
        refusedBlades: without(memory.refusedBlades, id),
      }),
    }),
    way('any', 'cut-blade', 'same', {
      when: 'the blade is admitted',
      holds: ({ blades }, { id }) => blades.includes(id),
      then: (memory, { id }) => ({
        ...memory,
        blades: without(memory.blades, id),
        refusedBlades: [...without(memory.refusedBlades, id), id],
      }),
    }),

    // Who was refused stays so over a restart: the same failure counts once.
    way(['refused', 'barred'], 'restarted', 'same', { then: unadmitted }),
    way(['refused', 'barred'], 'link-lost', 'same', { then: unadmitted }),
    ...commonWays<State, Event, Memory>(unadmitted),
  ],
  order: (state, { blades }) => {
    const isOpen = state === 'open' || state === 'renewing';
    return {
      power: isOpen ? 'on' : 'off',
      data: isOpen ? 'open' : 'closed',
      block: isOpen ? 'on' : 'off',
      blades: [...blades],
      asks: state === 'challenging' || isOpen,
    };
  },
};
