import assert from 'node:assert/strict';
import type { StatedScope } from '@roamgrid/wire';
import {
  AGREEMENT_ID,
  by,
  DAY_MS,
  HOUR_MS,
  KEYS,
  makeKey,
  NOW_MS,
  sealedTerms,
  SET_UP_MS,
  tariffVersion,
} from '../testing/parties.ts';
import { closeSession, readingsOf } from '../testing/closed.ts';
import { openedMsOf, PROFILE_UNTIL_MS, type OpenOptions, type Site } from '../testing/opened.ts';
import type { GuardTest, Place, World } from './world.ts';

/** What a visited utility alone could take. Each session of the tests comes to 9.308999 USD for 30 kWh. */

const MINUTE_MS = 60_000;

const kept = ({ group }: Place, profile: OpenOptions['profile'] = {}): OpenOptions => ({
  authorisedBy: 'cache',
  profile: { profileId: `profile-${group}`, ...profile },
  quote: { estimateMicros: 9_000_000n, capMicros: 9_400_000n },
});

/** Readings that begin so much later and at so much more than those of the number would. */
const shifted = (number: number, byMs: number, byMilliWh: bigint) =>
  readingsOf(number).map((reading) => ({
    ...reading,
    atMs: reading.atMs + byMs,
    registerMilliWh: reading.registerMilliWh + byMilliWh,
  }));

/** Two sessions settle under a profile and a third does not. */
const thirdRefused = async (world: World, profile: OpenOptions['profile']): Promise<void> => {
  const place = await world.place();
  const sessions = await world.opened(place, [1, 2, 3], kept(place, profile));
  const closed = sessions.map((session) => closeSession(session));
  await world.settled(place, `b-${place.group}`, closed.slice(0, 2));
  await world.refuses(place.lane.settle(`c-${place.group}`, closed.slice(2)), 'OVER_EXPOSURE');
};

/** A session during which the outlet's meter is changed, and one of the new meter. */
const meterChanged = async (world: World, atMs: number) => {
  const place = await world.place();
  const first = await world.ended(place);
  const next: Site = {
    ...place.site,
    meterId: `${place.site.meterId}-b`,
    meter: makeKey(`${place.site.meterId}-b`),
  };
  const change = () => world.register(next, place.group, {}, atMs);
  return { place, first, next, change };
};

/** A tariff of the usual price that is bound for some outlets, and starts before the tests' sessions. */
const boundTariff = async (world: World, appliesTo: StatedScope): Promise<string> => {
  const tariffId = 'USDUK-there';
  const validFromMs = SET_UP_MS + DAY_MS;
  const told = { caller: by('USDUK', 'operator'), nowMs: SET_UP_MS };
  const tariff = { ...tariffVersion(1), tariffId, validFromMs, appliesTo };
  await world.tell({ ...told, verb: 'tariff.publish', command: { tariff } });
  await world.tell({
    ...told,
    verb: 'tariff.bind',
    command: { agreementId: AGREEMENT_ID, tariffId, tariffVersion: 1 },
    transient: { terms: sealedTerms().text },
  });
  return tariffId;
};

const refusedOpening = (code: string, options: OpenOptions) => async (world: World) => {
  const place = await world.place();
  const closed = await world.ended(place, options);
  await world.refuses(place.lane.settle(`b-${place.group}`, [closed]), code);
};

const DEVICE = makeKey('device');

