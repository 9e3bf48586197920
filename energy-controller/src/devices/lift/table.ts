import type { DeviceOrder } from '@roamgrid/wire';
import { z } from 'zod';
import { refusedBadgeWays, type BadgeEvent } from '../badges.ts';
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

/** SITE-9: lowers the stack of blades four feet into the ground, and raises it for service when its hatch is released. */

/** Spec: 4 ft of 304.8 mm, to the next millimetre. */
export const LOWERED_MM = 1_219;
const MOVES_WITHIN_MS = 60_000;
const HALTS_MS = 1_000;
const BACKS_WITHIN_MS = 60_000;

export const liftMemory = z.strictObject({
  /** What the hatch's own contact says. */
  hatchSeen: z.enum(['locked', 'released']),
  /** A technician let the hatch be released. */
  isReleased: z.boolean(),
  /** Where it goes back to after it met something. */
  back: z.enum(['raise', 'lower']),
  refusals: z.int(),
});
export type LiftMemory = z.infer<typeof liftMemory>;

export type LiftState =
  | 'checking'
  | 'away'
  | 'lowered'
  | 'raised'
  | 'between'
  | 'raising'
  | 'lowering'
  | 'halted'
  | 'backing'
  | 'fault';

export type LiftEvent =
  | BadgeEvent
  | { readonly type: 'raise' }
  | { readonly type: 'lower' }
  | { readonly type: 'stop' }
  | { readonly type: 'clear-fault' }
  | { readonly type: 'hatch'; readonly is: 'locked' | 'released' }
  | { readonly type: 'at-top' }
  | { readonly type: 'at-bottom' }
  | { readonly type: 'at-neither' }
  | { readonly type: 'obstructed' }
  | { readonly type: 'switches-disagree' }
  | { readonly type: 'halted-long-enough' }
  | { readonly type: 'took-too-long' };

type State = LiftState;
type Event = LiftEvent | CommonEvent;
type Memory = LiftMemory;
const way = waysOf<State, Event, Memory>();

const told = (code: string, says: string) => (): readonly Notice[] => [anomaly(code, says)];
const mayRaise = {
  when: 'the hatch is released',
  holds: ({ hatchSeen }: Memory) => hatchSeen === 'released',
};
const held = (memory: Memory): Memory => ({ ...memory, isReleased: false });
const moves = { ms: MOVES_WITHIN_MS, then: { type: 'took-too-long' } } as const;

