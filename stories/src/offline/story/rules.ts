import { openDiagnosis, type Carried } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { EVSE_ID, keysOf } from '../underground.ts';
import type { AtTheCharger } from './at-the-charger.ts';

/** SECURE-14: what a utility says of a place holds from then on, through a cut of power. */

const START = { kind: 'start', energyWh: 25_000n } as const;
const STOP = { kind: 'stop' } as const;
const COLLECT = { kind: 'collect' } as const;
const [HOUR_S, MINUTE_MS] = [3_600, 60_000];

export interface RulesSeen {
  /** Whether a session runs a second before the longest, and then; how long it was and why it ended. */
  readonly runs: readonly [before: boolean, then: boolean];
  readonly lastedMs: number;
  readonly reason: string;
  /** How often the charger had started when the third session of the driver was asked for. */
  readonly boots: number;
  readonly third: string;
  readonly other: string;
  readonly nextDay: string;
  /** An earlier word, one of another signer, and what holds then. */
  readonly older: string;
  readonly stranger: string;
  readonly stillThird: string;
  /** By a later word: its group, its hours, its price. */
  readonly otherGroup: string;
  readonly outsideHours: string;
  readonly otherPrice: string;
  /** What it said of itself, sealed for its utility: asked, answered, and whether anybody else could open it. */
  readonly diagnosed: readonly string[];
  readonly openedByOthers: boolean;
}

const diagnosed = async (at: AtTheCharger, mine: Carried) => {
  const { reader, own } = at.there;
  const sealed = await at.meets(mine, COLLECT, (contact) => contact.diagnosed());
  if (sealed === undefined) throw new Error('it says nothing of itself');
  const opened = (by: typeof reader) =>
    openDiagnosis(NODE_SUITE, [by], { evseId: EVSE_ID, key: own.key }, sealed);
  const stranger = await opened(await NODE_SUITE.newAgreement());
  return {
    diagnosed: ((await opened(reader))?.answers ?? []).map(({ query }) => query),
    openedByOthers: stranger !== undefined,
  };
};

export const liveRules = async (at: AtTheCharger): Promise<RulesSeen> => {
  const { there } = at;
  const many = { limits: { energyWh: 99_000n, costMicros: 99_000_000n, sessions: 9 } };
  const keys = await keysOf();
  const mine = async () => there.phone({ ...many, audience: { kind: 'group', groupId: 'CITY-HALL' } }, keys);
  const limits = { sessionsADay: 2, longestS: HOUR_S };
  // A moment after whoever was here before.
  await there.pass(1_000);
  await there.charger().act('plug-in');
  await at.rule(limits);
  const first = await mine();
  await at.asks(first, START);
  const runsBefore = (await there.pass(HOUR_S * 1_000 - 1_000)).running !== undefined;
  const runsThen = (await there.pass(1_000)).running !== undefined;
  const [record] = await at.collected();
  await at.asks(first, START);
  await there.pass(MINUTE_MS);
  await there.powerAgain();
  await there.charger().act('plug-in');
  const { bootCounter } = await there.charger().act('look');
  const third = await at.asks(first, START);
  const someone = await there.phone({ ...many });
  const other = await at.asks(someone, START);
  await at.asks(someone, STOP);
  const older = await at.rule({ ...limits, sessionsADay: null, version: 1 });
  const stranger = await at.forged({ ...limits, sessionsADay: null });
  const stillThird = await at.asks(first, START);
  // It is about noon in New York.
  await there.pass(14 * HOUR_S * 1_000);
  const next = await mine();
  const nextDay = await at.asks(next, START);
  await at.asks(next, STOP);
  await at.rule({ kind: 'public-shared', groupIds: ['AIRPORT'] });
  const otherGroup = await at.asks(await mine(), START);
  await at.rule({ hours: [{ days: 127, fromMinute: 12 * 60, untilMinute: 13 * 60 }] });
  const outsideHours = await at.asks(await mine(), START);
  await at.rule({
    price: { currency: 'GBP', microsPerKWh: 1n, microsPerHour: 0n, microsPerSession: 0n },
    queries: ['boots', 'faults', 'air'],
  });
  const otherPrice = await at.asks(await mine(), START);
  const said = await diagnosed(at, await mine());
  await at.collected();
  await there.charger().act('unplug');
  return {
    ...{ runs: [runsBefore, runsThen], lastedMs: record?.facts.lastedMs ?? 0 },
    ...{ reason: record?.facts.reason ?? 'none', boots: bootCounter, third, other, nextDay },
    ...{ older, stranger, stillThird, otherGroup, outsideHours, otherPrice, ...said },
  };
};

const RIGHT: RulesSeen = {
  ...{ runs: [true, false], lastedMs: HOUR_S * 1_000, reason: 'time', boots: 2 },
  ...{ third: 'SESSIONS_A_DAY', other: 'ok', nextDay: 'ok', older: 'PLACE_WORD_OLDER' },
  ...{ stranger: 'WORD_NOT_OF_OPERATOR', stillThird: 'SESSIONS_A_DAY', otherGroup: 'OTHER_LOCATION' },
  ...{ outsideHours: 'OUTSIDE_HOURS', otherPrice: 'PRICE_OTHER' },
  ...{ diagnosed: ['boots', 'faults', 'air'], openedByOthers: false },
};

export const isRules = (seen: RulesSeen): boolean => JSON.stringify(seen) === JSON.stringify(RIGHT);
