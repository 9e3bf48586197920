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

/** SITE-9: spare blades that a driver takes against a faulty one, behind a door that opens to a badge. */

const OPENS_WITHIN_MS = 30_000;
const SHUT_WITHIN_MS = 120_000;

export const depositoryMemory = z.strictObject({
  spares: z.int(),
  faulty: z.array(z.string()),
  /** Whether the contents were seen at all. */
  isKnown: z.boolean(),
  /** Whose swap it is, from the badge to the shut door. */
  holder: z.strictObject({ role: z.enum(['driver', 'technician']), who: z.string() }).nullable(),
  /** The control centre knows that the door stands open. */
  isOpenTold: z.boolean(),
  /** Badges refused since the last good one. */
  refusals: z.int(),
});
export type DepositoryMemory = z.infer<typeof depositoryMemory>;

export type DepositoryState = 'checking' | 'away' | 'closed' | 'released' | 'open' | 'left-open' | 'forced';

export type DepositoryEvent =
  | BadgeEvent
  | { readonly type: 'door-open' }
  | { readonly type: 'door-shut' }
  | { readonly type: 'blades'; readonly spares: number; readonly faulty: readonly string[] }
  | { readonly type: 'not-opened' }
  | { readonly type: 'open-too-long' };

type Memory = DepositoryMemory;
type Blades = Extract<DepositoryEvent, { type: 'blades' }>;

const count = (list: readonly string[]) => list.length.toString();

/** Each faulty blade that came in; and those that somebody else than a technician took out. */
const toldOfBlades = (before: Memory, { spares, faulty }: Blades): readonly Notice[] => {
  const facts = { spares: spares.toString(), faulty: count(faulty) };
  const came = faulty.filter((serial) => !before.faulty.includes(serial));
  const went = before.faulty.filter((serial) => !faulty.includes(serial));
  const isOurs = before.holder?.role === 'technician' || !before.isKnown;
  return [
    ...came.map((serial): Notice => ({
      kind: 'FAULTY_BLADE_INSIDE',
      code: 'FAULTY_BLADE_INSIDE',
      says: 'a faulty blade was put into the depository',
      facts: { ...facts, serial },
    })),
    ...(isOurs ? [] : went).map((serial) =>
      anomaly('FAULTY_BLADE_TAKEN', 'a faulty blade was taken out by nobody who may', { ...facts, serial }),
    ),
  ];
};

const seen = (memory: Memory, { spares, faulty }: Blades): Memory => ({
  ...memory,
  spares,
  faulty: [...faulty],
  isKnown: true,
});

const shut = (memory: Memory): Memory => ({ ...memory, holder: null, isOpenTold: false });
const openTold = (memory: Memory): Memory => ({ ...memory, isOpenTold: true });
const tellOpen =
  (code: string, says: string) =>
  (before: Memory): readonly Notice[] =>
    before.isOpenTold ? [] : [anomaly(code, says)];

type State = DepositoryState;
type Event = DepositoryEvent | CommonEvent;
const way = waysOf<State, Event, Memory>();

export const depositoryTable: Table<State, Event, Memory, Omit<DeviceOrder<'depository'>, 'challenge'>> = {
  initial: {
    state: 'checking',
    memory: { spares: 0, faulty: [], isKnown: false, holder: null, isOpenTold: false, refusals: 0 },
  },
  states: {
    ...unheardStates,
    closed: { says: 'the door is shut and locked', isSafe: true },
    released: {
      says: 'the latch is open for whoever showed a badge',
      lasts: { ms: OPENS_WITHIN_MS, then: { type: 'not-opened' } },
    },
    open: {
      says: 'the door is open, blades are swapped',
      lasts: { ms: SHUT_WITHIN_MS, then: { type: 'open-too-long' } },
    },
    'left-open': { says: 'the door was left open' },
    forced: { says: 'the door is open and nobody was let in' },
  },
  events: {
    badge: 'request',
    'badge-refused': 'signal',
    'door-open': 'signal',
    'door-shut': 'signal',
    blades: 'signal',
    ...commonEvents,
    'not-opened': 'timer',
    'open-too-long': 'timer',
  },
  ways: [
    way(['closed'], 'badge', 'released', {
      then: (memory, { role, who }) => ({ ...memory, holder: { role, who }, refusals: 0 }),
    }),
    way(['released'], 'badge', 'same', {
      then: (memory, { role, who }) => ({ ...memory, holder: { role, who }, refusals: 0 }),
    }),
    ...refusedBadgeWays<State, Event, Memory>('depository'),
    way(['released'], 'door-open', 'open'),
    way(['released'], 'not-opened', 'closed', { then: shut }),
    way(['closed'], 'door-open', 'forced', {
      then: openTold,
      tells: tellOpen('DOOR_FORCED', 'the depository was opened without a badge'),
    }),
    way(['checking', 'away'], 'door-open', 'open', {
      when: 'a swap was under way',
      holds: ({ holder, isOpenTold }) => holder !== null && !isOpenTold,
    }),
    way(['checking', 'away'], 'door-open', 'left-open', {
      when: 'the door was left open before',
      holds: ({ holder }) => holder !== null,
    }),
    way(['checking', 'away'], 'door-open', 'forced', {
      then: openTold,
      tells: tellOpen('DOOR_FORCED', 'the depository was opened without a badge'),
    }),
    way('any', 'door-open', 'same', { isLight: true }),
    way(['open'], 'open-too-long', 'left-open', {
      then: openTold,
      tells: tellOpen('DOOR_LEFT_OPEN', 'the depository was left open'),
    }),
    way(['released'], 'door-shut', 'same', { isLight: true }),
    way(['open', 'left-open', 'forced', 'checking', 'away'], 'door-shut', 'closed', { then: shut }),
    way('any', 'door-shut', 'same', { isLight: true }),
    way(['closed'], 'blades', 'same', {
      then: seen,
      tells: (before, after, blades) => [
        ...toldOfBlades(before, blades),
        anomaly('CONTENTS_CHANGED_SHUT', 'blades came or went while the door was shut', {
          spares: after.spares.toString(),
          faulty: count(after.faulty),
        }),
      ],
    }),
    way(['checking', 'away'], 'blades', 'same', {
      then: seen,
      tells: (before, after, blades) => [
        ...toldOfBlades(before, blades),
        ...(before.isKnown && before.holder === null
          ? [
              anomaly('CONTENTS_CHANGED_UNSEEN', 'blades came or went while nobody looked', {
                spares: after.spares.toString(),
                faulty: count(after.faulty),
              }),
            ]
          : []),
      ],
    }),
    way('any', 'blades', 'same', {
      then: seen,
      tells: (before, _after, blades) => toldOfBlades(before, blades),
    }),
    ...commonWays<State, Event, Memory>(),
  ],
  // A latch that is locked lets a door that is open fall shut, and keeps it so.
  order: (state, { spares, faulty }) => ({
    latch: state === 'released' ? 'released' : 'locked',
    led1: spares > 0 ? 'green' : 'red',
    led2: faulty.length > 0 ? 'red' : 'green',
  }),
};
