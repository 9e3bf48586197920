import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveNeighbours } from '@roamgrid/station';
import { keptRecords, loadPlan, setWord } from '@roamgrid/wire';
import { until } from '../../system/until.ts';
import { CAR_PARK, type OfflineStage } from '../stage.ts';
import { openWallet } from '../wallet.ts';
import { CarryingPhone } from './carrying-phone.ts';
import { ServedCharger } from './served-charger.ts';

const NUMBERS = [1, 2, 3, 4, 5];
const STATION_ID = 'DUK-XROW-1';
const evseOf = (number: number): string => `US*DUK*EXROW${number}`;
const meterOf = (number: number): string => `DUK-METER-R${number}`;

/** The car park with a row of five more outlets. */
export const PARK_WITH_ROW: typeof CAR_PARK = {
  ...CAR_PARK,
  stations: [
    ...CAR_PARK.stations,
    {
      ...{ stationId: STATION_ID, name: 'Deck, level −4', address: '1 Main Street, Durham' },
      timeZone: 'America/New_York',
      outlets: NUMBERS.map((number) => ({
        ...{ evseId: evseOf(number), meterId: meterOf(number), maxPowerW: 50_000n },
      })),
    },
  ],
};

/** Five chargers of the row on one local network, each with the network's own sockets, meter and memory. */
export const openFive = async (stage: OfflineStage, folder: string) => {
  const row = NUMBERS.map((number) => {
    const others = NUMBERS.filter((other) => other !== number);
    return { number, addresses: new Map(others.map((other) => [evseOf(other), ''])) };
  });
  const five: ServedCharger[] = [];
  for (const { number, addresses } of row) {
    const own = join(folder, String(number));
    const neighbours = await serveNeighbours({
      ...{ neighbours: addresses, folder: join(own, 'near'), everyMs: 200 },
    });
    for (const other of row) if (other.number !== number) other.addresses.set(evseOf(number), neighbours.url);
    const charger = await ServedCharger.setUp({
      ...{ stage, folder: own, evseId: evseOf(number), meterId: meterOf(number), stationId: STATION_ID },
      ...{ maxPowerW: 50_000n, neighbours },
    });
    await charger.start();
    five.push(charger);
  }
  return five;
};

/** A customer's phone with a token for one outlet. */
const phoneAt = async (stage: OfflineStage, login: string, evseId: string): Promise<CarryingPhone> => {
  const { wallet, phone } = await openWallet(stage, login, 50_000_000n);
  const offer = await wallet.price({ audience: { kind: 'outlet', evseId } });
  const { token } = await wallet.agree(offer, offer.mostMicros);
  return new CarryingPhone(stage, token, phone);
};

/** Each of the five charges somebody; one phone at the third takes what all five have, and all five are booked, once each. */
export const oneContactForFive = async (
  stage: OfflineStage,
  five: readonly ServedCharger[],
): Promise<void> => {
  const { duke } = stage;
  const url = (path: string) => `${duke.gateway.url}/operator/v1/offline/${path}`;
  for (const [at, charger] of five.entries()) {
    const phone = await phoneAt(stage, `r0${at}`, charger.evseId);
    await phone.asks(charger, { kind: 'start', energyWh: 5_000n });
    await sleep(400);
    await phone.asks(charger, { kind: 'stop' });
  }
  const third = five[2] ?? assert.fail('there are five');
  const carrier = await phoneAt(stage, 'r09', third.evseId);
  const chargers = five.map(({ evseId }) => evseId);
  const nowMs = Date.now();
  const fifth = chargers[4] ?? '';
  await duke.operator(
    'PUT',
    url('sites/row/unavailable'),
    { chargers, unavailable: [{ evseId: fifth, fromMs: nowMs - 60_000, untilMs: nowMs + 3_600_000 }] },
    setWord.pick({ version: true }),
  );
  await carrier.fetch(third.evseId);
  const taken = await until('the third has what all five have', async () => {
    carrier.records.length = 0;
    const visited = await carrier.visits(third);
    return visited.records === five.length ? visited : undefined;
  });
  assert.equal(taken.records, five.length);
  assert.deepEqual([...new Set(carrier.records.map(({ evseId }) => evseId))].sort(), [...chargers].sort());
  // The list reached the fifth, at which the phone never was.
  const last = five[4] ?? assert.fail('there are five');
  const late = await phoneAt(stage, 'r08', last.evseId);
  await until('the fifth has heard', async () => {
    const told = await late.asks(last, { kind: 'start', energyWh: 1_000n }).catch(String);
    return typeof told === 'string' && told.includes('WITHDRAWN') ? told : undefined;
  });

  const told = await until('all five are booked', async () => {
    const brought = await carrier.bringsBack();
    assert.ok(
      brought.records.every(({ state }) => state !== 'refused'),
      JSON.stringify(brought.records),
    );
    return brought.records.every(({ state }) => state === 'booked') ? brought : undefined;
  });
  // Brought again, twice and in another order, each is the one that it was.
  carrier.records.push(...[...carrier.records].reverse());
  await carrier.bringsBack();
  for (const evseId of chargers) {
    const kept = await duke.operator(
      'GET',
      url(`records?evseId=${encodeURIComponent(evseId)}`),
      undefined,
      keptRecords,
    );
    assert.deepEqual(
      kept.records.map(({ number, state }) => [number, state]),
      [[1, 'booked']],
    );
  }
  // One contact takes the receipts to all: nobody has anything left to hand over.
  carrier.load = { words: [], receipts: told.receipts.map(({ receipt }) => receipt) };
  assert.equal(told.receipts.length, five.length);
  await carrier.visits(third);
  for (const charger of five)
    await until(`${charger.evseId} has forgotten them`, async () => {
      carrier.records.length = 0;
      return (await carrier.visits(charger)).records === 0 ? true : undefined;
    });
};

