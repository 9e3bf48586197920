import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  base64urlOf,
  cutImage,
  FirmwareUpdate,
  signFirmwareKeys,
  signFirmwareRelease,
  signPlaceRules,
  type FirmwareKeys,
  type FirmwareRelease,
} from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { newKeys } from '@roamgrid/offline/testing';
import { fileFlash, fileSlot } from '@roamgrid/station';
import {
  type chargerRules,
  firmwareKeysAnswer,
  firmwareRelease,
  setWord,
  shownChargers,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { CarryingPhone } from './testing/carrying-phone.ts';
import { oneContactForFive, openFive, PARK_WITH_ROW, withdrawnByLoad } from './testing/five-chargers.ts';
import { ServedCharger } from './testing/served-charger.ts';
import { EVSE_ID, startOfflineStage, type OfflineStage } from './stage.ts';
import { openWallet } from './wallet.ts';

const [HOUR_S, HOUR_MS, DAY_S] = [3_600, 3_600_000, 86_400];
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

/** Where it is noon now: no day begins in the test's hours. */
const noonZone = (): string => {
  const ahead = 12 - new Date().getUTCHours();
  return `${ahead < 0 ? '-' : '+'}${String(Math.abs(ahead)).padStart(2, '0')}:00`;
};

describe('what a utility says to a charger without network, from its operator’s word to the charger and back', function () {
  this.timeout(120_000);
  let folder: string;
  let stage: OfflineStage;
  let people = 0;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'words-'));
    stage = await startOfflineStage(join(folder, 'system'), { park: PARK_WITH_ROW, bookEveryMs: 200 });
  });
  after(async () => {
    await stage.system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (wish: Record<string, unknown> = {}) => {
    const customer = await openWallet(stage, `p0${(people += 1)}`, 50_000_000n);
    const offer = await customer.wallet.price(wish);
    const { token } = await customer.wallet.agree(offer, offer.mostMicros);
    return { ...customer, token, carrier: new CarryingPhone(stage, token, customer.phone) };
  };
  const opened: ServedCharger[] = [];
  const charger = async (name: string, maxPowerW: bigint): Promise<ServedCharger> => {
    const one = await ServedCharger.setUp({
      ...{ stage, folder: join(folder, name), evseId: EVSE_ID, maxPowerW },
      ...{ meterId: 'DUK-METER-X1', stationId: 'DUK-XEAL-1' },
    });
    opened.push(one);
    return one;
  };
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.cut();
  });
  const url = (path: string): string => `${stage.duke.gateway.url}/operator/v1/offline/${path}`;
  const rule = (rules: Partial<z.input<typeof chargerRules>>, evseId = EVSE_ID) =>
    stage.duke.operator(
      'PUT',
      url(`chargers/${encodeURIComponent(evseId)}/rules`),
      { kind: 'public-all', zone: noonZone(), ...rules },
      setWord.pick({ version: true }),
    );
  const shown = async () => {
    const { chargers } = await stage.duke.operator('GET', url('chargers'), undefined, shownChargers);
    return chargers.find(({ evseId }) => evseId === EVSE_ID) ?? assert.fail('it is not shown');
  };

  it('two sessions a day and an hour at most: carried there, kept through a cut of power, and told back', async () => {
    const there = await charger('rules', 3_000n);
    await there.start();
    const { carrier } = await open({ sessions: 3, energyWh: '20000' });
    const start = { kind: 'start', energyWh: 6_000n } as const;
    const { version } = await rule({ sessionsADay: 2, longestS: HOUR_S, queries: ['boots', 'plug'] });
    // Said again it is the same word.
    assert.equal(
      (await rule({ sessionsADay: 2, longestS: HOUR_S, queries: ['boots', 'plug'] })).version,
      version,
    );
    await carrier.fetch(EVSE_ID);
    const first = carrier.load;
    assert.deepEqual((await carrier.visits(there)).given, ['rules']);
    assert.deepEqual((await carrier.visits(there)).given, [], 'it has them');

    await carrier.asks(there, start);
    await there.time.pass(HOUR_MS - 5_000);
    assert.equal(there.charger.running, 1);
    await there.time.pass(10_000);
    await there.charger.tick();
    assert.equal(there.charger.running, undefined);
    await carrier.asks(there, start);
    await there.time.pass(1_200_000);
    await there.cut();
    await there.start();
    await assert.rejects(carrier.asks(there, start), /SESSIONS_A_DAY/);

    await carrier.visits(there);
    assert.equal(carrier.records.length, 2);
    await carrier.bringsBack();
    const { said, set } = await shown();
    assert.deepEqual([said?.versions['rules'], set['rules']?.version], [version, version]);
    assert.deepEqual(said?.answers, { boots: 2, plug: true });

    // A later word holds from then on, and no phone brings the earlier one back.
    const later = await rule({ hours: [{ days: 127, fromMinute: 0, untilMinute: 1 }] });
    assert.ok(later.version > version);
    await carrier.fetch(EVSE_ID);
    assert.deepEqual((await carrier.visits(there)).given, ['rules']);
    await assert.rejects(carrier.asks(there, start), /OUTSIDE_HOURS/);
    const old = first.words.find(({ kind }) => kind === 'rules')?.bytes ?? assert.fail('it has none');
    const given = await carrier.meet(there, { kind: 'collect' }, (contact) => contact.give('rules', old));
    assert.equal(given.ok ? 'ok' : given.error.code, 'PLACE_WORD_OLDER');
    // What was said earlier does not take the place of what was said later.
    const [early] = [...carrier.diagnoses.values()];
    await carrier.bringsBack();
    await carrier.visits(there);
    await carrier.bringsBack();
    assert.equal(await carrier.door.bringDiagnosis(EVSE_ID, early ?? new Uint8Array()), 'older');
    assert.equal((await shown()).said?.versions['rules'], later.version);
  });

  it('refuses rules that no charger would take, of outlets that are none, and of whoever is no operator', async () => {
    await assert.rejects(rule({ zone: 'Mars/Olympus' }), /INVALID_REQUEST/);
    await assert.rejects(rule({}, 'US*DUK*ENONE'), /OFFLINE_OUTLET_UNKNOWN/);
    const asked = await fetch(url(`chargers/${encodeURIComponent(EVSE_ID)}/rules`), { method: 'PUT' });
    assert.equal(asked.status, 401);
    const { carrier } = await open();
    await assert.rejects(
      carrier.door.bringDiagnosis('US*DUK*ENONE', new Uint8Array(9)),
      /OFFLINE_OUTLET_UNKNOWN/,
    );
    await assert.rejects(
      carrier.door.bringDiagnosis(EVSE_ID, new Uint8Array(9)),
      /OFFLINE_DIAGNOSIS_INVALID/,
    );
    await assert.rejects(carrier.door.showToken(new Uint8Array(9)), /OFFLINE_TOKEN_UNKNOWN/);
    const mine = newKeys();
    const forged = await signPlaceRules(
      {
        ...{
          evseId: EVSE_ID,
          version: 4_000_000_000,
          kind: 'private',
          price: 'free',
          zone: 'UTC',
          hours: [],
        },
        ...{ sessionsADay: null, longestS: null, groupIds: [], drivers: [], reservations: false },
        ...{ profile: null, queries: [] },
      },
      mine.signer,
    );
    const there = await charger('forged', 22_000n);
    await there.start();
    carrier.load = { words: [{ kind: 'rules', version: 4_000_000_000, bytes: forged }] };
    const visited = await carrier.visits(there);
    assert.deepEqual(visited.refused, [{ kind: 'rules', code: 'WORD_NOT_OF_OPERATOR' }]);
  });

  it('brings a charger firmware, some chunks by each of several phones, which it starts when it is whole', async () => {
    const [ada, ben] = [newKeys(), newKeys()];
    const nowS = Math.floor(Date.now() / 1_000);
    const keys: FirmwareKeys = { version: 1, threshold: 2, expiresS: nowS + 90 * DAY_S, keys: [ada, ben] };
    const signedKeys = await signFirmwareKeys(keys, [ada.signer, ben.signer], NODE_SUITE);
    const image = Uint8Array.from({ length: 24_000 }, (_, at) => (at * 131 + (at >> 8) * 17) & 0xff);
    const named = { model: 'deck-1', version: 5, chunkBytes: 512, expiresS: nowS + 30 * DAY_S };
    const cut = cutImage(image, named, sha256);
    const release = (changes: Partial<FirmwareRelease> = {}, by = [ada, ben]) =>
      signFirmwareRelease(
        { ...cut.release, ...changes },
        by.map(({ signer }) => signer),
        NODE_SUITE,
      );
    const publish = async (signed: Uint8Array, bytes = image) =>
      stage.duke.operator(
        'PUT',
        url('firmware/deck-1/release'),
        { release: base64urlOf(signed), image: base64urlOf(bytes) },
        firmwareRelease,
      );
    const signed = await release();
    await assert.rejects(publish(signed), /OFFLINE_FIRMWARE_REFUSED/);
    const putKeys = (bytes: Uint8Array) =>
      stage.duke.operator(
        'PUT',
        url('firmware/deck-1/keys'),
        { keys: base64urlOf(bytes) },
        firmwareKeysAnswer,
      );
    await assert.rejects(
      putKeys(await signFirmwareKeys(keys, [ada.signer], NODE_SUITE)),
      /OFFLINE_FIRMWARE_REFUSED/,
    );
    assert.equal((await putKeys(signedKeys)).version, 1);
    assert.equal((await putKeys(signedKeys)).version, 1);
    await assert.rejects(publish(await release({}, [ada])), /FIRMWARE_NOT_ENDORSED/);
    await assert.rejects(
      publish(
        signed,
        image.map((byte) => byte ^ 1),
      ),
      /FIRMWARE_BAD_CHUNK/,
    );
    assert.equal((await publish(signed)).chunks, 47);
    assert.equal((await publish(signed)).version, 5);
    await assert.rejects(publish(await release({ expiresS: named.expiresS + 1 })), /FIRMWARE_OLDER/);

    const there = await charger('firmware', 22_000n);
    const slot = (name: string) => fileSlot(join(folder, 'firmware', name), 32_768);
    const slots = [slot('a'), slot('b')] as const;
    const flash = (name: string) => fileFlash(join(folder, 'firmware', name));
    const boot = () =>
      FirmwareUpdate.start({
        ...{ suite: NODE_SUITE, model: 'deck-1', madeWith: { version: 4, keys: signedKeys }, slots },
        ...{ flash: { memory: flash('update'), received: flash('received') } },
        newHasher: () => createHash('sha256'),
      });
    let update = await boot();
    let restarts = 0;
    there.firmware = {
      update,
      isOffHours: () => true,
      restart: () => {
        restarts += 1;
      },
    };
    await there.start();
    await rule({});
    // The first phone tells its utility which model it is; from then on phones know what it lacks.
    const scout = await open();
    await scout.carrier.fetch(EVSE_ID);
    await scout.carrier.visits(there);
    assert.equal((await scout.carrier.door.fetch(EVSE_ID)).firmware, undefined);
    await scout.carrier.bringsBack().catch(() => undefined);
    const wanted = (await scout.carrier.door.fetch(EVSE_ID)).firmware ?? assert.fail('nothing is wanted');
    assert.deepEqual(wanted, { model: 'deck-1', version: 5 });
    const took: number[] = [];
    for (const from of [32, 0, 16]) {
      const { carrier } = await open();
      await carrier.fetch(EVSE_ID);
      carrier.load = { ...carrier.load, firmware: await carrier.door.firmware('deck-1', from, 16) };
      took.push((await carrier.visits(there, 20)).chunks);
    }
    assert.deepEqual(took, [15, 16, 16]);
    // Nobody charges and no car is there: it starts in the other slot.
    assert.equal(restarts, 0);
    there.bay.unplug();
    await there.charger.tick();
    assert.equal(restarts, 1);
    await there.cut();
    update = await boot();
    assert.deepEqual([update.runs, update.isOnTrial], [1, true]);
    await update.pass();
    assert.deepEqual(await slots[1].read(0, image.length), image);
    there.firmware = { ...there.firmware, update };
    await there.start();
    await scout.carrier.visits(there);
    for (const [evseId, sealed] of scout.carrier.diagnoses)
      await scout.carrier.door.bringDiagnosis(evseId, sealed);
    assert.deepEqual((await shown()).said?.firmware, {
      model: 'deck-1',
      installedVersion: 5,
      releaseVersion: 0,
    });
    assert.equal((await scout.carrier.door.fetch(EVSE_ID)).firmware, undefined);
  });

  it('one contact serves five chargers of one local network: their records are booked once, the list reaches the fifth, and the last day’s load withdraws two', async () => {
    opened.push(...(await openFive(stage, join(folder, 'row'))));
    await oneContactForFive(stage, opened);
    await withdrawnByLoad(stage, opened);
  });
});
