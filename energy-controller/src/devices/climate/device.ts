import type { DeviceOrder } from '@roamgrid/wire';
import type { Device } from '../machine/device.ts';
import {
  climateMemory,
  climateTable,
  COLDEST_BELIEVED_MILLI_C,
  COOL_FROM_MILLI_C,
  HEAT_FROM_MILLI_C,
  HOTTEST_BELIEVED_MILLI_C,
  HYSTERESIS_MILLI_K,
  type ClimateEvent,
  type ClimateMemory,
  type ClimateState,
} from './table.ts';

export type Climate = Device<'climate', ClimateState, ClimateEvent, ClimateMemory, DeviceOrder<'climate'>>;

const isIn = (event: ClimateEvent['type']): ClimateState =>
  (
    ({ 'too-hot': 'cooling', 'too-cold': 'heating', well: 'resting', 'sensor-bad': 'sensor-failed' }) as const
  )[event];

/** What a temperature means to whoever cools or heats already: it ends only when the hysteresis is left behind. */
const judge = (state: ClimateState, milliC: number | null): ClimateEvent['type'] => {
  if (milliC === null || milliC < COLDEST_BELIEVED_MILLI_C || milliC > HOTTEST_BELIEVED_MILLI_C)
    return 'sensor-bad';
  const coolFrom = COOL_FROM_MILLI_C - (state === 'cooling' ? HYSTERESIS_MILLI_K : 0);
  const heatFrom = HEAT_FROM_MILLI_C + (state === 'heating' ? HYSTERESIS_MILLI_K : 0);
  // Where it stops is well: at 53.0 °C on the way down cooling ends.
  if (milliC > coolFrom || (state !== 'cooling' && milliC === coolFrom)) return 'too-hot';
  if (milliC < heatFrom || (state !== 'heating' && milliC === heatFrom)) return 'too-cold';
  return 'well';
};

/** A heat pump and a sensor in the blades' sealed housing. */
export const climate = (): Climate => ({
  kind: 'climate',
  table: climateTable,
  memory: climateMemory,
  operatorRequests: [],
  stationRequests: [],
  leaseMs: 60_000,
  perceive: ({ state }, { milliC }) => {
    const type = judge(state, milliC);
    return isIn(type) === state ? undefined : { type };
  },
  dress: (plain) => plain,
  requestOf: () => undefined,
  facts: ({ milliC }): Record<string, string> => (milliC === null ? {} : { milliC: milliC.toString() }),
});
