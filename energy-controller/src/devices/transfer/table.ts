import type { DeviceOrder } from '@roamgrid/wire';
import { z } from 'zod';
import {
  anomaly,
  commonEvents,
  commonWays,
  unheardStates,
  waysOf,
  type CommonEvent,
  type Table,
} from '../machine/table.ts';

/**
 * PANEL-8, PANEL-11: the switch between the grid and a battery, which may be a car's, before the circuits of a house. There is one way from either to
 * the other: both contacts are ordered open, both are seen open, and only then one is closed. The car is charged only while the grid
 * feeds the house, so that nothing of it touches the grid in the islanded state. Spec: document 000, paragraphs 52 and 63 to 69.
 */

const MOVES_WITHIN_MS = 2_000;

const side = z.enum(['grid', 'battery']);
type Side = z.infer<typeof side>;

export const transferMemory = z.strictObject({
  /** Which one is meant to feed the circuits. */
  wants: side,
  /** Where it was asked to be: it goes back there when what drove it away is over. */
  asked: side,
  hasGrid: z.boolean(),
  hasBattery: z.boolean(),
  /** Whether the car may be charged while the grid feeds. */
  charges: z.boolean(),
});
export type TransferMemory = z.infer<typeof transferMemory>;

export type TransferState =
  | 'checking'
  | 'away'
  | 'on-grid'
  | 'on-battery'
  | 'opening'
  | 'open'
  | 'closing-grid'
  | 'closing-battery'
  | 'stuck';

export type TransferEvent =
  | { readonly type: 'found-grid' }
  | { readonly type: 'found-battery' }
  | { readonly type: 'found-open' }
  /** Both contacts are closed, whatever was ordered. */
  | { readonly type: 'overlap' }
  | { readonly type: 'broken' }
  | { readonly type: 'made' }
  | { readonly type: 'grid-lost' }
  | { readonly type: 'grid-back' }
  | { readonly type: 'battery-lost' }
  | { readonly type: 'battery-back' }
  | { readonly type: 'close' }
  | { readonly type: 'moves-not' }
  | { readonly type: 'to-grid' }
  | { readonly type: 'to-battery' }
  | { readonly type: 'charge' }
  | { readonly type: 'end-charge' }
  | { readonly type: 'clear' };

type State = TransferState;
type Event = TransferEvent | CommonEvent;
type Memory = TransferMemory;
const way = waysOf<State, Event, Memory>();

const moves = { ms: MOVES_WITHIN_MS, then: { type: 'moves-not' } } as const;
const wanting =
  (wants: Side) =>
  (memory: Memory): Memory => ({ ...memory, wants });
const asking =
  (wants: Side) =>
  (memory: Memory): Memory => ({ ...memory, wants, asked: wants });
const stuckTold = (code: string, says: string) => () => [anomaly(code, says)];
const notClosed = stuckTold('CONTACT_DOES_NOT_CLOSE', 'a contact of the transfer switch does not close');

/** What gives power at all is known in every state. */
const known = [
  way('any', 'grid-lost', 'same', { then: (memory) => ({ ...memory, hasGrid: false }) }),
  way('any', 'grid-back', 'same', { then: (memory) => ({ ...memory, hasGrid: true }) }),
  way('any', 'battery-lost', 'same', { then: (memory) => ({ ...memory, hasBattery: false }) }),
  way('any', 'battery-back', 'same', { then: (memory) => ({ ...memory, hasBattery: true }) }),
];

