import {
  CALLED_FOR,
  eventCall,
  EVENT,
  EVENT_DAY_MS,
  flexibilityCharge,
  OVER_MS,
  TestHouse,
  USUAL,
  type Load,
} from '../testing/flexibility.ts';
import { HOUR_MS, makeKey } from '../testing/parties.ts';
import type { Removal } from './removal.ts';
import type { GuardTest, World } from './world.ts';

/** What a customer's utility and the one whose grid his house is on could take from each other, or he from both. */

/** The one event of the guards' ledger: every house there answers to it. */
const event = eventCall();
const toldTo = new WeakSet<World>();
const called = async (world: World): Promise<void> => {
  if (!toldTo.has(world)) await world.tell(event.call);
  toldTo.add(world);
};

/** A house with its usual days recorded before the event is called. */
const enrolled = async (world: World, houseId: string, load?: (at: number) => Load): Promise<TestHouse> => {
  const house = new TestHouse(houseId);
  await world.tell(house.enrol());
  await world.tell(house.record(house.usual(14, load)));
  await called(world);
  return house;
};

/** The same, with the event's day recorded as well. */
const answered = async (world: World, houseId: string, load: Load = CALLED_FOR): Promise<TestHouse> => {
  const house = await enrolled(world, houseId);
  const before = house.days.at(-1);
  await world.tell(house.record([house.day(EVENT_DAY_MS, load)], { nowMs: OVER_MS, before }));
  return house;
};

