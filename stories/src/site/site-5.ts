import { join } from 'node:path';
import { canonicalJson, type Place } from '@roamgrid/wire';
import { asker } from '../system/ask.ts';
import { foundConsortium } from '../system/admission.ts';
import { ALABAMA_POWER, DUKE_ENERGY, type UtilityDefinition } from '../system/consortium.ts';
import { openCustomer, passwordOf } from '../system/customer.ts';
import { driverCaller } from '../system/driver-caller.ts';
import { agree, publishAndBind, registerStations } from '../system/register.ts';
import { startSystem, type LocalSystem } from '../system/system.ts';
import { BOOKING, DRIVER, GIVEN_MICROS_PER_KWH, TERMS } from '../scenario/story.ts';
import { bookThere } from './site-5-tries.ts';
import { driverOf, type BookingDriver, type SpanSeen } from './site-5-driver.ts';
import { calendarKeeper } from './site-5-calendar.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Wishes at once for the outlets of one station. */
const TRIES = 24;

/** At 50 km/h a minute is 833 m; a degree of latitude 111,195 m. */
const minutesNorth = (minutes: number): Place => ({
  latitudeE6: 36_000_000 + Math.round((minutes * 50_000 * 1_000_000) / 60 / 111_195),
  longitudeE6: -78_900_000,
});

const stationOf = (stationId: string, outlets: number) => ({
  stationId,
  name: stationId,
  address: '1 Main Street, Durham',
  timeZone: 'America/New_York',
  outlets: Array.from({ length: outlets }, (_, at) => ({
    evseId: `US*DUK*E${stationId.toUpperCase()}*${at + 1}`,
    meterId: `METER-${stationId}-${at + 1}`,
    maxPowerW: 50_000n,
  })),
});

const DUKE: UtilityDefinition = {
  ...DUKE_ENERGY,
  stations: [stationOf('s1', 1), stationOf('s2', 1), stationOf('s3', 1), stationOf('many', 2)],
};

const AGREED = { booking: BOOKING, givenMicrosPerKWh: GIVEN_MICROS_PER_KWH };

const FLAT_TARIFF = canonicalJson({
  country_code: 'US',
  party_id: 'DUK',
  id: 'USDUK-FLAT',
  currency: 'USD',
  elements: [{ price_components: [{ type: 'ENERGY', price: '0.4', vat: '0', step_size: 1 }] }],
  last_updated: '2026-01-01T00:00:00Z',
});

/** What was seen of the row, as plain JSON. */
export interface Site5Seen {
  readonly denied: { readonly why: string; readonly others: readonly (readonly [string, number])[] };
  readonly afterTask: SpanSeen & {
    readonly outcome: string;
    readonly askedMs: number;
    readonly taskEndMs: number;
  };
  readonly moved: SpanSeen & {
    readonly outcome: string;
    readonly taskId: string;
    readonly taskEndMs: number;
    /** The task as the stations' calendars have it afterwards. */
    readonly runs: readonly {
      readonly stationId: string;
      readonly startMs: number;
      readonly endMs: number;
    }[];
  };
  readonly slow: {
    readonly needWh: string;
    readonly offeredW: string;
    readonly durationMs: number;
    readonly priceMicros: string;
    readonly keptBefore: number;
    readonly accepted: { readonly outcome: string; readonly powerW: string };
    /** Of another offer, which the driver left. */
    readonly keptAfterDeclining: number;
  };
  /** The same reservation at both utilities' gateways. */
  readonly ledger: { readonly atStation: string; readonly atHome: string; readonly state: string };
  /** What a further wish of a card that has three reservations open is refused with. */
  readonly beyond: string;
  readonly tries: {
    readonly outlets: readonly string[];
    readonly asked: number;
    readonly booked: readonly (SpanSeen & { readonly evseId: string })[];
    readonly denied: readonly SpanSeen[];
  };
}

/** Two utilities that agreed on bookings and on what cars give. */
export const beginAbroad = async (folder: string): Promise<LocalSystem> => {
  const system = await startSystem({
    stateDir: join(folder, 'system'),
    utilities: [ALABAMA_POWER, DUKE],
    ledger: { kind: 'embedded' },
    tuning: { logLevel: 'silent' },
    progress: () => undefined,
  });
  const [alabama, duke] = [ALABAMA_POWER, DUKE].map(({ utilityId }) => system.utility(utilityId));
  if (alabama === undefined || duke === undefined) throw new Error('two utilities were started');
  await foundConsortium([alabama, duke], Date.now());
  await registerStations(duke, DUKE, system.keys);
  const startMs = Date.now() - DAY_MS;
  const terms = await agree(duke, alabama, { ...TERMS, ...AGREED }, startMs);
  const tariff = { tariffId: 'USDUK-FLAT', tariffVersion: 1, tariffJson: FLAT_TARIFF };
  await publishAndBind(duke, { ...tariff, validFromMs: startMs, validUntilMs: startMs + 300 * DAY_MS }, [
    terms,
  ]);
  return system;
};

