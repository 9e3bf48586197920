import { isDeepStrictEqual } from 'node:util';
import type { CarriedRecord, Command } from '@roamgrid/offline';
import { setWord } from '@roamgrid/wire';
import { until } from '../../system/until.ts';
import type { CustomerPhone } from '../customer-phone.ts';
import type { OfflineStage } from '../stage.ts';
import type { Wallet } from '../wallet.ts';
import { fedTo } from './books.ts';
import type { Garage } from './garage.ts';
import { shownMilliWh } from './reconnect.ts';
import type { StoryTime } from './story-time.ts';
import { buy, type Bought } from './tokens.ts';

/** SECURE-13: five chargers of one local network, and a phone that comes to the third alone. */

export interface NeighboursSeen {
  /** What the meter of each shows after its one session, in thousandths of a watt-hour. */
  readonly registersMilliWh: readonly string[];
  /** What the phone was handed in its one contact at the third: whose, by their places in the row, and which. */
  readonly carried: readonly (readonly [at: number, number: number])[];
  /** Records that were brought: by that phone and by the driver's, and again by both once they were booked. */
  readonly brought: readonly number[];
  /** What the utility has of each charger then. */
  readonly kept: readonly (readonly (readonly [number: number, state: string])[])[];
  /** What home was told of from the ledger, by the chargers' places. */
  readonly booked: readonly { readonly at: number; readonly energyWh: string; readonly micros: string }[];
  /** Records that each hands over once the phone took all receipts to the third. */
  readonly left: readonly number[];
  /** What each says to who wants to start by a token that is used up: before the list of chargers came, with it, and when the time on it is over. */
  readonly says: readonly (readonly string[])[];
}

export interface NeighboursInputs {
  readonly stage: OfflineStage;
  readonly time: StoryTime;
  readonly garages: readonly Garage[];
  /** Who charges at all five. */
  readonly driver: { readonly wallet: Wallet; readonly phone: CustomerPhone };
  /** Who comes by. */
  readonly carrier: { readonly token: Uint8Array; readonly phone: CustomerPhone };
}

const [MS_PER_S, MINUTE_MS] = [1_000, 60_000];
const [THIRD, FIFTH] = [2, 4];
const [LIMIT_WH, LIMIT_MICROS] = [2_500n, 800_000n];
const START: Command = { kind: 'start', energyWh: LIMIT_WH };
const LISTED_MS = 5 * MINUTE_MS;

interface Held {
  readonly token: Uint8Array;
  readonly phone: CustomerPhone;
}

/** One contact: what the phone brings is taken, then all that the charger has is handed over, its own and its neighbours'. */
const visits = (garage: Garage, { token, phone }: Held, words?: Parameters<Garage['collect']>[1]) =>
  garage.collect(garage.brings(token, phone), words, 'all');

/** At each its car stays a minute longer than at the one before. */
const charge = async ({ time, garages, driver }: NeighboursInputs) => {
  const fromMs = Math.floor(time.nowMs() / MS_PER_S) * MS_PER_S;
  const bought: Bought[] = [];
  for (const { evseId } of garages)
    bought.push(
      await buy(driver.wallet, {
        ...{ evseId, fromMs, untilMs: fromMs + 60 * MINUTE_MS },
        ...{ energyWh: LIMIT_WH, costMicros: LIMIT_MICROS },
      }),
    );
  const held = bought.map(({ token }): Held => ({ token, phone: driver.phone }));
  const asks = (at: number, command: Command): Promise<string> => {
    const [garage, own] = [garages[at], held[at]];
    if (garage === undefined || own === undefined) throw new Error('there are five');
    return garage.asks(garage.brings(own.token, own.phone), command);
  };
  for (const [at, garage] of garages.entries()) {
    await garage.words();
    await garage.act('plug-in');
    await asks(at, START);
  }
  const registersMilliWh: string[] = [];
  for (const [at, garage] of garages.entries()) {
    await time.pass(MINUTE_MS);
    await asks(at, { kind: 'stop' });
    registersMilliWh.push(shownMilliWh(BigInt((await garage.act('look')).registerWms)));
  }
  const says = () => Promise.all(garages.map((_, at) => asks(at, START)));
  return { bought, held, registersMilliWh, says };
};