export const flexibilityGuards: readonly GuardTest[] = [
  {
    id: 'flex-called',
    title: 'an event is called before it begins',
    run: async (world) => {
      const fromMs = EVENT.untilMs + 2 * HOUR_MS;
      const late = eventCall('late', { fromMs, untilMs: fromMs + HOUR_MS }, { nowMs: fromMs + 1 });
      await world.refuses(late.call, 'EXPIRED');
    },
  },
  {
    id: 'flex-overlap',
    title: 'events of an agreement do not overlap',
    run: async (world) => {
      await called(world);
      const over = { fromMs: EVENT.fromMs + HOUR_MS, untilMs: EVENT.untilMs + HOUR_MS };
      await world.refuses(eventCall('over', over).call, 'OVERLAP');
    },
  },
  {
    id: 'flex-meter-of-session',
    title: 'a meter that bills sessions is no house’s',
    run: async (world) => {
      const { site } = await world.place();
      await world.refuses(new TestHouse('flex-outlet', site.meter).enrol(), 'CONFLICT');
    },
  },
  {
    id: 'flex-session-of-meter',
    title: 'a house’s meter bills no session',
    run: async (world) => {
      const house = new TestHouse('flex-house');
      await world.tell(house.enrol());
      const { site } = await world.place();
      const outlet = { stationId: 'flex-station', evseId: 'US*DUK*EFLEX*1', meter: house.meter };
      await world.refuses(world.registration({ ...site, ...outlet }, 'houses'), 'CONFLICT');
    },
  },
  {
    id: 'flex-signed',
    title: 'a day of a house is what its own meter signed',
    run: async (world) => {
      const house = await enrolled(world, 'flex-signed');
      const before = house.days.at(-1);
      const foreign = house.day(EVENT_DAY_MS, USUAL, {}, makeKey('flex-foreign'));
      await world.refuses(house.record([foreign], { nowMs: OVER_MS, before }), 'BAD_SIGNATURE');
    },
  },
  {
    id: 'flex-registers',
    title: 'a day’s registers are those that the meter signed',
    run: async (world) => {
      const house = await enrolled(world, 'flex-registers');
      const before = house.days.at(-1);
      const { body } = before ?? { body: undefined };
      const exported = [...Array<bigint>(96).fill(body?.exportMilliWh.at(-1) ?? 0n), 9_000_000n];
      const told = house.day(EVENT_DAY_MS, USUAL, { exportMilliWh: exported });
      await world.refuses(house.record([told], { nowMs: OVER_MS, before }), 'CDR_MISMATCH');
    },
  },
  {
    id: 'flex-back',
    title: 'a house’s registers only grow',
    run: async (world) => {
      const house = await enrolled(world, 'flex-back');
      const before = house.days.at(-1);
      const back = house.day(EVENT_DAY_MS, (slot) => [slot === 70 ? -100n : 250n, 0n]);
      await world.refuses(house.record([back], { nowMs: OVER_MS, before }), 'OVERLAP');
    },
  },
  {
    id: 'flex-contradiction',
    title: 'a day begins with the registers that the day before it ended with',
    run: async (world) => {
      const house = await enrolled(world, 'flex-contradiction');
      const before = house.days.at(-1);
      const anew = new TestHouse('flex-contradiction', house.meter).day(EVENT_DAY_MS);
      await world.refuses(house.record([anew], { nowMs: OVER_MS, before }), 'CDR_MISMATCH');
    },
  },
  {
    id: 'flex-left-out',
    title: 'no day of a house is left out or recorded twice',
    run: async (world) => {
      const house = await enrolled(world, 'flex-left-out');
      const before = house.days.at(-1);
      const skipped = house.day(EVENT_DAY_MS + 24 * HOUR_MS);
      const nowMs = OVER_MS + 24 * HOUR_MS;
      await world.refuses(house.record([skipped], { nowMs, before }), 'SEQUENCE_GAP');
    },
  },
  {
    id: 'flex-committed',
    title: 'a baseline is made of days that were recorded before the event was called',
    run: async (world) => {
      await called(world);
      const house = new TestHouse('flex-committed');
      await world.tell(house.enrol());
      const days = [...house.usual(), house.day(EVENT_DAY_MS, CALLED_FOR)];
      await world.tell(house.record(days, { nowMs: OVER_MS }));
      await world.refuses(house.settlement({ events: [event] }).call, 'CDR_MISMATCH');
    },
  },
  {
    id: 'flex-readings',
    title: 'a baseline is made of the readings that were recorded',
    run: async (world) => {
      const house = await answered(world, 'flex-readings');
      const inflated = new TestHouse('flex-readings', house.meter);
      inflated.usual(14, () => () => [500n, 0n]);
      inflated.days.push(...house.days.slice(-1));
      await world.refuses(inflated.settlement({ events: [event] }).call, 'HASH_MISMATCH');
    },
  },
  {
    id: 'flex-amount',
    title: 'a day comes to what both endorsers work out, and not a micro more',
    run: async (world) => {
      const house = await answered(world, 'flex-amount');
      const dearer = house.settlement({
        events: [event],
        lines: (lines) => lines.map((line) => ({ ...line, micros: line.micros + 1n })),
      });
      await world.refuses(dearer.call, 'CDR_MISMATCH');
    },
  },
  {
    id: 'flex-event-left-out',
    title: 'a day is settled with the events that were called for it, and no others',
    run: async (world) => {
      const house = await answered(world, 'flex-event-left-out');
      await world.refuses(house.settlement().call, 'INVALID_ARGUMENT');
    },
  },
  {
    id: 'flex-event-size',
    title: 'an event called for what was recorded when it was called',
    run: async (world) => {
      const house = await answered(world, 'flex-event-size');
      const larger = { ...event, text: eventCall('e1', EVENT, { reductionW: 9_000n }).text };
      await world.refuses(house.settlement({ events: [larger] }).call, 'HASH_MISMATCH');
    },
  },
  {
    id: 'flex-house',
    title: 'a day is settled by its own house’s meter and card',
    run: async (world) => {
      const house = await answered(world, 'flex-own');
      const other = await answered(world, 'flex-other');
      const foreign = house.settlement({ events: [event], days: other.days });
      await world.refuses(foreign.call, 'INVALID_ARGUMENT');
    },
  },
  {
    id: 'flex-card',
    title: 'who is paid for a house is whose card was enrolled with it',
    run: async (world) => {
      const house = await answered(world, 'flex-card');
      const another = house.settlement({ events: [event], body: { cinRef: 'ab'.repeat(32) } });
      await world.refuses(another.call, 'INVALID_ARGUMENT');
    },
  },
  {
    id: 'flex-settled-once',
    title: 'a day of a house is settled once',
    run: async (world) => {
      const house = await answered(world, 'flex-settled-once');
      const told = house.settlement({ events: [event] });
      await world.tell(told.call);
      await world.refuses(told.call, 'CONFLICT');
    },
  },
  {
    id: 'flex-charge',
    title: 'a note charges a house’s day at what was settled',
    run: async (world) => {
      const house = await answered(world, 'flex-charge');
      const told = house.settlement({ events: [event] });
      await world.tell(told.call);
      await world.refuses(
        flexibilityCharge('c-flex-charge', told, (micros) => micros + 1n),
        'CDR_MISMATCH',
      );
    },
  },
  {
    id: 'flex-charged-once',
    title: 'a house’s day is charged once',
    run: async (world) => {
      const house = await answered(world, 'flex-charged-once');
      const told = house.settlement({ events: [event] });
      await world.tell(told.call);
      await world.tell(flexibilityCharge('c-flex', told));
      await world.refuses(flexibilityCharge('d-flex', told), 'WRONG_STATE');
    },
  },
];

