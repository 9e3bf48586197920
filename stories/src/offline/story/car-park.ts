import type { OfflineRecord } from '@roamgrid/offline';
import { DUKE_ENERGY, type UtilityDefinition } from '../../system/consortium.ts';
import type { LedgerChoice } from '../../system/system.ts';
import type { SystemTuning } from '../../system/utility.ts';
import type { CustomerPhone } from '../customer-phone.ts';
import { SlowLegs } from '../slow-legs.ts';
import { startOfflineStage, type OfflineStage } from '../stage.ts';
import { openWallet } from '../wallet.ts';
import { closeBooks, type BooksSeen } from './books.ts';
import { LIMIT_MICROS, liveCredit, type CreditSeen } from './credit.ts';
import { liveFirmware, type FirmwareSeen } from './firmware.ts';
import { Garage } from './garage.ts';
import { liveLoad, type LoadSeen } from './load.ts';
import { liveNeighbours, type NeighboursSeen } from './neighbours.ts';
import { livePhone, type PhoneSeen } from './phone.ts';
import { liveReconnect, type ReconnectSeen } from './reconnect.ts';
import { liveRevoked, type RevokedSeen } from './revoked.ts';
import { secretsIn, type CaptureSeen } from './secrets.ts';
import { openRow } from './row.ts';
import { liveStarts, type StartsSeen } from './starts.ts';
import { StoryTime } from './story-time.ts';
import { buy, type Bought } from './tokens.ts';
import { liveUnderground, type Evening, type UndergroundSeen } from './underground.ts';

/** A record as the utility opened it, with what is recomputed from: whole numbers as text. */
export interface RecordSeen {
  readonly number: number;
  readonly reason: string;
  readonly lastedMs: number;
  readonly energyWh: string;
  readonly registerMilliWh: string;
  readonly isPlugged: boolean;
  readonly faults: readonly string[];
  readonly temperatureDeciC: number;
  readonly humidityPermille: number;
}

export interface CarParkSeen {
  readonly evening: UndergroundSeen;
  readonly reconnect: ReconnectSeen;
  /** By which the sessions began, in their order. */
  readonly tokens: readonly string[];
  readonly records: readonly RecordSeen[];
  readonly books: BooksSeen;
  readonly credit: CreditSeen;
  readonly load: LoadSeen;
  readonly neighbours: NeighboursSeen;
  readonly firmware: FirmwareSeen;
  readonly phone: PhoneSeen;
  readonly revoked: RevokedSeen;
  readonly starts: StartsSeen;
  /** What the customer's account had left before the evening, and what it has in the end: micros. */
  readonly leftMicros: readonly [before: string, after: string];
  readonly capture: CaptureSeen;
}

export interface CarParkOptions {
  readonly progress: (text: string) => void;
  readonly ledger: LedgerChoice;
  readonly logLevel: SystemTuning['logLevel'];
  /** Nothing is measured before it is over. */
  readonly beforeMeasuring?: Promise<unknown>;
  /** When both drivers buy their tokens: four days at least before the wall's time, and a whole second; at ten past eight UTC, some days ago, when absent. */
  readonly eveningMs?: number;
}

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
/** The story ends before the wall's time. */
const DAYS_AGO = 6;
const CAPACITY = 5;

const PLACE_ID = 'DECK';
const stationOf = (at: number, outlets: readonly number[], placeId?: string) => ({
  stationId: `DUK-XEAL-${at}`,
  name: `Deck, level −${at}`,
  address: '1 Main Street, Durham',
  timeZone: 'America/New_York',
  ...(placeId !== undefined && { placeId }),
  outlets: outlets.map((outlet) => ({
    ...{ evseId: `US*DUK*EXEAL${outlet}`, meterId: `DUK-METER-X${outlet}`, maxPowerW: 22_000n },
  })),
});
/** That of the evening, that of a place with two chargers, one with an outlet that has a network and one for firmware, five in a row, and that of the app. */
const STATIONS = [
  stationOf(1, [1]),
  stationOf(2, [2, 3], PLACE_ID),
  stationOf(3, [4, 5]),
  stationOf(4, [7, 8, 9, 10, 11]),
  // The fifth books on the first one's lane: what is charged there comes after the evening's books.
  stationOf(5, [6]),
] as const;
const PARK: UtilityDefinition = { ...DUKE_ENERGY, stations: STATIONS };
/** Ways that are wide-area legs: from stations to their gateway, and to home. */
const isFar = (name: string): boolean => ['usduk/gateway', 'usalp/aaa'].includes(name);