const QUARTER_MS = 900_000;

/**
 * The building's load of the last day has its peak in the quarters of an hour that come now: two of the five are withdrawn in it, the least used by what is booked, and
 * hear of it by one phone at another one.
 */
export const withdrawnByLoad = async (stage: OfflineStage, five: readonly ServedCharger[]): Promise<void> => {
  const { duke } = stage;
  const chargers = five.map(({ evseId }) => evseId);
  const fromMs = Math.floor(Date.now() / QUARTER_MS) * QUARTER_MS;
  const plan = (readingsWh: readonly string[], sharePermille = 400) =>
    duke.operator(
      'PUT',
      `${duke.gateway.url}/operator/v1/offline/sites/row/plan`,
      { chargers, fromMs, readingsWh, peakPermille: 800, sharePermille },
      loadPlan,
    );
  const readings = Array.from({ length: 96 }, (_, at) => (at < 8 ? '9000' : '1000'));
  const planned = await plan(readings);
  const [hour, day] = [4 * QUARTER_MS, 96 * QUARTER_MS];
  assert.deepEqual(planned.peaks, [
    { fromMs, untilMs: fromMs + 2 * hour },
    { fromMs: fromMs + day, untilMs: fromMs + day + 2 * hour },
  ]);
  // Said again it is the same list.
  assert.equal((await plan(readings)).version, planned.version);
  assert.ok(planned.chargers.every(({ usedWh }) => usedWh > 0n));
  const byUse = [...planned.chargers].sort(
    (a, b) => Number(a.usedWh - b.usedWh) || (a.evseId < b.evseId ? -1 : 1),
  );
  assert.deepEqual(
    byUse.map(({ isWithdrawn }) => isWithdrawn),
    [true, true, false, false, false],
  );
  const whose = (at: number) =>
    five.find(({ evseId }) => evseId === byUse[at]?.evseId) ?? assert.fail('there are five');
  const [least, most] = [whose(0), whose(4)];
  const [carrier, driver] = [
    await phoneAt(stage, 'r10', most.evseId),
    await phoneAt(stage, 'r11', least.evseId),
  ];
  await carrier.fetch(most.evseId);
  assert.ok((await carrier.visits(most)).given.includes('unavailable'));
  const start = { kind: 'start', energyWh: 1_000n } as const;
  const asks = () => driver.asks(least, start).then(() => 'ok', String);
  await until('the least used has heard', async () =>
    (await asks()).includes('WITHDRAWN') ? true : undefined,
  );
  await carrier.asks(most, start);
  await carrier.asks(most, { kind: 'stop' });
  // A day without peaks, or a share of none, gives it back.
  await plan(readings, 0);
  await carrier.fetch(most.evseId);
  await carrier.visits(most);
  await until('it is there again', async () => ((await asks()) === 'ok' ? true : undefined));
};
