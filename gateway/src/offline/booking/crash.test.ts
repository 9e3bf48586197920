import assert from 'node:assert/strict';
import { unwrap } from '@roamgrid/domain';
import { decodeCbor, encodeCbor } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { sealFor } from '@roamgrid/offline/testing';
import { carriedAnswer, cdrPage, chargerCertificate, type CarriedAnswer } from '@roamgrid/wire';
import { startChildGateway, type ChildGateway } from '../../testing/child-gateway.ts';
import { get } from '../../testing/clearing-calls.ts';
import { advanceTo, testNow } from '../../testing/clock.ts';
import type { TestSite } from '../../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../../testing/gateway-rig.ts';
import { testKey } from '../../testing/keys.ts';
import { OFFLINE, registerOfflineKeys } from '../../testing/offline-keys.ts';
import { recordFor, tokenOf, type PhoneToken } from '../../testing/offline-records.ts';

const EVSE_ID = 'US*DUK*ECELLAR';
const CELLAR: TestSite = {
  stationId: 'DUK-CELLAR',
  group: 'cellar',
  evses: [{ evseId: EVSE_ID, meterId: 'DUK-CELLAR-1' }],
};
const MINUTE_MS = 60_000;

/** Where the gateway dies: right after it took a record, and at steps of its way to the ledger and back. */
const DEATHS = [undefined, 'formed', 'submitted', 'settled', 'block-collected', 'block-written'] as const;

describe('a gateway that is killed between taking a record and having it booked', function () {
  this.timeout(180_000);
  let rig: GatewayRig;
  let token: PhoneToken;
  let fromMs = 0;
  let reader = new Uint8Array();
  let child: ChildGateway | undefined;

  before(async () => {
    rig = await gatewayRig('offline_crash', { offline: OFFLINE });
    await rig.register(CELLAR);
    await registerOfflineKeys(rig, 'crash');
    const path = `/operator/v1/offline/chargers/${encodeURIComponent(EVSE_ID)}/certificate`;
    const { operator } = await until('the charger is vouched for', async () => {
      const { status, body } = await rig.duke.ask('operator', 'PUT', path, { key: testKey('cellar').open });
      return status === 200 ? chargerCertificate.parse(body) : undefined;
    });
    reader = new Uint8Array(Buffer.from(operator.readerPoint, 'base64url'));
    fromMs = testNow() + 2_000;
    advanceTo(fromMs + 120 * MINUTE_MS);
    token = await tokenOf({
      ...{ home: rig.home, channel: rig.duke.config.ledger.channel, site: CELLAR, fromMs },
      audience: { kind: 'outlet', evseId: EVSE_ID },
      limits: { sessions: DEATHS.length, energyWh: 30_000n, costMicros: 60_000_000n },
    });
    // Its database is the child's from here on: two would give the same numbers.
    await rig.duke.running.close();
  });
  after(async () => {
    await child?.kill('SIGTERM');
    await rig.close();
  });

  /** The record of a session, as a phone carries it. */
  const sealed = async (number: number) => {
    const told = { number, beganMs: fromMs + number * 12 * MINUTE_MS, energyWh: 1_000n };
    const meter = rig.meter('DUK-CELLAR-1');
    const record = await recordFor(token, {
      ...{ site: CELLAR, meter, ...told },
      fromWh: BigInt(number - 1) * 1_000n,
    });
    const plain = unwrap(decodeCbor(new Uint8Array(Buffer.from(record, 'base64url'))));
    const bytes = await sealFor(NODE_SUITE, reader, plain, encodeCbor([EVSE_ID, number]));
    return { evseId: EVSE_ID, number, sealed: Buffer.from(bytes).toString('base64url') };
  };
  type Sealed = Awaited<ReturnType<typeof sealed>>;
  const bring = async (url: string, records: readonly Sealed[]): Promise<CarriedAnswer> => {
    const answer = await fetch(`${url}/offline/v1/records`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ records, leaves: [token.leave] }),
    });
    return carriedAnswer.parse(await answer.json());
  };
  const own = async () => {
    const { items } = await get(rig.alabama, 'cdrs?role=hun&limit=500', cdrPage);
    return items.filter(({ stationId }) => stationId === CELLAR.stationId);
  };

  it('has each session booked once in the end, in the order of its meter, and none lost', async () => {
    const brought: Sealed[] = [];
    for (const [at, step] of DEATHS.entries()) {
      brought.push(await sealed(at + 1));
      const dying = await startChildGateway(
        rig.duke.config,
        step === undefined ? undefined : { step, count: 1 },
      );
      // One that dies sooner than it answers is brought it again.
      const told =
        dying.url === undefined ? undefined : await bring(dying.url, brought).catch(() => undefined);
      if (step === undefined) {
        assert.equal(told?.records.at(-1)?.state, 'taken');
        await dying.kill('SIGKILL');
      }
      await dying.gone;
    }
    child = await startChildGateway(rig.duke.config);
    const { url } = child;
    assert.ok(url !== undefined);
    const { receipts } = await until('all are booked', async () => {
      const told = await bring(url, brought);
      return told.records.every(({ state }) => state === 'booked') ? told : undefined;
    });
    assert.deepEqual(receipts.map(({ evseId }) => evseId), [EVSE_ID]); // prettier-ignore
    const cdrs = await until('home has all', async () => {
      const all = await own();
      return all.length >= DEATHS.length ? all : undefined;
    });
    assert.equal(cdrs.length, DEATHS.length);
    assert.equal(new Set(cdrs.map(({ cdr }) => cdr.startMs)).size, DEATHS.length);
    assert.deepEqual(
      cdrs.map(({ cdr }) => cdr.energyWh),
      DEATHS.map(() => 1_000n),
    );
    // What comes once more is what it was.
    await bring(url, brought.toReversed());
    assert.equal((await own()).length, DEATHS.length);
  });
});
