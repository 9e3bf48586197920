import type { DeviceOrder, DeviceReading } from '@roamgrid/wire';
import type { Device } from '../machine/device.ts';
import {
  transferMemory,
  transferTable,
  type TransferEvent,
  type TransferMemory,
  type TransferState,
} from './table.ts';

export type Transfer = Device<
  'transfer',
  TransferState,
  TransferEvent,
  TransferMemory,
  DeviceOrder<'transfer'>
>;
type Reading = DeviceReading<'transfer'>;

const REQUESTS = ['to-grid', 'to-battery', 'charge', 'end-charge', 'clear'] as const;
const isUnheard = (state: TransferState): boolean => state === 'checking' || state === 'away';

const foundIn = ({ grid, battery }: Reading): TransferEvent => ({
  type: grid === 'closed' ? 'found-grid' : battery === 'closed' ? 'found-battery' : 'found-open',
});

/** What has power and what does not any more. */
const powerEvent = (memory: TransferMemory, { hasGrid, hasBattery }: Reading): TransferEvent | undefined => {
  if (hasGrid !== memory.hasGrid) return { type: hasGrid ? 'grid-back' : 'grid-lost' };
  if (hasBattery !== memory.hasBattery) return { type: hasBattery ? 'battery-back' : 'battery-lost' };
  return undefined;
};

/** The transfer switch of a panel. */
export const transfer = (): Transfer => ({
  kind: 'transfer',
  table: transferTable,
  memory: transferMemory,
  operatorRequests: REQUESTS,
  stationRequests: [],
  // A switch whose controller is gone goes back to the grid by itself: its battery is not drained by nobody.
  leaseMs: 10_000,
  perceive: ({ state, memory }, reading) => {
    const { grid, battery, charger, hasGrid, hasBattery } = reading;
    if (grid === 'closed' && battery === 'closed') return state === 'stuck' ? undefined : { type: 'overlap' };
    if (isUnheard(state)) return foundIn(reading);
    const power = powerEvent(memory, reading);
    if (power !== undefined) return power;
    const isBroken = grid === 'open' && battery === 'open' && charger === 'open';
    switch (state) {
      case 'opening':
        return isBroken ? { type: 'broken' } : undefined;
      case 'open':
        return isBroken && (hasGrid || hasBattery) ? { type: 'close' } : undefined;
      case 'closing-grid':
        return grid === 'closed' ? { type: 'made' } : undefined;
      case 'closing-battery':
        return battery === 'closed' ? { type: 'made' } : undefined;
      case 'checking':
      case 'away':
      case 'on-grid':
      case 'on-battery':
      case 'stuck':
        return undefined;
    }
  },
  dress: (plain) => plain,
  requestOf: (type) => {
    const request = REQUESTS.find((one) => one === type);
    return request && { type: request };
  },
  facts: ({ grid, battery, charger, hasGrid, hasBattery }) => ({
    ...{ grid, battery, charger },
    hasGrid: hasGrid ? 'yes' : 'no',
    hasBattery: hasBattery ? 'yes' : 'no',
  }),
});