const GRID = 'chaincode/src/grid/transactions';
const SETTLE = `${GRID}/settle-day.ts`;
const RECORD = `${GRID}/record-days.ts`;
const CHARGE = 'chaincode/src/clearing/charge-flexibility.ts';
const SHARED = 'chaincode/src/grid/flexibility.ts';

export const flexibilityRemovals: readonly Removal[] = [
  { guard: 'flex-called', file: `${GRID}/call-event.ts`, find: 'tx.nowMs < fromMs,', replace: 'true,' },
  {
    guard: 'flex-overlap',
    file: `${GRID}/call-event.ts`,
    find: 'called === undefined || called.untilMs <= fromMs,',
    replace: 'true,',
  },
  {
    guard: 'flex-meter-of-session',
    file: `${GRID}/enrol-house.ts`,
    find: 'bound === undefined,',
    replace: 'true,',
  },
  {
    guard: 'flex-session-of-meter',
    file: 'chaincode/src/consortium/transactions/register-station.ts',
    find: 'bound?.houseId === undefined,',
    replace: 'true,',
  },
  { guard: 'flex-signed', file: RECORD, find: 'if (!opened.ok)', replace: 'if (false)' },
  {
    guard: 'flex-registers',
    file: RECORD,
    find: 'signed.importMilliWh === importMilliWh[at] && signed.exportMilliWh === exportMilliWh[at],',
    replace: 'true,',
  },
  {
    guard: 'flex-back',
    file: RECORD,
    find: 'at === 0 || register >= (registers[at - 1] ?? 0n),',
    replace: 'true,',
  },
  {
    guard: 'flex-contradiction',
    file: RECORD,
    find: 'importMilliWh[0] === before.importMilliWh.at(-1) && exportMilliWh[0] === before.exportMilliWh.at(-1),',
    replace: 'true,',
  },
  { guard: 'flex-left-out', file: RECORD, find: 'dayMs === before.dayMs + DAY_MS,', replace: 'true,' },
  {
    guard: 'flex-committed',
    file: 'domain/src/flexibility/days.ts',
    find: ' && day.recordedAtMs < event.calledAtMs',
    replace: '',
  },
  {
    guard: 'flex-readings',
    file: SHARED,
    find: "hash === record.bodyHash,\n    'HASH_MISMATCH',\n    `what travels of the day",
    replace: "true,\n    'HASH_MISMATCH',\n    `what travels of the day",
  },
  { guard: 'flex-house', file: SHARED, find: 'ensure(value.houseId === houseId,', replace: 'ensure(true,' },
  {
    guard: 'flex-amount',
    file: SETTLE,
    find: 'canonicalText(lineTexts, body.lines) === found',
    replace:
      'canonicalText(lineTexts, body.lines.map((line, at) => ({ ...line, micros: lines[at].micros }))) === found',
  },
  { guard: 'flex-event-left-out', file: SETTLE, find: 'own.length === count,', replace: 'true,' },
  { guard: 'flex-event-size', file: SETTLE, find: 'hash === record.bodyHash,', replace: 'true,' },
  { guard: 'flex-card', file: SETTLE, find: 'body.cinRef === house.cinRef,', replace: 'true,' },
  { guard: 'flex-settled-once', file: SETTLE, find: 'await tx.requireAbsent(key);', replace: '' },
  {
    guard: 'flex-charge',
    file: CHARGE,
    find: 'owed.length === stated.length && stated.every((item, at) => isLine(item, owed[at])),',
    replace: 'true,',
  },
  {
    guard: 'flex-charged-once',
    file: CHARGE,
    find: 'record.givenChargeId === undefined,',
    replace: 'true,',
  },
];
