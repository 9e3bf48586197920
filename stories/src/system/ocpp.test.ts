import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createOcmfMeter,
  hashPassword,
  SimulatedStation,
  startOcppDoor,
  transactionList,
  type OcppDoor,
} from '@roamgrid/ocpp';
import { verifyBundle, webPrimitives, type Primitives } from '@roamgrid/auditor';
import { nodePrimitives } from '@roamgrid/auditor/node';
import { auditedSessionPage, canonicalJson, stationRegistration, type MeterJwk } from '@roamgrid/wire';
import { z } from 'zod';
import { bundleText, checkpointText, makeCheckpoint } from '../audit/files.ts';
import { doorTo } from '../audit/keep-bundles.ts';
import { committedCdr } from '../scenario/report.ts';
import { DRIVER, TERMS } from '../scenario/story.ts';
import { foundConsortium } from './admission.ts';
import { asker } from './ask.ts';
import { ALABAMA_POWER, DUKE_ENERGY } from './consortium.ts';
import { openCustomer, setChargingRules } from './customer.ts';
import { keyObject, publicHalf } from './key-ring.ts';
import { agree, publishAndBind, tell } from './register.ts';
import { startSystem, type LocalSystem } from './system.ts';
import { until } from './until.ts';
import type { RunningUtility } from './utility.ts';

const DAY_MS = 86_400_000;
const WH = 1_000n;
const PASSWORD = 'a-password-of-20-bytes';
/** The chip of the driver's card, as home keeps it. */
const CHIP = '04A2B3C4D5E6F7';
const PROTOCOLS = ['ocpp1.6', 'ocpp2.1'] as const;
type Protocol = (typeof PROTOCOLS)[number];

const stationOf = (protocol: Protocol) => `DUK-STREET-${protocol.replaceAll('.', '')}`;
/** Each station has an outlet whose meter signs nothing, and one whose meter signs. */
const outletsOf = (protocol: Protocol) =>
  [1, 2].map((evse) => {
    const id = `${PROTOCOLS.indexOf(protocol) + 1}${evse}`;
    return {
      evse,
      evseId: `US*DUK*ESTR${id}*1`,
      meterId: `STREET-METER-${id}`,
      doorId: `STREET-DOOR-${id}`,
      isSigning: evse === 2,
    };
  });

/** The meter of the second station signs on a curve that few others sign on. */
const CURVE = 'brainpoolP384r1';
const CURVE_BYTES = 48;
const rareMeter = generateKeyPairSync('ec', { namedCurve: CURVE });
const rareKey = (kid: string): MeterJwk => {
  const point = rareMeter.publicKey.export({ format: 'der', type: 'spki' }).subarray(-2 * CURVE_BYTES);
  const [x, y] = [point.subarray(0, CURVE_BYTES), point.subarray(CURVE_BYTES)];
  return { kty: 'EC', crv: CURVE, x: x.toString('base64url'), y: y.toString('base64url'), kid };
};
const isRare = (protocol: Protocol): boolean => protocol === 'ocpp2.1';
const meterKeyOf = ({ keys }: Pick<LocalSystem, 'keys'>, protocol: Protocol, meterId: string): MeterJwk =>
  isRare(protocol) ? rareKey(meterId) : publicHalf(keys.key(meterId));

/** Own meter and operator's register of each outlet, as the ledger knows them. */
const register = async (system: LocalSystem, duke: RunningUtility): Promise<void> => {
  const publicKey = (name: string) => publicHalf(system.keys.key(name));
  for (const [at, protocol] of PROTOCOLS.entries()) {
    const stationId = stationOf(protocol);
    const record = {
      ...{
        stationId,
        utilityId: DUKE_ENERGY.utilityId,
        group: `g${at}`,
        name: stationId,
        address: '1 Street',
      },
      ...{ countryCode: 'US', timeZone: 'America/New_York', infrastructureProvider: 'USDUK-infrastructure' },
      status: 'active' as const,
      signingKey: publicKey(stationId),
      evses: outletsOf(protocol).map(({ evseId, meterId, doorId, isSigning }) => ({
        ...{ evseId, meterId, maxPowerW: 150_000n },
        ...(isSigning && { meterKey: meterKeyOf(system, protocol, meterId) }),
        operatorMeter: { meterId: doorId, meterKey: publicKey(doorId) },
      })),
    };
    await tell(duke.operator, duke, 'consortium', 'registerStation', {
      commandId: `register-${stationId}`,
      station: z.encode(stationRegistration, record),
    });
  }
};

