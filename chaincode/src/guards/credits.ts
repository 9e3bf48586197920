import { creditHolder, type MeteredFlow } from '@roamgrid/wire';
import {
  creditGrant,
  creditMoveCall,
  givenFlow,
  HOUSE_FROM_MS,
  houseBatch,
  partOf,
} from '../testing/houses.ts';
import { HOUR_MS, makeKey, NOW_MS } from '../testing/parties.ts';
import { registered } from './houses.ts';
import type { GuardTest, World } from './world.ts';

/** What a holder of energy credits, a member or a house could make of them. */

const [carA, carB] = [makeKey('car-a'), makeKey('car-b')];

/** A house whose car gave 2 kWh, recorded. */
const given = async (world: World, over: (flow: MeteredFlow) => MeteredFlow = (flow) => flow) => {
  const house = await registered(world);
  const flow = over(givenFlow(house, HOUSE_FROM_MS, carA));
  const batch = await houseBatch(house, { entries: [flow] });
  return { house, flow, batch, grant: creditGrant(house, batch, flow) };
};
/** 2 kWh of credit of car A's. */
const held = async (world: World): Promise<string> => {
  const { batch, grant } = await given(world);
  await world.tell(batch.record);
  await world.tell(grant);
  return grant.command.creditId;
};

export const creditGuards: readonly GuardTest[] = [
  {
    id: 'credit-evidence',
    title: 'a credit is earned by what is recorded of a house',
    run: async (world) => {
      const { house, batch, flow } = await given(world);
      await world.tell(batch.record);
      const more = givenFlow(house, HOUSE_FROM_MS, carA, { energyWh: flow.energyWh + 1n });
      await world.refuses(creditGrant(house, batch, more), 'HASH_MISMATCH');
    },
  },
  {
    id: 'credit-metered',
    title: 'a credit is what the meter signed, of the vehicle that the panel named',
    run: async (world) => {
      const { batch, grant } = await given(world);
      await world.tell(batch.record);
      for (const command of [{ wh: '2001' }, { holder: creditHolder(carB.jwk) }])
        await world.refuses({ ...grant, command: { ...grant.command, ...command } }, 'NOT_BALANCED');
    },
  },
  {
    id: 'credit-once',
    title: 'the same energy is a credit once',
    run: async (world) => {
      const { batch, grant } = await given(world);
      await world.tell(batch.record);
      await world.tell(grant);
      await world.refuses(grant, 'CONFLICT');
    },
  },
  {
    id: 'credit-bought',
    title: 'what comes from the grid, or what no meter signed, earns nothing',
    run: async (world) => {
      const house = await registered(world);
      const flow = givenFlow(house, HOUSE_FROM_MS, carA, { meterRef: 'panel' });
      const { signed: _signed, ...unsigned } = flow;
      await world.refuses((await houseBatch(house, { entries: [unsigned] })).record, 'INVALID_ARGUMENT');
    },
  },
  {
    id: 'credit-owner',
    title: 'credit is moved by the key that holds it',
    run: async (world) => {
      const creditId = await held(world);
      const all = [partOf(creditId, 0n, 2_000n)];
      await world.refuses(await creditMoveCall(carB, makeKey('car-c'), 'm1', all), 'FORBIDDEN');
      await world.tell(await creditMoveCall(carA, carB, `o-${creditId.slice(0, 8)}`, all));
      // What it gave away it gives to nobody else.
      await world.refuses(await creditMoveCall(carA, makeKey('car-c'), 'm2', all), 'FORBIDDEN');
    },
  },
  {
    id: 'credit-forged',
    title: 'an order counts as it was signed',
    run: async (world) => {
      const creditId = await held(world);
      const told = await creditMoveCall(carB, carB, 'm1', [partOf(creditId, 0n, 10n)]);
      const command = { ...told.command, key: { ...carA.jwk, kid: carB.jwk.kid } };
      await world.refuses({ ...told, command }, 'BAD_SIGNATURE');
    },
  },
  {
    id: 'credit-range',
    title: 'no more is moved than the holding has',
    run: async (world) => {
      const creditId = await held(world);
      const told = await creditMoveCall(carA, carB, 'm1', [partOf(creditId, 0n, 2_001n)]);
      await world.refuses(told, 'INVALID_ARGUMENT');
    },
  },
  {
    id: 'credit-replay',
    title: 'an order moves credit once, also when the same Wh came back',
    run: async (world) => {
      const creditId = await held(world);
      const all = [partOf(creditId, 0n, 2_000n)];
      const told = await creditMoveCall(carA, carB, `r-${creditId.slice(0, 8)}`, all);
      await world.tell(told);
      await world.tell(await creditMoveCall(carB, carA, `b-${creditId.slice(0, 8)}`, all));
      await world.refuses(told, 'CONFLICT');
    },
  },
  {
    id: 'credit-old',
    title: 'an order that nobody told in its time is over',
    run: async (world) => {
      const creditId = await held(world);
      const late = { validUntilMs: NOW_MS - HOUR_MS };
      const told = await creditMoveCall(carA, carB, 'm1', [partOf(creditId, 0n, 10n)], late);
      await world.refuses(told, 'EXPIRED');
    },
  },
  {
    id: 'credit-channel',
    title: 'an order for another channel moves nothing',
    run: async (world) => {
      const creditId = await held(world);
      const over = { channel: 'elsewhere' };
      const told = await creditMoveCall(carA, carB, 'm1', [partOf(creditId, 0n, 10n)], over);
      await world.refuses(told, 'INVALID_ARGUMENT');
    },
  },
];