export const visitedGuards: readonly GuardTest[] = [
  {
    id: 'exposure-sum',
    title: 'no more money is closed under a kept profile than it exposes',
    run: (world) => thirdRefused(world, { exposureMicros: 20_000_000n }),
  },
  {
    id: 'exposure-count',
    title: 'no more sessions are closed under a kept profile than it allows',
    run: (world) => thirdRefused(world, { maxSessions: 2 }),
  },
  {
    id: 'revoked-profile',
    title: 'nothing is closed that was opened on the ledger when the profile’s revocation could be read',
    run: async (world) => {
      const place = await world.place();
      const { profile, ...options } = kept(place);
      assert.ok(profile?.profileId);
      const command = {
        hun: 'USALP',
        laneId: place.lane.laneId,
        profileId: profile.profileId,
        validUntilMs: PROFILE_UNTIL_MS,
      };
      await world.tell({
        caller: by('USALP', 'aaa'),
        verb: 'session.revoke',
        command,
        nowMs: NOW_MS - 2 * MINUTE_MS,
      });
      // Its bodies say that it opened thirty hours before the revocation.
      const closed = await world.ended(place, { ...options, profile });
      await world.refuses(place.lane.settle(`b-${place.group}`, [closed]), 'REVOKED');
    },
  },
  {
    id: 'profile-lane',
    title: 'a kept profile serves one lane, in whose books everything under it is summed up',
    run: async (world) => {
      const place = await world.place();
      const elsewhere = await world.place();
      const closed = await world.ended(elsewhere, kept(elsewhere, { laneId: place.lane.laneId }));
      await world.refuses(elsewhere.lane.settle(`b-${elsewhere.group}`, [closed]), 'OUTSIDE_AGREEMENT');
    },
  },
  {
    id: 'register-overlap',
    title: 'no energy of a meter is billed twice',
    run: async (world) => {
      const place = await world.place();
      const [one, two] = await world.opened(place, [1, 2]);
      assert.ok(one && two);
      await world.settled(place, `b-${place.group}`, [closeSession(one)]);
      const over = closeSession(two, { readings: shifted(2, 0, -970_000_001n) });
      await world.refuses(place.lane.settle(`c-${place.group}`, [over]), 'OVERLAP');
    },
  },
  {
    id: 'time-overlap',
    title: 'no time of an outlet is billed twice',
    run: async (world) => {
      const place = await world.place();
      await world.settled(place, `b-${place.group}`, [await world.ended(place)]);
      const [two] = await world.opened(place, [2], { openedAtMs: openedMsOf(2) - HOUR_MS });
      assert.ok(two);
      const early = closeSession(two, { readings: shifted(2, -HOUR_MS, 0n) });
      await world.refuses(place.lane.settle(`c-${place.group}`, [early]), 'OVERLAP');
    },
  },
  {
    id: 'outlet-meters',
    title: 'no time of an outlet is billed twice by changing its meter',
    run: async (world) => {
      const { place, first, next, change } = await meterChanged(world, openedMsOf(1) + 10 * MINUTE_MS);
      await world.settled(place, `b-${place.group}`, [first]);
      await change();
      const [two] = await world.opened(place, [2], { site: next, openedAtMs: openedMsOf(2) - HOUR_MS });
      assert.ok(two);
      const early = closeSession(two, { readings: shifted(2, -HOUR_MS, 0n) });
      await world.refuses(place.lane.settle(`c-${place.group}`, [early]), 'OVERLAP');
    },
  },
  {
    id: 'meter-group',
    title: 'a meter’s key counts in one group of one utility, so that its registers lie in one book',
    run: async (world) => {
      const { site } = await world.place();
      const second: Site = {
        ...site,
        stationId: `${site.stationId}-b`,
        evseId: site.evseId.replace('*1', '*2'),
      };
      await world.refuses(world.registration(second, 'other'), 'CONFLICT');
    },
  },
  {
    id: 'outlet-station',
    title: 'an outlet is of one station, so that all its meters are known',
    run: async (world) => {
      const { site, group } = await world.place();
      const second: Site = {
        ...site,
        stationId: `${site.stationId}-b`,
        meterId: 'other',
        meter: makeKey('other'),
      };
      await world.refuses(world.registration(second, group), 'CONFLICT');
    },
  },
  {
    id: 'station-group',
    title: 'a session is settled in its station’s group, where its meter’s book is',
    run: async (world) => {
      const { site } = await world.place();
      const { lane, group } = await world.place();
      const closed = await world.ended({ site, lane, group });
      await world.refuses(lane.settle(`b-${group}`, [closed]), 'INVALID_ARGUMENT');
    },
  },
  {
    id: 'group-kept',
    title: 'a station stays in its group',
    run: async (world) => {
      const { site } = await world.place();
      await world.refuses(world.registration(site, 'other'), 'WRONG_STATE');
    },
  },
  {
    id: 'meter-key-date',
    title: 'a meter key that was registered after the session began signs nothing for it',
    run: async (world) => {
      const { place, first, next, change } = await meterChanged(world, openedMsOf(1) + 1);
      await change();
      const late = closeSession(first.open, { meterKey: next.meter, meterSerial: next.meterId });
      await world.refuses(place.lane.settle(`b-${place.group}`, [late]), 'BAD_SIGNATURE');
    },
  },
  {
    id: 'station-rereg',
    title: 'a running session outlives its station’s new keys, other meter, removed outlet and suspension',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place, {}, { unbound: true });
      const { site, group, lane } = place;
      const name = `${site.meterId}-b`;
      const next: Site = {
        ...site,
        meterId: name,
        station: makeKey(`${name}-station`),
        meter: makeKey(name),
      };
      const since = openedMsOf(1) + MINUTE_MS;
      await world.register(next, group, {}, since);
      const elsewhere: Site = {
        ...next,
        evseId: site.evseId.replace('*1', '*2'),
        meterId: `${name}-c`,
        meter: makeKey(`${name}-c`),
      };
      await world.register(elsewhere, group, { status: 'suspended' }, since + MINUTE_MS);
      await world.settled(place, `b-${group}`, [closed]);
      assert.equal(lane.nextSequence, 2);
    },
  },
  {
    id: 'place-kept',
    title: 'a station stays at its place, so that no tariff of another place comes to it',
    run: async (world) => {
      const { site, group } = await world.place({ placeId: 'mall' });
      const { command, ...told } = world.registration(site, group);
      const moved = { station: { ...command.station, placeId: 'port' } };
      await world.refuses({ ...told, command: moved }, 'WRONG_STATE');
    },
  },
  {
    id: 'country-kept',
    title: 'a station stays in its country, so that what an authority was told of it stays true',
    run: async (world) => {
      const { site, group } = await world.place();
      const { command, ...told } = world.registration(site, group);
      const moved = { station: { ...command.station, countryCode: 'CA' } };
      await world.refuses({ ...told, command: moved }, 'WRONG_STATE');
    },
  },
  {
    id: 'tariff-elsewhere',
    title: 'a tariff that was agreed for another place is not quoted here',
    run: async (world) => {
      const place = await world.place({ placeId: 'mall' });
      const tariffId = await boundTariff(world, { placeId: 'port' });
      const closed = await world.ended(place, { quote: { tariffId } });
      await world.refuses(place.lane.settle(`b-${place.group}`, [closed]), 'OUTSIDE_AGREEMENT');
      const port = await world.place({ placeId: 'port' });
      await world.settled(port, `b-${port.group}`, [await world.ended(port, { quote: { tariffId } })]);
    },
  },
  {
    id: 'offer-hash',
    title: 'no quote is closed that is not of the offer which home authorised',
    run: refusedOpening('BAD_SIGNATURE', { authorisation: { offerHash: 'a'.repeat(64) } }),
  },
  {
    id: 'energy-limit',
    title: 'no more energy is quoted than home authorised',
    run: refusedOpening('OUTSIDE_AGREEMENT', { authorisation: { energyLimitWh: 39_999n } }),
  },
  {
    id: 'driver-consent',
    title: 'a consent said to be the driver’s device’s is verified with the key that home bound',
    run: refusedOpening('BAD_SIGNATURE', { driverKey: DEVICE, otherDriverKey: KEYS.stranger }),
  },
  {
    id: 'driver-consent-required',
    title: 'where home requires the driver’s own device, a station’s consent is not enough',
    run: refusedOpening('BAD_SIGNATURE', { authorisation: { driverConsentAboveMicros: 19_999_999n } }),
  },
  {
    id: 'station-consent',
    title: 'a consent that no meter bound is verified with the station’s key',
    run: async (world) => {
      const place = await world.place();
      const stationKey = { ...KEYS.stranger, jwk: place.site.station.jwk };
      const closed = await world.ended(place, { stationKey }, { unbound: true });
      await world.refuses(place.lane.settle(`b-${place.group}`, [closed]), 'BAD_SIGNATURE');
    },
  },
  {
    id: 'number-opens-once',
    title: 'a number is opened once',
    run: async (world) => {
      const place = await world.place();
      const sessions = await world.opened(place, [1]);
      await world.refuses(place.lane.open(sessions), 'WRONG_STATE');
    },
  },
  {
    id: 'number-ends-once',
    title: 'a number ends once, whatever its end',
    run: async (world) => {
      const place = await world.place();
      const closed = await world.ended(place);
      const { laneId } = place.lane;
      const pair = { vun: 'USDUK', hun: 'USALP', agreementId: AGREEMENT_ID };
      const voided = { ...pair, laneId, number: 1, reason: 'not-started' };
      await world.tell({ caller: by('USDUK', 'aaa'), verb: 'session.void', command: voided });
      await world.refuses(place.lane.settle(`b-${place.group}`, [closed]), 'WRONG_STATE');
    },
  },
  {
    id: 'opening-proof',
    title: 'nothing is closed that its opening did not commit to',
    run: async (world) => {
      const place = await world.place();
      const { open } = await world.ended(place);
      const salt = `"salt":"${'b'.repeat(64)}","sessionId"`;
      const changed = { ...open, text: open.text.replace(/"salt":"[0-9a-f]{64}","sessionId"/, salt) };
      assert.notEqual(changed.text, open.text);
      await world.refuses(place.lane.settle(`b-${place.group}`, [closeSession(changed)]), 'HASH_MISMATCH');
    },
  },
];