/** The utility says that nobody starts at the fifth for a while. @returns its word, as phones get it for the third */
const withdrawFifth = async ({ stage: { duke }, time, garages }: NeighboursInputs): Promise<string> => {
  const evseIds = garages.map(({ evseId }) => evseId);
  const listed = { evseId: evseIds[FIFTH], fromMs: time.nowMs(), untilMs: time.nowMs() + LISTED_MS };
  await duke.operator(
    'PUT',
    `${duke.gateway.url}/operator/v1/offline/sites/row/unavailable`,
    { chargers: evseIds, unavailable: [listed] },
    setWord.pick({ version: true }),
  );
  return (await garages[THIRD]?.words())?.unavailable?.word ?? '';
};

const fedOf = async (stage: OfflineStage, bought: readonly Bought[]) => {
  const tokenIds = bought.map(({ tokenId }) => tokenId);
  return (await fedTo(stage, tokenIds))
    .map(({ cdr, profileId = '' }) => ({
      ...{ at: tokenIds.indexOf(profileId), energyWh: cdr.energyWh.toString() },
      micros: cdr.totalMicros.toString(),
    }))
    .sort((a, b) => a.at - b.at);
};

export const liveNeighbours = async (inputs: NeighboursInputs): Promise<NeighboursSeen> => {
  const { stage, garages, time, carrier } = inputs;
  const third = garages[THIRD];
  if (third === undefined) throw new Error('there are five');
  const { bought, held, registersMilliWh, says } = await charge(inputs);
  // The driver's phone looks until the third has all five's.
  const own = await until('the third has what all have', async () => {
    const records = await visits(third, held[THIRD] ?? carrier);
    return records.length >= garages.length ? records : undefined;
  });
  const before = await says();
  const list = await withdrawFifth(inputs);
  const carried = await visits(third, carrier, [['unavailable', list]]);
  await until('the fifth has heard of it', async () =>
    (await says())[FIFTH] === 'TOKEN_SPENT' ? undefined : true,
  );
  const during = await says();
  const placeOf = ({ evseId = third.evseId }: CarriedRecord): number =>
    garages.findIndex((garage) => garage.evseId === evseId);

  await third.bring(carried);
  // Before and after they are booked: brought again, by others and in another order.
  await third.bring(own.toReversed());
  for (const garage of garages) await garage.keptInTheEnd();
  const again = carried.toReversed();
  await third.bring(again);
  await third.bring(own);
  const kept: NeighboursSeen['kept'][number][] = [];
  for (const garage of garages)
    kept.push((await garage.keptInTheEnd()).map(({ number, state }) => [number, state] as const));

  const receipts = await Promise.all(garages.map(async (garage) => (await garage.words()).receipt));
  await visits(
    third,
    carrier,
    receipts.flatMap((receipt) => (receipt === undefined ? [] : [['receipt', receipt] as const])),
  );
  const left = await Promise.all(
    garages.map((garage) =>
      until(`${garage.evseId} has nothing left`, async () => {
        const { length } = await visits(garage, carrier);
        return length === 0 ? length : undefined;
      }),
    ),
  );
  await time.pass(LISTED_MS);
  return {
    registersMilliWh,
    carried: carried
      .map((record) => [placeOf(record), record.number] as const)
      .sort(([one], [other]) => one - other),
    brought: [carried, own, again, own].map(({ length }) => length),
    ...{ kept, booked: await fedOf(stage, bought), left, says: [before, during, await says()] },
  };
};

const PLACES = [0, 1, 2, 3, 4];
const SPENT = PLACES.map(() => 'TOKEN_SPENT');
/** 22 kW for a minute, for two … for five, to the nearest watt-hour; at 0.32 a kWh. */
const ENERGIES_WH = [367n, 733n, 1_100n, 1_467n, 1_833n];

const RIGHT: NeighboursSeen = {
  // As a meter shows it, in whole tenths.
  registersMilliWh: ['366600', '733300', '1100000', '1466600', '1833300'],
  carried: PLACES.map((at) => [at, 1]),
  brought: [5, 5, 5, 5],
  kept: PLACES.map(() => [[1, 'booked']]),
  booked: ENERGIES_WH.map((energyWh, at) => ({
    ...{ at, energyWh: String(energyWh), micros: String(energyWh * 320n) },
  })),
  left: PLACES.map(() => 0),
  says: [SPENT, SPENT.with(FIFTH, 'WITHDRAWN'), SPENT],
};

export const isNeighbours = (seen: NeighboursSeen): boolean => isDeepStrictEqual(seen, RIGHT);