/** A driver of Alabama Power who books at stations of Duke Energy. */
export const signIn = async (system: LocalSystem, customer = DRIVER): Promise<BookingDriver> => {
  const alabama = system.utility(ALABAMA_POWER.utilityId);
  const { cinRef } = await openCustomer(alabama, customer, system.keys);
  const origin = new URL(alabama.aaa.issuer).origin;
  const seat = {
    issuer: alabama.aaa.issuer,
    clientId: alabama.driverApp.clientId,
    redirectUri: `${alabama.driverApp.origin}/`,
    login: customer.login,
    password: passwordOf(system.keys, customer.login),
  };
  const prove = await driverCaller(seat, 'openid booking', `${origin}/driver`);
  return driverOf({ origin, prove, cinRef, vun: DUKE.utilityId });
};

/** Lives the row through: three stations share their power with servers, and a driver of another utility books at the first. */
export const liveSite5 = async (system: LocalSystem, driver: BookingDriver): Promise<Site5Seen> => {
  const duke = system.utility(DUKE.utilityId);
  const calendars = calendarKeeper(duke, {
    s1: minutesNorth(0),
    s2: minutesNorth(9),
    s3: minutesNorth(14),
  });
  const hour = (at: number) => {
    const fromMs = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + at * HOUR_MS;
    return { fromMs, untilMs: fromMs + HOUR_MS };
  };
  const task = (endMs: number, powerW: bigint, movable = false) => ({
    taskId: `task-${endMs}`,
    startMs: endMs - 12 * HOUR_MS,
    endMs,
    powerW,
    movable,
  });

  const first = hour(2);
  await calendars.put('s1', [task(first.untilMs, 45_000n)]);
  const denied = await driver.ask('r1', first, ['travel', 'price', 'time']);
  if (denied.outcome !== 'denied') throw new Error(`it was ${denied.outcome}`);

  const taskEndMs = first.fromMs + 4 * MINUTE_MS;
  await calendars.put('s1', [task(taskEndMs, 45_000n)]);
  const afterTask = await driver.booked('r2', first);

  const second = hour(5);
  const running = task(second.untilMs, 45_000n, true);
  await calendars.put('s1', [running]);
  const moved = await driver.booked('r3', second);
  const runs = await calendars.runsOf(running.taskId);
  const ledger = await driver.onBothLedgers(system, moved.reservationId);
  await driver.cancel(moved.reservationId);

  const third = hour(8);
  await calendars.put('s1', [task(third.untilMs + 3 * HOUR_MS, 25_000n)]);
  const before = await driver.count();
  const offered = await driver.offered('r4', third);
  const keptBefore = (await driver.count()) - before;
  const accepted = await driver.take('r4', third, offered);
  await driver.offered('r5', hour(10));
  const keptAfterDeclining = (await driver.count()) - before - 1;

  await driver.booked('r6', hour(20));
  const beyond = await driver.refusal('r7', hour(22));

  const aaa = asker(system.keys.key(`${DUKE.utilityId}-aaa`), 'aaa', DUKE.utilityId, 'aaa');
  const tries = await bookThere(system, aaa, DUKE.stations[3] ?? stationOf('many', 2), TRIES);
  return {
    denied: {
      why: denied.why,
      others: denied.alternatives
        .filter(({ stationId }) => stationId !== 'many')
        .map(({ stationId, travelMs }) => [stationId, Math.round(travelMs / MINUTE_MS)] as const),
    },
    afterTask: {
      ...{ fromMs: afterTask.fromMs, untilMs: afterTask.untilMs, outcome: afterTask.outcome },
      askedMs: first.fromMs,
      taskEndMs,
    },
    moved: {
      ...{ fromMs: moved.fromMs, untilMs: moved.untilMs, outcome: moved.outcome },
      ...{ taskId: running.taskId, taskEndMs: running.endMs, runs },
    },
    slow: {
      needWh: driver.needWh.toString(),
      offeredW: offered.powerW.toString(),
      durationMs: offered.durationMs,
      priceMicros: offered.priceMicros.toString(),
      keptBefore,
      accepted: { outcome: accepted.outcome, powerW: accepted.powerW.toString() },
      keptAfterDeclining,
    },
    ledger,
    beyond,
    tries,
  };
};