const startDoor = async (system: LocalSystem, duke: RunningUtility): Promise<OcppDoor> => {
  const passwordHash = await hashPassword(PASSWORD, 1_024);
  const { keys } = system;
  return startOcppDoor({
    utilityId: DUKE_ENERGY.utilityId,
    database: { stateDir: system.stateDir, name: 'usduk_ocpp' },
    gatewayUrl: duke.gateway.url,
    edge: { insecurePlainTransport: true },
    tokenSecret: 'ab'.repeat(32),
    trusted: [{ iss: 'operator', role: 'operator', key: publicHalf(keys.key('door-operator')) }],
    logLevel: 'silent',
    stations: PROTOCOLS.map((protocol) => ({
      ...{ stationId: stationOf(protocol), credential: { passwordHash }, hasScreen: true },
      ...{ keyId: stationOf(protocol), key: keys.key(stationOf(protocol)) },
      usualAsk: { requestedEnergyWh: '10000', plannedMs: 3_600_000 },
      outlets: outletsOf(protocol).map(({ evse, evseId, meterId, doorId, isSigning }) => ({
        ...{ evse, evseId, maxPowerW: '150000' },
        operatorMeter: { meterId: doorId, key: keys.key(doorId) },
        ...(isSigning && { signingMeter: { meterId, key: meterKeyOf(system, protocol, meterId) } }),
      })),
    })),
  });
};