const recordSeen = ({ number, facts }: OfflineRecord): RecordSeen => ({
  ...{ number, reason: facts.reason, lastedMs: facts.lastedMs, energyWh: facts.energyWh.toString() },
  ...{ registerMilliWh: facts.registerMilliWh.toString(), isPlugged: facts.isPlugged },
  ...{ faults: facts.faults, temperatureDeciC: facts.temperatureDeciC },
  humidityPermille: facts.humidityPermille,
});

/** A phone with a token. */
interface Held {
  readonly token: Uint8Array;
  readonly phone: CustomerPhone;
}

/** The evening of some days ago: ten past eight, when both drivers buy their tokens. */
const tenPastEightMs = (): number => {
  const dayMs = Math.floor((Date.now() - DAYS_AGO * DAY_MS) / DAY_MS) * DAY_MS;
  return dayMs + 20 * HOUR_MS + 10 * MINUTE_MS;
};

/** A place with two chargers: a phone that keeps its credit, and then a day by whose load it is planned. */
const placeAt = async (
  stage: OfflineStage,
  time: StoryTime,
  folder: string,
  { untilMs, carrier }: { readonly untilMs: number; readonly carrier: Held },
): Promise<{ readonly credit: CreditSeen; readonly load: LoadSeen }> => {
  const cleo = await openWallet(stage, 'cat', LIMIT_MICROS);
  const [, station] = STATIONS;
  const eli = await openWallet(stage, 'eli', 20_000_000n);
  const garages = await Promise.all([
    Garage.setUp(stage, time, station, { folder, at: 0 }),
    Garage.setUp(stage, time, station, { folder, at: 1 }),
  ]);
  try {
    for (const garage of garages) await garage.words();
    const credit = await liveCredit({ ...{ stage, time, ...cleo, garages, placeId: PLACE_ID, untilMs } });
    return { credit, load: await liveLoad({ stage, time, garages, driver: eli, carrier }) };
  } finally {
    for (const garage of garages) await garage.close();
  }
};

const neighboursAt = async (
  stage: OfflineStage,
  time: StoryTime,
  folder: string,
  carrier: Held,
): Promise<NeighboursSeen> => {
  const dee = await openWallet(stage, 'dee', 20_000_000n);
  const garages = await openRow(stage, time, STATIONS[3], folder);
  try {
    return await liveNeighbours({ stage, time, garages, driver: dee, carrier });
  } finally {
    for (const garage of garages) await garage.close();
  }
};

