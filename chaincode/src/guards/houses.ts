import { bodyHash } from '@roamgrid/wire';
import {
  entriesAt,
  givenFlow,
  HOUSE_FROM_MS,
  houseBatch,
  houseRegistration,
  makeHouse,
  type TestHouse,
} from '../testing/houses.ts';
import { by, HOUR_MS, makeKey, SET_UP_MS } from '../testing/parties.ts';
import type { GuardTest, World } from './world.ts';

/** What one of a house's two utilities, another panel, or a third member could write of a house. */

/** A house of its own for each test, registered. */
export const registered = async (world: World): Promise<TestHouse> => {
  const panel = makeKey('panel');
  const house = makeHouse(panel.jwk.x, panel);
  await world.tell(houseRegistration(house));
  return house;
};
const told = async (world: World, house: TestHouse) => {
  const first = await houseBatch(house);
  await world.tell(first.record);
  return { number: 2, previousHash: first.headerHash, fromMs: HOUSE_FROM_MS + HOUR_MS };
};

export const houseGuards: readonly GuardTest[] = [
  {
    id: 'house-foreign',
    title: 'a house is registered by the utility whose customer it is',
    run: async (world) => {
      const told = houseRegistration(makeHouse('foreign'));
      await world.refuses({ ...told, caller: by('USDUK', 'aaa') }, 'FORBIDDEN');
    },
  },
  {
    id: 'house-teller',
    title: 'a third member tells nothing of a house',
    run: async (world) => {
      const { record } = await houseBatch(await registered(world));
      await world.refuses({ ...record, caller: by('USGPC', 'aaa') }, 'FORBIDDEN');
    },
  },
  {
    id: 'house-panel',
    title: 'a batch is signed by a key of the house’s own panel',
    run: async (world) => {
      const house = await registered(world);
      const other = await registered(world);
      const { record } = await houseBatch(house, { signer: other.panel });
      await world.refuses(record, 'BAD_SIGNATURE');
    },
  },
  {
    id: 'house-sealed',
    title: 'what a panel signed of one batch counts for no other one',
    run: async (world) => {
      const house = await registered(world);
      const [one, other] = [
        await houseBatch(house),
        await houseBatch(house, { entries: entriesAt(HOUSE_FROM_MS + 1) }),
      ];
      const { record } = one;
      const command = { ...record.command, seal: other.record.command.seal };
      await world.refuses({ ...record, command }, 'BAD_SIGNATURE');
    },
  },
  {
    id: 'house-revoked',
    title: 'a key of a panel that was taken back signs nothing more',
    run: async (world) => {
      const house = await registered(world);
      await world.tell(
        houseRegistration(house, { panelKeys: [makeKey('panel-new')], nowMs: SET_UP_MS + HOUR_MS }),
      );
      await world.refuses((await houseBatch(house)).record, 'BAD_SIGNATURE');
    },
  },
  {
    id: 'house-key',
    title: 'a panel’s key serves one house alone',
    run: async (world) => {
      const { panel } = await registered(world);
      await world.refuses(houseRegistration(makeHouse('second', panel)), 'CONFLICT');
    },
  },
  {
    id: 'house-number',
    title: 'no batch of a house is left out',
    run: async (world) => {
      const house = await registered(world);
      const next = await told(world, house);
      await world.refuses((await houseBatch(house, { ...next, number: 3 })).record, 'SEQUENCE_GAP');
    },
  },
  {
    id: 'house-past',
    title: 'a batch names the one that is recorded before it, and no other past',
    run: async (world) => {
      const house = await registered(world);
      const next = await told(world, house);
      const { record } = await houseBatch(house, {
        ...next,
        previousHash: bodyHash('another past'),
      });
      await world.refuses(record, 'HASH_MISMATCH');
    },
  },
  {
    id: 'house-span',
    title: 'a batch begins where the one before it ended',
    run: async (world) => {
      const house = await registered(world);
      const next = await told(world, house);
      for (const fromMs of [next.fromMs - 1, next.fromMs + 1])
        await world.refuses((await houseBatch(house, { ...next, fromMs })).record, 'OVERLAP');
    },
  },
  {
    id: 'house-order',
    title: 'entries of a batch lie within it, in the order of time',
    run: async (world) => {
      const house = await registered(world);
      const entries = entriesAt(HOUSE_FROM_MS).toReversed();
      await world.refuses((await houseBatch(house, { entries })).record, 'SEQUENCE_GAP');
    },
  },
  {
    id: 'house-pair',
    title: 'a house is recorded with the two utilities that it was registered with',
    run: async (world) => {
      const { record } = await houseBatch(await registered(world));
      const command = { ...record.command, vun: 'USALP', hun: 'USDUK' };
      await world.refuses({ ...record, command }, 'OUTSIDE_AGREEMENT');
    },
  },
  {
    id: 'house-meter',
    title: 'a meter that signs counted what it signed',
    run: async (world) => {
      const house = await registered(world);
      const flow = givenFlow(house, HOUSE_FROM_MS, undefined, { energyWh: 2_001n });
      await world.refuses((await houseBatch(house, { entries: [flow] })).record, 'NOT_BALANCED');
    },
  },
  {
    id: 'house-unsigned',
    title: 'what a meter that signs did not sign is no flow of it',
    run: async (world) => {
      const house = await registered(world);
      const { signed: _signed, ...flow } = givenFlow(house, HOUSE_FROM_MS, undefined);
      await world.refuses((await houseBatch(house, { entries: [flow] })).record, 'BAD_SIGNATURE');
    },
  },
  {
    id: 'house-twice',
    title: 'no time of a meter is counted twice',
    run: async (world) => {
      const house = await registered(world);
      const flow = entriesAt(HOUSE_FROM_MS).filter(({ kind }) => kind === 'flow');
      await world.refuses((await houseBatch(house, { entries: [...flow, ...flow] })).record, 'OVERLAP');
    },
  },
];
