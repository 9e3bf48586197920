import type { DeviceOrder } from '@roamgrid/wire';
import { z } from 'zod';
import {
  anomaly,
  type CommonEvent,
  commonEvents,
  commonWays,
  type Table,
  unheardStates,
  waysOf,
} from '../machine/table.ts';

/** SITE-9: keeps the blades between −40 and 55 °C. */

export const COOL_FROM_MILLI_C = 55_000;
export const HEAT_FROM_MILLI_C = -40_000;
export const HYSTERESIS_MILLI_K = 2_000;
/** What a sensor on earth cannot have measured: a broken wire or a short one. */
export const COLDEST_BELIEVED_MILLI_C = -90_000;
export const HOTTEST_BELIEVED_MILLI_C = 125_000;

/** The state says it all. */
export const climateMemory = z.strictObject({ isFailureTold: z.boolean() });
export type ClimateMemory = z.infer<typeof climateMemory>;

export type ClimateState = 'checking' | 'away' | 'resting' | 'cooling' | 'heating' | 'sensor-failed';

export type ClimateEvent =
  | { readonly type: 'too-hot' }
  | { readonly type: 'too-cold' }
  | { readonly type: 'well' }
  | { readonly type: 'sensor-bad' };

type State = ClimateState;
type Event = ClimateEvent | CommonEvent;
const way = waysOf<State, Event, ClimateMemory>();
const measures = (): ClimateMemory => ({ isFailureTold: false });

export const climateTable: Table<State, Event, ClimateMemory, DeviceOrder<'climate'>> = {
  initial: { state: 'checking', memory: { isFailureTold: false } },
  states: {
    ...unheardStates,
    resting: { says: 'the temperature is well', isSafe: true },
    cooling: { says: 'the heat pump cools' },
    heating: { says: 'the heat pump heats' },
    'sensor-failed': { says: 'nobody knows the temperature, blades are off', isSafe: true },
  },
  events: {
    'too-hot': 'signal',
    'too-cold': 'signal',
    well: 'signal',
    'sensor-bad': 'signal',
    ...commonEvents,
  },
  ways: [
    way('any', 'too-hot', 'cooling', { then: measures }),
    way('any', 'too-cold', 'heating', { then: measures }),
    way('any', 'well', 'resting', { then: measures }),
    way('any', 'sensor-bad', 'sensor-failed', {
      then: () => ({ isFailureTold: true }),
      tells: ({ isFailureTold }) =>
        isFailureTold
          ? []
          : [anomaly('TEMPERATURE_UNKNOWN', 'the temperature sensor of the blades has failed: they are off')],
    }),
    ...commonWays<State, Event, ClimateMemory>(),
  ],
  order: (state) => {
    switch (state) {
      case 'cooling':
        return { pump: 'cool', blades: 'run' };
      case 'heating':
        return { pump: 'heat', blades: 'run' };
      case 'resting':
        return { pump: 'circulate', blades: 'run' };
      case 'sensor-failed':
      case 'checking':
      case 'away':
        // Air that moves does no harm, and blades that are off make no heat.
        return { pump: 'circulate', blades: 'off' };
    }
  },
};
