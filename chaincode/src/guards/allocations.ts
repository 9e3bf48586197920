import {
  allocation,
  CAR,
  computeCharge,
  FIRST_SLOT_MS,
  givenCharge,
  givingSlotAt,
  slotAt,
  SLOT_MS,
} from '../testing/allocations.ts';
import type { GuardTest, Place } from './world.ts';

/** What a site's utility and the one that its servers work for, and whose cars give, could take from each other. */

const batchAt = (
  { site, group }: Place,
  options: Parameters<typeof allocation>[1] = {},
  id = `a-${group}`,
) => {
  const batch = allocation(id, { ...options, header: { siteId: site.stationId, ...options.header } });
  return {
    ...batch,
    record: { ...batch.record, command: { ...batch.record.command, siteId: site.stationId } },
  };
};
const [car, job] = slotAt(FIRST_SLOT_MS).grants;
const [battery, grid] = slotAt(FIRST_SLOT_MS).sourceShares;

export const allocationGuards: readonly GuardTest[] = [
  {
    id: 'allocation-sum',
    title: 'a recorded allocation adds up and keeps the site’s limits',
    run: async (world) => {
      const place = await world.place();
      if (car === undefined || job === undefined || battery === undefined || grid === undefined)
        throw new Error('the slot has two grants and two shares');
      const over = { grants: [{ ...car, grantedW: 50_001n, laneW: [50_001n] }, job] };
      const fed = { sourceShares: [battery, { ...grid, deliveredW: 70_001n, laneW: [70_001n] }] };
      const { record } = batchAt(place, { slots: [slotAt(FIRST_SLOT_MS, { ...over, ...fed })] });
      await world.refuses(record, 'NOT_BALANCED');
    },
  },
  {
    id: 'allocation-servers',
    title: 'servers take no more energy than they were granted power for',
    run: async (world) => {
      const place = await world.place();
      const { record } = batchAt(place, { slots: [slotAt(FIRST_SLOT_MS, { serversWh: 7_501n })] });
      await world.refuses(record, 'NOT_BALANCED');
    },
  },
  {
    id: 'allocation-once',
    title: 'a slot of a site is recorded once',
    run: async (world) => {
      const place = await world.place();
      await world.tell(batchAt(place).record);
      const again = batchAt(place, { slots: [slotAt(FIRST_SLOT_MS + 3 * SLOT_MS)] }, `b-${place.group}`);
      await world.refuses(again.record, 'OVERLAP');
    },
  },
  {
    id: 'allocation-price',
    title: 'energy for servers costs what the tariff says that both agreed on',
    run: async (world) => {
      const place = await world.place();
      await world.refuses(batchAt(place, { header: { totalMicros: 9_000_000n } }).record, 'CDR_MISMATCH');
    },
  },
  {
    id: 'compute-amount',
    title: 'what servers took is charged at what was recorded',
    run: async (world) => {
      const place = await world.place();
      const batch = batchAt(place);
      await world.tell(batch.record);
      const dearer = computeCharge(`c-${place.group}`, [batch], ({ totalMicros }) => totalMicros + 1n);
      await world.refuses(dearer, 'CDR_MISMATCH');
    },
  },
  {
    id: 'compute-once',
    title: 'what servers took is charged once',
    run: async (world) => {
      const place = await world.place();
      const batch = batchAt(place);
      await world.tell(batch.record);
      await world.tell(computeCharge(`c-${place.group}`, [batch]));
      await world.refuses(computeCharge(`d-${place.group}`, [batch]), 'WRONG_STATE');
    },
  },
  {
    id: 'given-share',
    title: 'a car gave no more energy than its share of a decision comes to',
    run: async (world) => {
      const place = await world.place();
      const over = givingSlotAt(FIRST_SLOT_MS, { cars: [{ sourceId: CAR, givenWh: 2_001n }] });
      await world.refuses(batchAt(place, { slots: [over] }).record, 'NOT_BALANCED');
    },
  },
  {
    id: 'given-sum',
    title: 'what cars gave in a batch is the sum of its slots',
    run: async (world) => {
      const place = await world.place();
      const { body } = batchAt(place, { slots: [givingSlotAt(FIRST_SLOT_MS)] });
      const [car] = body.given?.cars ?? [];
      if (car === undefined) throw new Error('a car gave');
      const more = { ...car, givenWh: 4_000n, micros: 600_000n };
      const { record } = batchAt(place, {
        slots: [givingSlotAt(FIRST_SLOT_MS)],
        header: { given: { cars: [more], totalMicros: 600_000n } },
      });
      await world.refuses(record, 'NOT_BALANCED');
    },
  },
  {
    id: 'given-price',
    title: 'what a car gave comes to the price of the agreement',
    run: async (world) => {
      const place = await world.place();
      const { body } = batchAt(place, { slots: [givingSlotAt(FIRST_SLOT_MS)] });
      const [car] = body.given?.cars ?? [];
      if (car === undefined) throw new Error('a car gave');
      const given = { cars: [{ ...car, micros: 300_001n }], totalMicros: 300_001n };
      const { record } = batchAt(place, { slots: [givingSlotAt(FIRST_SLOT_MS)], header: { given } });
      await world.refuses(record, 'CDR_MISMATCH');
    },
  },
  {
    id: 'given-once',
    title: 'what cars gave is charged once, by the utility whose cars they are',
    run: async (world) => {
      const place = await world.place();
      const batch = batchAt(place, { slots: [givingSlotAt(FIRST_SLOT_MS)] });
      await world.tell(batch.record);
      await world.tell(givenCharge(`g-${place.group}`, [batch]));
      await world.refuses(givenCharge(`h-${place.group}`, [batch]), 'WRONG_STATE');
    },
  },
];
