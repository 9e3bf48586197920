import { isDeepStrictEqual } from 'node:util';
import { setWord, stationCalendar } from '@roamgrid/wire';
import {
  askedFor,
  firstDraft,
  nearest,
  offeredAt,
  startsOf,
  type Draft,
  type Kind,
} from '@roamgrid/web/wallet';
import type { StationDefinition } from '../../system/consortium.ts';
import { until } from '../../system/until.ts';
import type { OfflineStage } from '../stage.ts';
import { AppPhone } from './app-phone.ts';
import { fedTo } from './books.ts';
import { Garage } from './garage.ts';
import type { StoryTime } from './story-time.ts';

/** SECURE-12: the app on a phone, whose network is off while it charges. */

/** One session, as phone, charger's utility and ledger have it: whole numbers as text. */
export interface PhoneSession {
  readonly start: string;
  readonly stop: string;
  readonly energyWh: string;
  readonly micros: string;
  /** What its credit counts as spent and not billed yet, right after it stopped. */
  readonly spentMicros: string;
  /** Records that the phone carried, and where that of the session was before and after it was online. */
  readonly carried: number;
  readonly record: readonly [before: string, after: string];
  readonly ledger: { readonly energyWh: string; readonly micros: string };
  /** What the account has left once it is booked. */
  readonly leftMicros: string;
}

export interface PhoneSeen {
  /** What was shown before anything was agreed to. */
  readonly shown: { readonly microsPerKWh: string; readonly mostMicros: string; readonly leftMicros: string };
  /** What the account has left while money is put aside for both tokens, and what the phone has to spend. */
  readonly leftMicros: string;
  readonly availableMicros: string;
  /** Who answers the phone with its network off. */
  readonly answering: readonly string[];
  /** Outlets for whom, the nearest station first, of what was fetched last. */
  readonly chargers: Readonly<Record<Kind, readonly string[]>>;
  readonly noCar: string;
  /** What app and charger say the day before. */
  readonly early: readonly [app: string, charger: string];
  readonly now: PhoneSession;
  readonly tomorrow: PhoneSession;
  /** What the phone still keeps aside in the end. */
  readonly reservedMicros: string;
}

const MINUTE_MS = 60_000;
const LIMIT_MICROS = 50_000_000n;
const HERE = { latitudeE6: 35_994_000, longitudeE6: -78_898_600 };
const PLACES = [
  ['DUK-XEAL-5', { latitudeE6: 35_995_900, longitudeE6: -78_902_000 }],
  ['DUK-XEAL-1', { latitudeE6: 36_100_000, longitudeE6: -78_902_000 }],
] as const;
const RULES: readonly (readonly [string, Kind])[] = [
  ['US*DUK*EXEAL2', 'public-shared'],
  ['US*DUK*EXEAL3', 'public-shared'],
  ['US*DUK*EXEAL5', 'private'],
];

/** The utility says where its chargers are, and for whom. */
const tellOfChargers = async ({ duke }: OfflineStage): Promise<void> => {
  const door = `${duke.gateway.url}/operator/v1`;
  for (const [stationId, place] of PLACES)
    await duke.operator(
      ...(['PUT', `${door}/stations/${stationId}/calendar`] as const),
      { version: 0, place, tasks: [] },
      stationCalendar,
    );
  for (const [evseId, kind] of RULES)
    await duke.operator(
      ...(['PUT', `${door}/offline/chargers/${encodeURIComponent(evseId)}/rules`] as const),
      { kind, zone: 'America/New_York' },
      setWord.pick({ version: true }),
    );
};

export interface PhoneInputs {
  readonly stage: OfflineStage;
  readonly time: StoryTime;
  readonly folder: string;
  readonly station: StationDefinition;
}

class Evening {
  readonly #inputs: PhoneInputs;
  readonly #garage: Garage;
  readonly app: AppPhone;

  constructor(inputs: PhoneInputs, garage: Garage, app: AppPhone) {
    this.#inputs = inputs;
    this.#garage = garage;
    this.app = app;
  }

  get leftMicros(): string {
    return this.app.purse.about?.means.leftMicros ?? '';
  }

  /** Fills in the form as a driver does, sees the price, and agrees to so much. */
  async get(wish: Partial<Draft>, costMicros: bigint) {
    const { app } = this;
    const { evseId } = this.#garage;
    const { station, time } = this.#inputs;
    const { cards, places } = await app.purse.choices();
    const place = places.find(({ stationId }) => stationId === station.stationId);
    const draft = {
      ...firstDraft(),
      cinRef: cards[0]?.cinRef ?? '',
      place: `${place?.vun} ${place?.stationId}`,
    };
    Object.assign(draft, { evseId, ...wish });
    const booked = app.purse.about?.reservations ?? [];
    const asked = askedFor(draft, places, booked, time.nowMs());
    if ('faults' in asked) throw new Error(`the form says ${asked.faults.join()}`);
    const known = new Set(app.purse.tokens.map(({ tokenId }) => tokenId));
    const offer = await app.purse.price(asked);
    await app.purse.agree({ asked, offer }, costMicros, 'phone with the app');
    await app.hear();
    const got = app.purse.tokens.find(({ tokenId }) => !known.has(tokenId));
    if (got === undefined) throw new Error('the phone keeps no token');
    return { offer, tokenId: got.tokenId };
  }