describe('a customer of Alabama Power at stations of Duke Energy’s that speak OCPP', function () {
  this.timeout(300_000);
  let folder: string;
  let system: LocalSystem;
  let duke: RunningUtility;
  let door: OcppDoor;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'street-'));
    const members = [ALABAMA_POWER, DUKE_ENERGY];
    system = await startSystem({
      stateDir: folder,
      utilities: members,
      ledger: { kind: 'embedded' },
      tuning: {
        logLevel: 'silent',
        simulated: { nowMs: Date.now, patienceMs: 300_000, ledger: true },
      },
      progress: () => undefined,
    });
    const alabama = system.utility(ALABAMA_POWER.utilityId);
    duke = system.utility(DUKE_ENERGY.utilityId);
    const startMs = Date.now();
    await foundConsortium([alabama, duke], startMs);
    await register(system, duke);
    const terms = await agree(duke, alabama, TERMS, startMs - DAY_MS);
    const tariff = {
      ...{ country_code: 'US', party_id: 'DUK', id: 'USDUK-FLAT', currency: 'USD' },
      elements: [{ price_components: [{ type: 'ENERGY', price: '0.40', vat: '0', step_size: 1 }] }],
      last_updated: '2026-01-01T00:00:00Z',
    };
    const validity = { validFromMs: startMs - DAY_MS, validUntilMs: startMs + DAY_MS };
    const tariffJson = canonicalJson(tariff);
    await publishAndBind(duke, { tariffId: 'USDUK-FLAT', tariffVersion: 1, tariffJson, ...validity }, [
      terms,
    ]);
    for (const utility of [alabama, duke]) await setChargingRules(utility, startMs - DAY_MS);
    const { cinRef } = await openCustomer(alabama, DRIVER, system.keys);
    const tokens = `${alabama.aaa.url}/operator/v1/cins/${cinRef}/driver-tokens`;
    await alabama.operator('POST', tokens, { token: { type: 'rfid', value: CHIP } }, z.unknown());
    door = await startDoor(system, duke);
  });
  after(async () => {
    await door.close();
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const seen = new Set<string>();
  /** The session that was settled since. */
  const nextSession = () =>
    until('the session is on the ledger', async () => {
      const url = `${duke.gateway.url}/auditor/v1/sessions`;
      const { items } = await duke.auditor('GET', url, undefined, auditedSessionPage);
      const next = items.find(({ record }) => record.state === 'closed' && !seen.has(record.sessionId));
      if (next !== undefined) seen.add(next.record.sessionId);
      return next?.record.sessionId;
    });

  /** The auditor, which shares no code with the contract, finds the meter's signature good, on Node and as in a browser. */
  const proveBy = async (hosts: readonly Primitives[], sessionId: string): Promise<void> => {
    const doors = [doorTo(duke), doorTo(system.utility(ALABAMA_POWER.utilityId))];
    const checkpoint = await makeCheckpoint(doors);
    const bundle = await bundleText(doors, sessionId, checkpoint);
    assert.match(bundle, /ECDSA-brainpool384r1-SHA256/);
    for (const host of hosts) {
      const verdict = await verifyBundle(host, bundle, checkpointText(checkpoint));
      assert.ok(verdict.holds, verdict.holds ? '' : verdict.firstFailure);
    }
  };

  for (const protocol of PROTOCOLS) {
    it(`charges by the card’s chip, over ${protocol}, and the record says who metered: the operator, or the meter that signs`, async () => {
      const stationId = stationOf(protocol);
      const [, signing] = outletsOf(protocol);
      assert.ok(signing);
      const station = new SimulatedStation({
        ...{ url: door.stationsUrl, stationId, protocol, password: PASSWORD, outlets: 2 },
        registerMilliWh: 7_000_000n * WH,
        signEnd: createOcmfMeter(
          isRare(protocol) ? rareMeter.privateKey : keyObject(system.keys.key(signing.meterId)),
          {
            gateway: { model: 'g', serial: stationId, version: '1' },
            meter: { vendor: 'v', model: 'm', serial: signing.meterId, firmware: '1' },
            evseId: signing.evseId,
          },
        ),
      });
      station.memory.settings.set('Enabled/Tariff', 'true');
      await station.switchOn();
      const token = { idToken: CHIP, type: 'ISO14443' };
      if (protocol === 'ocpp2.1') {
        const told = z.object({ tariff: z.object({ currency: z.string(), energy: z.unknown() }) });
        const { tariff } = await until('the station is told the price as a tariff', async () => {
          const { answer } = await station.authorize(token);
          return told.safeParse(answer).data;
        });
        // The published 0.40 USD less the gold customer's 5 %.
        assert.deepEqual(tariff, { currency: 'USD', energy: { prices: [{ priceKwh: 0.38 }] } });
      }
      for (const { evse, isSigning } of outletsOf(protocol)) {
        assert.equal((await station.authorize(token)).isAccepted, true);
        await station.begin(evse, token);
        assert.equal(station.isAcceptedAt(evse), true);
        await station.charge(evse, 150n * WH);
        await station.charge(evse, 100n * WH);
        await station.end(evse);
        const sessionId = await nextSession();
        const { meteredBy, energyWh, hun, endReason, totalMicros } = await committedCdr(duke, sessionId);
        if (isSigning && isRare(protocol)) await proveBy([nodePrimitives, webPrimitives], sessionId);
        assert.deepEqual(
          { meteredBy, energyWh, hun, endReason },
          { meteredBy: isSigning ? 'meter' : 'operator', energyWh: 250n, hun: 'USALP', endReason: 'driver' },
        );
        // 0.40 USD less the gold customer's 5 %.
        assert.equal(totalMicros, 95_000n);
      }
      await station.switchOff();
    });
  }

  it('starts a station from an app by the price that was shown there, and says what nobody was billed for', async () => {
    const [protocol] = PROTOCOLS.slice(-1);
    assert.ok(protocol);
    const ask = asker(system.keys.key('door-operator'), 'operator', DUKE_ENERGY.utilityId, 'operator');
    const station = new SimulatedStation({
      ...{ url: door.stationsUrl, stationId: stationOf(protocol), protocol, password: PASSWORD, outlets: 2 },
      registerMilliWh: 8_000_000n * WH,
    });
    await station.switchOn();
    const token = { type: 'rfid', value: CHIP };
    const offers = `${door.url}/operator/v1/stations/${stationOf(protocol)}/offers`;
    const offered = z.object({ remoteStart: z.int(), quoteHash: z.string() });
    const offer = await ask('POST', offers, { outlet: { evse: 1 }, token }, offered);
    const start = `${door.url}/operator/v1/offers/${offer.remoteStart}/start`;
    const outcome = z.object({ outcome: z.string() });
    const { quoteHash } = offer;
    assert.deepEqual(await ask('POST', start, { quoteHash }, outcome), { outcome: 'accepted' });
    await until('the station has begun', () => Promise.resolve(station.isAcceptedAt(1)));
    await station.charge(1, 50n * WH);
    await station.end(1);
    const sessionId = await nextSession();
    assert.equal((await committedCdr(duke, sessionId)).energyWh, 50n);
    const url = `${duke.gateway.url}/auditor/v1/sessions/${sessionId}`;
    assert.match(JSON.stringify(await duke.auditor('GET', url, undefined, z.unknown())), /method\W+app/);
    // A chip that nobody knows charges nothing that is billed.
    await station.begin(2, { idToken: '04FFFFFFFFFFFF', type: 'ISO14443' });
    await station.charge(2, 20n * WH);
    await station.end(2).catch(() => undefined);
    const lists = z.object({ unbilled: z.array(z.object({ code: z.string(), milliWh: z.string() })) });
    const listed = await until('it is said', async () => {
      const { unbilled } = await ask('GET', `${door.url}/operator/v1/unbilled`, undefined, lists);
      return unbilled.length > 0 ? unbilled : undefined;
    });
    assert.deepEqual(listed, [{ code: 'refused', milliWh: '20000' }]);
    const { transactions } = await ask(
      'GET',
      `${door.url}/operator/v1/transactions`,
      undefined,
      transactionList,
    );
    const seenThere = transactions.map(({ evseId, sessionId: id, state, refusal, milliWh, end }) => [
      evseId,
      ...[id === null, state, refusal, milliWh],
      ...[end?.state, end?.meteredBy, end?.totalMicros],
    ]);
    const outlets = PROTOCOLS.map((each) => outletsOf(each).map(({ evseId }) => evseId));
    const billed = ['closed', null, 250n * WH, 'taken'];
    assert.deepEqual(seenThere.reverse(), [
      ...outlets.flatMap(([plain, signing]) => [
        [plain, false, ...billed, 'operator', 95_000n],
        [signing, false, ...billed, 'meter', 95_000n],
      ]),
      [outlets[1]?.[0], false, 'closed', null, 50n * WH, 'taken', 'operator', 19_000n],
      [outlets[1]?.[1], true, 'closed', 'refused', 20n * WH, undefined, undefined, undefined],
    ]);
    const ends = await ask('GET', `${door.url}/operator/v1/session-ends`, undefined, z.unknown());
    assert.deepEqual(ends, { ends: [] });
    const differences = await ask('GET', `${door.url}/operator/v1/cost-differences`, undefined, z.unknown());
    assert.deepEqual(differences, { differences: [] });
    await station.switchOff();
  });
});