export const liftTable: Table<State, Event, Memory, Omit<DeviceOrder<'lift'>, 'challenge'>> = {
  initial: {
    state: 'checking',
    memory: { hatchSeen: 'locked', isReleased: false, back: 'lower', refusals: 0 },
  },
  states: {
    ...unheardStates,
    lowered: { says: 'the stack is in the ground', isSafe: true },
    raised: { says: 'the stack is up for service', isSafe: true },
    between: { says: 'the stack stands between its ends', isSafe: true },
    raising: { says: 'the stack goes up', lasts: moves },
    lowering: { says: 'the stack goes down', lasts: moves },
    halted: {
      says: 'the stack met something and stands',
      isSafe: true,
      lasts: { ms: HALTS_MS, then: { type: 'halted-long-enough' } },
    },
    backing: {
      says: 'the stack goes back to where it came from',
      lasts: { ms: BACKS_WITHIN_MS, then: { type: 'took-too-long' } },
    },
    fault: { says: 'the lift cannot be trusted and stands', isSafe: true },
  },
  events: {
    badge: 'request',
    raise: 'request',
    lower: 'request',
    stop: 'request',
    'clear-fault': 'request',
    'badge-refused': 'signal',
    hatch: 'signal',
    'at-top': 'signal',
    'at-bottom': 'signal',
    'at-neither': 'signal',
    obstructed: 'signal',
    'switches-disagree': 'signal',
    ...commonEvents,
    'halted-long-enough': 'timer',
    'took-too-long': 'timer',
  },
  ways: [
    way(['lowered', 'between', 'raised'], 'badge', 'same', {
      when: 'the badge is a technician’s',
      holds: (_memory, { role }) => role === 'technician',
      then: (memory) => ({ ...memory, isReleased: true, refusals: 0 }),
    }),
    ...refusedBadgeWays<State, Event, Memory>('lift'),

    way(['lowered', 'between'], 'raise', 'raising', mayRaise),
    way(['raising', 'raised'], 'raise', 'same'),
    way(['raised', 'between'], 'lower', 'lowering'),
    way(['lowering', 'lowered'], 'lower', 'same'),
    way(['raising', 'lowering', 'backing'], 'stop', 'between'),
    way(['between', 'lowered', 'raised', 'halted'], 'stop', 'same'),
    way(['fault'], 'clear-fault', 'checking'),

    // A hatch that is locked again under way, by whomever: nobody is to reach what comes up.
    way(['raising'], 'hatch', 'halted', {
      when: 'it was locked again',
      holds: (_memory, { is }) => is === 'locked',
      then: (memory) => ({ ...memory, hatchSeen: 'locked', isReleased: false, back: 'lower' }),
      tells: told('HATCH_LOCKED_UNDER_WAY', 'the hatch was locked while the lift came up'),
    }),
    way(['backing'], 'hatch', 'fault', {
      when: 'it was locked again and the stack goes up',
      holds: ({ back }, { is }) => back === 'raise' && is === 'locked',
      then: (memory) => ({ ...memory, hatchSeen: 'locked', isReleased: false }),
      tells: told('HATCH_LOCKED_UNDER_WAY', 'the hatch was locked while the lift came up'),
    }),
    way('any', 'hatch', 'same', { then: (memory, { is }) => ({ ...memory, hatchSeen: is }) }),

    way(['raising'], 'obstructed', 'halted', {
      then: (memory) => ({ ...memory, back: 'lower' }),
      tells: told('LIFT_OBSTRUCTED', 'the lift met something on its way up'),
    }),
    way(['lowering'], 'obstructed', 'halted', {
      then: (memory) => ({ ...memory, back: 'raise' }),
      tells: told('LIFT_OBSTRUCTED', 'the lift met something on its way down'),
    }),
    way(['backing'], 'obstructed', 'fault', {
      tells: told('LIFT_STUCK', 'the lift met something on its way back, too'),
    }),
    way('any', 'obstructed', 'same', { isLight: true }),
    way(['halted'], 'halted-long-enough', 'backing', {
      when: 'it goes down, or the hatch is released',
      holds: ({ back, hatchSeen }) => back === 'lower' || hatchSeen === 'released',
    }),
    way(['halted'], 'halted-long-enough', 'fault', {
      tells: told('LIFT_STUCK', 'the lift may not go back up: its hatch is locked'),
    }),

    way(['raising', 'checking', 'away'], 'at-top', 'raised'),
    way(['backing'], 'at-top', 'raised', { when: 'it goes up', holds: ({ back }) => back === 'raise' }),
    way('any', 'at-top', 'same', { isLight: true }),
    way(['lowering', 'checking', 'away'], 'at-bottom', 'lowered', { then: held }),
    way(['backing'], 'at-bottom', 'lowered', {
      when: 'it goes down',
      holds: ({ back }) => back === 'lower',
      then: held,
    }),
    way('any', 'at-bottom', 'same', { isLight: true }),
    way(['checking', 'away'], 'at-neither', 'between'),
    way(['lowered', 'raised'], 'at-neither', 'fault', {
      tells: told('LIFT_MOVED', 'the stack left its end and nobody moved it'),
    }),
    way('any', 'at-neither', 'same', { isLight: true }),

    way(['fault'], 'switches-disagree', 'same', { isLight: true }),
    way('any', 'switches-disagree', 'fault', {
      tells: told('END_SWITCHES_DISAGREE', 'the end switches and the encoder of the lift disagree'),
    }),
    way(['raising', 'lowering', 'backing'], 'took-too-long', 'fault', {
      tells: told('LIFT_STUCK', 'the lift did not come to its end in time'),
    }),

    // A fault outlives a restart: an operator clears it.
    way(['fault'], 'restarted', 'same'),
    way(['fault'], 'link-lost', 'same'),
    ...commonWays<State, Event, Memory>(),
  ],
  order: (state, { isReleased, back }) => ({
    motor:
      state === 'raising' ? 'raise' : state === 'lowering' ? 'lower' : state === 'backing' ? back : 'stop',
    hatch: isReleased ? 'released' : 'locked',
  }),
};