  /** Starts, charges so long and stops with the network off; then the phone is online again until its record is booked. */
  async charge(tokenId: string, forMs: number): Promise<PhoneSession> {
    const { app } = this;
    const { time, stage } = this.#inputs;
    const session = () => app.purse.sessions.find((each) => each.tokenId === tokenId);
    const start = await app.tap(tokenId, 'start');
    await time.pass(forMs);
    await app.goUnderground();
    const stop = await app.tap(tokenId, 'stop');
    await this.#garage.act('unplug');
    const ended = session()?.ended;
    const spentMicros = String(app.purse.credit?.balance('USD').spentMicros);
    const before = session()?.record ?? 'none';
    const carried = (await app.purse.store.all('records')).length;
    await app.comeBack();
    await until('the session is billed to the phone', async () => {
      await time.pass(1_000);
      await app.hear();
      // Home may hear of it before the charger's utility has the receipt that frees the charger.
      const isBooked = (await this.#garage.kept()).every(({ state }) => state === 'booked');
      return isBooked && app.token(tokenId).state === 'settled' ? true : undefined;
    });
    const [cdr] = (await fedTo(stage, [tokenId])).map((fed) => fed.cdr);
    return {
      ...{ start, stop, energyWh: ended?.energyWh ?? '', micros: ended?.costMicros ?? '' },
      ...{ spentMicros, carried },
      record: [before, session()?.record ?? 'none'],
      ledger: { energyWh: String(cdr?.energyWh), micros: String(cdr?.totalMicros) },
      leftMicros: this.leftMicros,
    };
  }
}

const outletsOf = ({ purse }: AppPhone, kind: Kind): readonly string[] =>
  nearest(purse.chargers, kind, HERE).flatMap(({ station }) =>
    station.outlets.filter((outlet) => outlet.kind === kind).map(({ evseId }) => evseId),
  );

const live = async (inputs: PhoneInputs, garage: Garage, app: AppPhone): Promise<PhoneSeen> => {
  const { time } = inputs;
  const evening = new Evening(inputs, garage, app);
  const first = evening.leftMicros;
  const now = await evening.get({ kWh: '10' }, 2_400_000n);
  const { microsPerKWh, mostMicros } = now.offer;
  const day = { when: 'tomorrow', evseId: garage.evseId } as const;
  const startMs = startsOf(day, [], time.nowMs()).at(40) ?? 0;
  const later = await evening.get({ ...day, kWh: '1', start: String(startMs) }, 320_000n);
  const { leftMicros } = evening;
  const available = app.purse.credit?.balance('USD').availableMicros;
  const answering = await app.goUnderground();
  const noCar = await app.tap(now.tokenId, 'start');
  await garage.act('plug-in');
  const offered = offeredAt(app.token(later.tokenId), [], time.nowMs());
  const early = [offered.may ? 'may' : offered.why, await app.tap(later.tokenId, 'start')] as const;
  const chargers = {
    'public-all': outletsOf(app, 'public-all'),
    'public-shared': outletsOf(app, 'public-shared'),
    private: outletsOf(app, 'private'),
  };
  const today = await evening.charge(now.tokenId, 15 * MINUTE_MS);
  await time.passUntil(startMs + MINUTE_MS);
  await app.hear();
  await app.goUnderground();
  await garage.act('plug-in');
  const tomorrow = await evening.charge(later.tokenId, 1.5 * MINUTE_MS);
  return {
    ...{ shown: { microsPerKWh, mostMicros, leftMicros: first }, leftMicros },
    availableMicros: String(available),
    ...{ answering, chargers, noCar, early, now: today, tomorrow },
    reservedMicros: String(app.purse.credit?.balance('USD').reservedMicros),
  };
};

export const livePhone = async (inputs: PhoneInputs): Promise<PhoneSeen> => {
  const { stage, time, station, folder } = inputs;
  await tellOfChargers(stage);
  const garage = await Garage.setUp(stage, time, station, { folder });
  const app = await AppPhone.open(stage, time, garage, await stage.customer('dot', LIMIT_MICROS));
  try {
    return await live(inputs, garage, app);
  } finally {
    app.close();
    await garage.close();
  }
};

const ROW = [7, 8, 9, 10, 11].map((outlet) => `US*DUK*EXEAL${outlet}`);

/** 22 kW for a quarter of an hour and for a minute and a half, at 0.32 USD a kWh of which the driver gets 2 % back. */
const RIGHT: PhoneSeen = {
  shown: { microsPerKWh: '320000', mostMicros: '3200000', leftMicros: '50000000' },
  ...{ leftMicros: '47280000', availableMicros: '2720000', answering: [] },
  chargers: {
    // The five in a row come last: nobody said where they are.
    'public-all': ['US*DUK*EXEAL6', 'US*DUK*EXEAL1', ...ROW],
    'public-shared': ['US*DUK*EXEAL2', 'US*DUK*EXEAL3'],
    private: ['US*DUK*EXEAL5'],
  },
  ...{ noCar: 'NOT_PLUGGED', early: ['not-yet', 'TOKEN_NOT_YET'] },
  now: {
    ...{ start: 'done', stop: 'done', energyWh: '5500', micros: '1760000' },
    ...{ spentMicros: '1760000', carried: 1 },
    ...{ record: ['phone', 'booked'], ledger: { energyWh: '5500', micros: '1760000' } },
    // 1.7248 USD were paid, and 0.32 are put aside for tomorrow.
    leftMicros: '47955200',
  },
  tomorrow: {
    ...{ start: 'done', stop: 'done', energyWh: '550', micros: '176000' },
    ...{ spentMicros: '176000', carried: 1 },
    ...{ record: ['phone', 'booked'], ledger: { energyWh: '550', micros: '176000' } },
    leftMicros: '48102720',
  },
  reservedMicros: '0',
};

/** Everything is as computed by hand, and nothing else is there. */
export const isPhone = (seen: PhoneSeen): boolean => isDeepStrictEqual(seen, RIGHT);