/** The way of a token: bought, used underground, its record carried by another phone, booked, invoiced and billed. */
export const liveCarPark = async (folder: string, options: CarParkOptions): Promise<CarParkSeen> => {
  const { progress } = options;
  const time = new StoryTime(options.eveningMs ?? tenPastEightMs());
  const beganMs = time.nowMs();
  const legs = new SlowLegs(0, isFar);
  const stage = await startOfflineStage(folder, {
    ...{ park: PARK, between: legs, pricedForMs: 30 * DAY_MS, nowMs: time.nowMs, ...options },
  });
  try {
    const ada = await openWallet(stage, 'ada', 20_000_000n);
    const ben = await openWallet(stage, 'ben', 20_000_000n);
    const garage = await Garage.setUp(stage, time, STATIONS[0], { folder, capacity: CAPACITY });
    try {
      await garage.words();
      const [fromMs, untilMs] = [beganMs + 2 * MINUTE_MS, beganMs + 200 * MINUTE_MS];
      const shortUntilMs = beganMs + 35 * MINUTE_MS;
      const { evseId } = garage;
      const whole = { fromMs, untilMs, energyWh: 6_850n, costMicros: 2_200_000n, evseId };
      const elsewhere = STATIONS[1].outlets[0]?.evseId ?? '';
      progress('two drivers buy tokens while their phones are online');
      const before = (await ada.wallet.list()).means.leftMicros;
      const bought: Evening = {
        main: await buy(ada.wallet, whole),
        short: await buy(ada.wallet, {
          ...whole,
          untilMs: shortUntilMs,
          energyWh: 10_000n,
          costMicros: 3_200_000n,
        }),
        poor: await buy(ada.wallet, { ...whole, costMicros: 2_000_000n }),
        last: await buy(ada.wallet, { ...whole, energyWh: 3_000n, costMicros: 960_000n }),
        left: await buy(ada.wallet, { ...whole, energyWh: 3_000n, costMicros: 960_000n }),
        elsewhere: await buy(ben.wallet, { ...whole, evseId: elsewhere }),
      };
      const returnMs = fromMs + 3 * DAY_MS;
      const later: Bought = await buy(ben.wallet, {
        ...{ ...whole, fromMs: returnMs - HOUR_MS, untilMs: returnMs + HOUR_MS, energyWh: 1_000n },
        costMicros: 320_000n,
      });
      progress('underground: refusals, contacts that are lost at every step, five sessions, a cut of power');
      const { records: byA, ...evening } = await liveUnderground({
        ...{ garage, time, phoneA: ada.phone, stranger: ben.phone, bought },
        times: { fromMs, shortUntilMs, untilMs },
      });
      progress('a phone that keeps its credit, and a copy of it at two chargers; then the load of a day');
      const passer = { token: later.token, phone: ben.phone };
      const { credit, load } = await placeAt(stage, time, folder, { untilMs, carrier: passer });
      progress('five chargers of one local network, and one phone at one of them');
      const neighbours = await neighboursAt(stage, time, folder, passer);
      progress('firmware, in chunks, by two phones in many contacts');
      const firmware = await liveFirmware({
        ...{ stage, time, folder, station: STATIONS[2] },
        phones: (charger) => [
          charger.brings(bought.main.token, ada.phone),
          charger.brings(later.token, ben.phone),
          charger.brings(bought.left.token, ada.phone),
        ],
      });
      progress('three days later the other phone comes, takes all and is online again');
      await time.passUntil(returnMs);
      const { seen: reconnect, records } = await liveReconnect(garage, ben.phone, later, byA);
      const booked = [bought.main, bought.short, bought.poor, bought.last, bought.left].map(
        ({ tokenId }) => tokenId,
      );
      const periodId = new Date(beganMs).toISOString().slice(0, 7);
      const books = await closeBooks(stage, booked, periodId, progress);
      const after = (await ada.wallet.list()).means.leftMicros;
      progress('the app on a phone: charge now and tomorrow with the network off');
      const phone = await livePhone({ stage, time, folder, station: STATIONS[4] });
      progress('a card is lost, and its token is refused once a phone brought the list');
      const carrier = garage.brings(later.token, ben.phone);
      const revoked = await liveRevoked({ stage, time, garage, carrier });
      await options.beforeMeasuring;
      progress('starts with and without a network');
      const starts = await liveStarts({ stage, time, legs, station: STATIONS[2], folder });
      return {
        ...{
          credit,
          load,
          neighbours,
          firmware,
          evening,
          reconnect,
          tokens: booked,
          phone,
          revoked,
          starts,
          records: records.map(recordSeen),
          books,
        },
        leftMicros: [before.toString(), after.toString()],
        capture: secretsIn(
          garage.capture,
          [...Object.values<Bought>({ ...bought }), later].map(({ token }) => token),
          records,
        ),
      };
    } finally {
      await garage.close();
    }
  } finally {
    await stage.system.close();
    legs.close();
  }
};
