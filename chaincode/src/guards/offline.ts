import { secondsOf } from '@roamgrid/wire';
import { DAY_MS, KEYS, makeKey, NOW_MS } from '../testing/parties.ts';
import {
  closeOffline,
  issuing,
  openOffline,
  type OfflineCloseOptions,
  type OfflineOptions,
} from '../testing/offline.ts';
import { openedMsOf } from '../testing/opened.ts';
import type { GuardTest, Place, World } from './world.ts';

/** What could be taken by what nobody saw happen: sessions at chargers that reached nobody. */

const BEGAN_S = secondsOf(openedMsOf(1));
const stranger = makeKey('offline-stranger');

const opened = async (world: World, { site, lane }: Place, number: number, options: OfflineOptions = {}) => {
  const tokenName = `token ${lane.laneId}`;
  const session = await openOffline(number, { site, lane: lane.laneId, tokenName, ...options });
  await world.tell(lane.open([session]));
  return session;
};

const settling = async (
  world: World,
  place: Place,
  options: OfflineOptions = {},
  close: OfflineCloseOptions = {},
  number = 1,
) => {
  const closed = closeOffline(await opened(world, place, number, options), close);
  return { closed, told: place.lane.settle(`b-${place.group}-${number}`, [closed]) };
};

const refuses = async (
  world: World,
  code: string,
  options: OfflineOptions,
  close: OfflineCloseOptions = {},
): Promise<void> => {
  await world.tell(issuing());
  const { told } = await settling(world, await world.place(), options, close);
  await world.refuses(told, code);
};

/** A first session is booked; then another one, which must not be. */
const second = async (
  world: World,
  options: OfflineOptions,
  again: (first: string) => OfflineOptions,
  code: string,
): Promise<void> => {
  await world.tell(issuing());
  const place = await world.place();
  const { closed, told } = await settling(world, place, options);
  await world.tell(told);
  place.lane.settled([closed]);
  const transcript = closed.open.body.offline?.transcript ?? '';
  const { told: later } = await settling(world, place, { ...options, ...again(transcript) }, {}, 2);
  await world.refuses(later, code);
};

const LONG = { issuedAtS: BEGAN_S - 60, notBeforeS: BEGAN_S - 60, expiresS: BEGAN_S + 8 * 3_600 };

export const offlineGuards: readonly GuardTest[] = [
  {
    id: 'offline-unsigned',
    title: 'nothing is booked by a token that home did not sign',
    run: (world) =>
      refuses(world, 'BAD_SIGNATURE', { tokenKey: stranger.privateKey, named: KEYS.tokens.privateKey }),
  },
  {
    id: 'offline-holder',
    title: 'nothing is booked that the holder of the token did not ask for, there and then',
    run: (world) => refuses(world, 'BAD_SIGNATURE', { holderKey: stranger }),
  },
  {
    id: 'offline-elsewhere',
    title: 'a token books nothing at another charger than it names',
    run: (world) =>
      refuses(world, 'OUTSIDE_AGREEMENT', {
        token: { audience: { kind: 'outlet', evseId: 'US*DUK*E8999*1' } },
      }),
  },
  {
    id: 'offline-window',
    title: 'a token starts nothing after the time that it is good for',
    run: (world) => refuses(world, 'EXPIRED', { token: { expiresS: BEGAN_S } }, { lastedMs: 60_000 }),
  },
  {
    id: 'offline-overstay',
    title: 'what flowed after the time of a token is not booked',
    run: (world) => refuses(world, 'EXPIRED', {}, { lastedMs: 4 * 3_600_000 + 300_001 }),
  },
  {
    id: 'offline-clock',
    title: 'a session by a token is when its meter says, whatever the charger’s operator states',
    run: (world) => refuses(world, 'EXPIRED', {}, { laterMs: 300_001 }),
  },
  {
    id: 'offline-meter',
    title: 'energy that its meter signed for another start is not booked by a token',
    run: (world) => refuses(world, 'BAD_SIGNATURE', {}, { binding: 'roamgrid-offline-1 other' }),
  },
  {
    id: 'offline-energy',
    title: 'no more energy is booked by a token than its holder asked for',
    run: (world) => refuses(world, 'OVER_EXPOSURE', {}, { energyWh: 30_001n }),
  },
  {
    id: 'offline-price',
    title: 'no session by a token costs more than the price that its holder consented to',
    run: (world) => refuses(world, 'OVER_CAP', { price: { microsPerKWh: 288_899n, microsPerHour: 0n } }),
  },
  {
    id: 'offline-quote',
    title: 'what a session by a token is rated by is what home signed, not what the visited utility states',
    run: (world) =>
      refuses(world, 'BAD_SIGNATURE', { quote: { zoneOffsets: [{ fromMs: 0, offsetMinutes: 0 }] } }),
  },
  {
    id: 'offline-leave',
    title: 'a token is booked under the leave that it names, not under a dearer one of the same utility',
    run: (world) => refuses(world, 'BAD_SIGNATURE', { price: { quoteHash: new Uint8Array(16) } }),
  },
  {
    id: 'offline-lane',
    title: 'all sessions of a token are summed up in the one lane that home named',
    run: (world) => refuses(world, 'BAD_SIGNATURE', { leave: { laneId: 'USDUK-USALP-p0' } }),
  },
  {
    id: 'offline-agreement',
    title: 'no token lives longer than the agreement lets a visitor’s profile live',
    run: (world) =>
      refuses(world, 'OUTSIDE_AGREEMENT', { token: { expiresS: BEGAN_S + secondsOf(7 * DAY_MS) } }),
  },
  {
    id: 'offline-as-home',
    title: 'a session by a token is never booked as one that home said yes to',
    run: (world) => refuses(world, 'INVALID_ARGUMENT', { body: { authorisedBy: 'home' } }),
  },
  {
    id: 'offline-number',
    title:
      'a session of an offline outlet is booked once, whoever brings its record and under whatever number',
    run: (world) =>
      second(world, { limits: { sessions: 2 }, token: LONG }, () => ({ outletNumber: 1 }), 'CONFLICT'),
  },
  {
    id: 'offline-start',
    title: 'a holder’s signature starts one session',
    run: (world) =>
      second(
        world,
        { limits: { sessions: 2 }, token: LONG },
        (transcript) => ({ start: { transcript } }),
        'CONFLICT',
      ),
  },
  {
    id: 'offline-sum',
    title: 'the sessions of one token take no more energy than it allows, over all chargers that cannot talk',
    run: (world) =>
      second(world, { limits: { sessions: 2, energyWh: 39_999n }, token: LONG }, () => ({}), 'OVER_EXPOSURE'),
  },
];

/** Changes home's registration, so it runs last. */
export const epochGuards: readonly GuardTest[] = [
  {
    id: 'offline-epoch',
    title: 'a token that home had taken back when it was used is not booked',
    run: async (world) => {
      await world.tell(issuing());
      await world.tell(issuing({ tokenEpoch: 1 }, openedMsOf(1) - 60_001));
      await refuses(world, 'REVOKED', {});
    },
  },
  {
    id: 'epoch-falls',
    title: 'tokens that home took back are not given back',
    run: async (world) => {
      const told = (tokenEpoch: number) => issuing({ tokenEpoch }, NOW_MS);
      await world.tell(told(2));
      await world.refuses(told(1), 'INVALID_ARGUMENT');
    },
  },
];
