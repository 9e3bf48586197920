import type { CarriedRecord } from '@roamgrid/offline';
import type { CustomerPhone } from '../customer-phone.ts';
import type { Garage } from './garage.ts';
import type { StoryTime } from './story-time.ts';
import { forge, type Bought } from './tokens.ts';
import { tornEachTime, type TornSeen } from './torn.ts';

/** An evening in the car park: no phone and no charger hears of anybody else. */

const [SECOND_MS, MINUTE_MS] = [1_000, 60_000];
const STOP = { kind: 'stop' } as const;
const start = (energyWh: bigint) => ({ kind: 'start', energyWh }) as const;

/** What was bought beforehand, by what it is for. */
export interface Evening {
  /** From 20:12 until 23:30, for 6.85 kWh. */
  readonly main: Bought;
  /** Until 20:45. */
  readonly short: Bought;
  /** For less money than all of its energy costs. */
  readonly poor: Bought;
  readonly last: Bought;
  /** Of a driver who pulls his plug and goes. */
  readonly left: Bought;
  /** For the charger beside it, of the other phone. */
  readonly elsewhere: Bought;
}

/** Instants of the evening. */
export interface EveningTimes {
  readonly fromMs: number;
  readonly shortUntilMs: number;
  readonly untilMs: number;
}

export interface EveningInputs {
  readonly garage: Garage;
  readonly time: StoryTime;
  readonly phoneA: CustomerPhone;
  /** Somebody else's phone. */
  readonly stranger: CustomerPhone;
  readonly bought: Evening;
  readonly times: EveningTimes;
}

export interface UndergroundSeen {
  /** What the charger says to each. */
  readonly refused: {
    readonly notYet: string;
    readonly otherCharger: string;
    readonly unknownIssuer: string;
    readonly overEnergy: string;
    readonly overCost: string;
    readonly replayed: string;
    readonly expired: string;
    readonly stolen: string;
    /** A copy of the phone's memory: key and tokens. */
    readonly cloned: string;
  };
  /** A bit of every fourth byte of the token, one at a time: how many, and how many of them started anything. */
  readonly altered: { readonly tried: number; readonly started: number };
  readonly start: TornSeen;
  /** It ended by itself. */
  readonly ranAfterLimit: boolean;
  /** Whether a session runs a second before the end of what was reserved, and then. */
  readonly atTheEnd: readonly [before: boolean, then: boolean];
  /** A stop that is taken away at each step; whether the cable is held before the data were handed over, and after. */
  readonly stop: TornSeen & { readonly locked: readonly [before: boolean, after: boolean] };
  /** The same where nobody takes the data: 29 s and 31 s later. */
  readonly waited: readonly [before: boolean, after: boolean];
  /** How often it had started: power went with a record in it. */
  readonly boots: number;
}

/** A bit of every so many bytes. */
const EVERY = 4;

const alteredTokens = async (garage: Garage, phone: CustomerPhone, { token }: Bought) => {
  let [tried, started] = [0, 0];
  for (let at = 0; at < token.length; at += EVERY) {
    const altered = token.with(at, (token[at] ?? 0) ^ (1 << (tried % 8)));
    tried += 1;
    if ((await garage.asks(garage.brings(altered, phone), start(6_850n))) === 'ok') started += 1;
  }
  return { tried, started };
};

/** What phone A took and has brought nobody yet. */
export interface CarriedByA {
  readonly records: readonly CarriedRecord[];
}

/** Lives the evening: five sessions, of which phone A takes three away. */
export const liveUnderground = async ({
  garage,
  time,
  phoneA,
  stranger,
  bought,
  times: { fromMs, shortUntilMs, untilMs },
}: EveningInputs): Promise<UndergroundSeen & CarriedByA> => {
  const by = ({ token }: Bought) => garage.brings(token, phoneA);
  await garage.act('plug-in');
  const notYet = await garage.asks(by(bought.main), start(6_850n));
  await time.passUntil(fromMs);
  const wish = { fromMs, untilMs, energyWh: 6_850n, costMicros: 2_200_000n, evseId: garage.evseId };
  const refused = {
    notYet,
    otherCharger: await garage.asks(garage.brings(bought.elsewhere.token, stranger), start(6_850n)),
    unknownIssuer: await garage.asks(garage.brings(await forge(phoneA, wish), phoneA), start(6_850n)),
    overEnergy: await garage.asks(by(bought.main), start(6_851n)),
    overCost: await garage.asks(by(bought.poor), start(6_850n)),
    stolen: await garage.asks(garage.brings(bought.main.token, stranger), start(6_850n)),
  };
  const altered = await alteredTokens(garage, phoneA, bought.main);

  const begun = await tornEachTime(garage, by(bought.main), start(6_850n));
  await time.pass(20 * MINUTE_MS);
  const ranAfterLimit = (await garage.act('look')).running !== undefined;
  const replayed = await garage.asks(by(bought.main), start(1n));
  await garage.powerAgain();
  await garage.act('plug-in');
  const cloned = await garage.asks(by(bought.main), start(1n));

  await garage.asks(by(bought.short), start(10_000n));
  await time.passUntil(shortUntilMs - SECOND_MS);
  const ranBefore = (await garage.act('look')).running !== undefined;
  await time.passUntil(shortUntilMs);
  const ranThen = (await garage.act('look')).running !== undefined;
  const expired = await garage.asks(by(bought.short), start(1n));

  // Stopped by a tap; the phone takes what the charger has.
  await garage.asks(by(bought.poor), start(5_000n));
  await time.pass(5 * MINUTE_MS);
  const lockedBefore = (await garage.act('look')).isCableLocked;
  const taken = new Map<number, CarriedRecord>();
  const stop = await tornEachTime(garage, by(bought.poor), STOP, (contact) =>
    contact.take((record) => {
      taken.set(record.number, record);
      return Promise.resolve();
    }),
  );
  const lockedAfter = (await garage.act('look')).isCableLocked;

  // A relay that sticks, and nobody who takes the data.
  await garage.act('plug-in');
  await garage.asks(by(bought.last), start(3_000n));
  await time.pass(MINUTE_MS);
  await garage.act('stick');
  await garage.asks(by(bought.last), STOP);
  await time.pass(29 * SECOND_MS);
  const waitedBefore = (await garage.act('look')).isCableLocked;
  await time.pass(2 * SECOND_MS);
  const waitedAfter = (await garage.act('look')).isCableLocked;
  await garage.act('mend');

  await garage.asks(by(bought.left), start(3_000n));
  await time.pass(MINUTE_MS);
  await garage.act('unplug');
  await time.pass(MINUTE_MS);
  return {
    refused: { ...refused, replayed, expired, cloned },
    ...{ altered, start: begun, ranAfterLimit, atTheEnd: [ranBefore, ranThen] },
    stop: { ...stop, locked: [lockedBefore, lockedAfter] },
    ...{ waited: [waitedBefore, waitedAfter], boots: (await garage.act('look')).bootCounter },
    records: [...taken.values()],
  };
};