export const transferTable: Table<State, Event, Memory, DeviceOrder<'transfer'>> = {
  initial: {
    state: 'checking',
    memory: { wants: 'grid', asked: 'grid', hasGrid: true, hasBattery: false, charges: false },
  },
  states: {
    ...unheardStates,
    'on-grid': { says: 'the grid feeds the house', isSafe: true },
    'on-battery': { says: 'the battery feeds the house, which is an island' },
    opening: { says: 'both contacts are to open', lasts: moves },
    open: { says: 'nothing feeds the house', isSafe: true },
    'closing-grid': { says: 'the grid’s contact is to close', lasts: moves },
    'closing-battery': { says: 'the battery’s contact is to close', lasts: moves },
    stuck: { says: 'a contact does not open: nothing is closed until somebody looked', isSafe: true },
  },
  events: {
    'found-grid': 'signal',
    'found-battery': 'signal',
    'found-open': 'signal',
    overlap: 'signal',
    broken: 'signal',
    made: 'signal',
    'grid-lost': 'signal',
    'grid-back': 'signal',
    'battery-lost': 'signal',
    'battery-back': 'signal',
    close: 'signal',
    'to-grid': 'request',
    'to-battery': 'request',
    charge: 'request',
    'end-charge': 'request',
    clear: 'request',
    ...commonEvents,
    'moves-not': 'timer',
  },
  ways: [
    way(['stuck'], 'overlap', 'same', { isLight: true }),
    way('any', 'overlap', 'stuck', {
      tells: stuckTold('CONTACTS_OVERLAP', 'both contacts of the transfer switch are closed'),
    }),
    way(['checking', 'away'], 'found-grid', 'on-grid', {
      when: 'it is wanted there',
      holds: ({ wants }) => wants === 'grid',
    }),
    way(['checking', 'away'], 'found-battery', 'on-battery', {
      when: 'it is wanted there',
      holds: ({ wants }) => wants === 'battery',
    }),
    // On its way to the other side when nobody looked any more, or brought there by itself.
    way(['checking', 'away'], 'found-grid', 'opening'),
    way(['checking', 'away'], 'found-battery', 'opening'),
    way(['checking', 'away'], 'found-open', 'opening'),
    way('any', 'found-grid', 'same', { isLight: true }),
    way('any', 'found-battery', 'same', { isLight: true }),
    way('any', 'found-open', 'same', { isLight: true }),

    way(['on-grid'], 'to-battery', 'opening', {
      when: 'the battery has power',
      holds: ({ hasBattery }) => hasBattery,
      then: asking('battery'),
    }),
    way(['on-battery'], 'to-grid', 'opening', {
      when: 'the grid has power',
      holds: ({ hasGrid }) => hasGrid,
      then: asking('grid'),
    }),
    way(['on-grid', 'opening', 'open'], 'to-grid', 'same', { then: asking('grid') }),
    way(['on-battery', 'opening', 'open'], 'to-battery', 'same', { then: asking('battery') }),
    way(['on-grid'], 'charge', 'same', { then: (memory) => ({ ...memory, charges: true }) }),
    way('any', 'end-charge', 'same', { then: (memory) => ({ ...memory, charges: false }) }),

    way(['on-grid'], 'grid-lost', 'opening', {
      when: 'the battery has power',
      holds: ({ hasBattery }) => hasBattery,
      then: (memory) => ({ ...memory, hasGrid: false, wants: 'battery' }),
    }),
    way(['on-grid'], 'battery-back', 'opening', {
      when: 'the grid has no power',
      holds: ({ hasGrid }) => !hasGrid,
      then: (memory) => ({ ...memory, hasBattery: true, wants: 'battery' }),
    }),
    way(['on-battery'], 'battery-lost', 'opening', {
      then: (memory) => ({ ...memory, hasBattery: false, wants: 'grid' }),
    }),
    way(['on-battery'], 'grid-back', 'opening', {
      when: 'an outage drove it to the battery',
      holds: ({ asked }) => asked === 'grid',
      then: (memory) => ({ ...memory, hasGrid: true, wants: 'grid' }),
    }),
    ...known,

    way(['opening'], 'broken', 'open'),
    way('any', 'broken', 'same', { isLight: true }),
    way(['open'], 'close', 'closing-battery', {
      when: 'it is wanted there, or the grid has no power',
      holds: ({ wants, hasGrid, hasBattery }) => hasBattery && (wants === 'battery' || !hasGrid),
      then: wanting('battery'),
    }),
    way(['open'], 'close', 'closing-grid', { then: wanting('grid') }),
    way('any', 'close', 'same', { isLight: true }),
    way(['closing-grid'], 'made', 'on-grid'),
    way(['closing-battery'], 'made', 'on-battery'),
    way('any', 'made', 'same', { isLight: true }),

    way(['opening'], 'moves-not', 'stuck', {
      tells: stuckTold('CONTACT_DOES_NOT_OPEN', 'a contact of the transfer switch does not open'),
    }),
    way(['closing-grid'], 'moves-not', 'opening', { then: wanting('battery'), tells: notClosed }),
    way(['closing-battery'], 'moves-not', 'opening', { then: wanting('grid'), tells: notClosed }),
    way(['stuck'], 'clear', 'checking'),
    // What does not open stays so over a restart: somebody has to look.
    way(['stuck'], 'restarted', 'same'),
    way(['stuck'], 'link-lost', 'same'),
    ...commonWays<State, Event, Memory>((memory) => ({ ...memory, charges: false })),
  ],
  order: (state, { charges }) => ({
    grid: state === 'on-grid' || state === 'closing-grid' ? 'closed' : 'open',
    battery: state === 'on-battery' || state === 'closing-battery' ? 'closed' : 'open',
    charger: state === 'on-grid' && charges ? 'closed' : 'open',
  }),
};
