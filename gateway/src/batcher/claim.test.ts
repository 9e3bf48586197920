import assert from 'node:assert/strict';
import type { MeterReading } from '@roamgrid/wire';
import { setTimeout as sleep } from 'node:timers/promises';
import { advanceTo, testNow } from '../testing/clock.ts';
import { EVSES } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig, type TestGateway } from '../testing/gateway-rig.ts';
import { freshLedgerRig, MSP } from '../testing/ledger-rig.ts';
import { proveLate } from '../testing/prove-all.ts';
import { withRows } from '../testing/rows.ts';
import { wireReading } from '../testing/station-peer.ts';
import { chargeAt, parkedOf, startAt, stateAt, stopAfter, untilState } from '../testing/session-driver.ts';

const BOUND_MS = 3_600_000;
const SILENT_MS = 600_000;
/** A station of another gateway of Duke Energy's: no two gateways have stations of one group. */
const LATE = {
  stationId: 'DUK-LATE-1',
  group: 'late',
  evses: [{ evseId: 'US*DUK*ELATE1*1', meterId: 'DUK-METER-LATE' }],
} as const;

describe('ends of sessions while the home utility’s peer is away', function () {
  this.timeout(120_000);
  let rig: GatewayRig;
  before(async () => {
    const ledger = await freshLedgerRig({ time: 'test' });
    // Claimed after a tenth of the bound.
    rig = await gatewayRig(
      'claim',
      {
        batcher: { maxWait: 10, openWait: 10, noteWait: 10, retryPause: 50, claimAfterPpm: 100_000 },
        station: { silentAfter: SILENT_MS, reapEvery: 200 },
      },
      {},
      { ledger, terms: { cdrBoundMs: BOUND_MS }, sites: [LATE] },
    );
  });
  after(() => rig.close());

  it('are claimed in time and settled when it is back, long after the bound', async () => {
    const [outlet, other] = EVSES;
    const claims = async () => {
      const rows = await withRows(rig, 'claim_duke', (db) =>
        db.selectFrom('session_claim').select('session_id').orderBy('session_id').execute(),
      );
      return rows.map(({ session_id }) => session_id);
    };
    const wire = rig.ledger.contracts?.get(MSP.alabama);
    assert.ok(wire);
    wire.cut();
    const early = await chargeAt(rig.station, outlet);
    await untilState(rig, early, 'opened');
    await sleep(500);
    advanceTo(testNow() + BOUND_MS / 10);
    const isClaimed = async () => ((await claims()).includes(early) ? true : undefined);
    await until('the first end is claimed', isClaimed, 60_000);
    wire.mend();
    await untilState(rig, early, 'closed', 60_000);
    wire.cut();
    const away = [await chargeAt(rig.station, outlet), await chargeAt(rig.station, other)];
    for (const sessionId of away) await untilState(rig, sessionId, 'opened');
    await sleep(500);
    for (const sessionId of away) assert.equal(await stateAt(rig.duke, sessionId), 'opened');
    advanceTo(testNow() + BOUND_MS / 10);
    const claimed = await until(
      'the ends are claimed',
      async () => {
        const found = (await claims()).filter((id) => id !== early);
        return found.length === 2 ? found : undefined;
      },
      60_000,
    );
    assert.deepEqual(claimed, [...away].sort());
    advanceTo(testNow() + 2 * BOUND_MS);
    wire.mend();
    for (const sessionId of away) await untilState(rig, sessionId, 'closed', 60_000);
    for (const sessionId of away)
      await until('home reads it', () =>
        stateAt(rig.alabama, sessionId).then((state) => state === 'closed' || undefined),
      );
    await proveLate(rig, away, early);
  });

  interface Unbilled {
    readonly sessionId: string;
    readonly code: string;
    readonly detail: string;
    readonly energyWh: string;
    readonly ledger: string;
  }
  const reportOf = (reading: MeterReading) => ({
    sequence: 1,
    readings: [wireReading(reading)],
    powerW: '7000',
  });
  const unbilled = async (gateway: TestGateway, sessionId: string) => {
    const { body } = await gateway.ask('operator', 'GET', '/operator/v1/unbilled');
    return (body['items'] as Unbilled[]).find((one) => one.sessionId === sessionId);
  };

  it('that nobody claimed in time are refused after it, closed as such, and seen by the operator', async () => {
    const late = await rig.start('USDUK', 'claim_duke_late', {
      batcher: { maxWait: 10, openWait: 10, retryPause: 50, claimAfterPpm: 1_000_000 },
    });
    const station = rig.stationAt(LATE);
    station.url = late.running.url;
    const wire = rig.ledger.contracts?.get(MSP.alabama);
    wire?.cut();
    const sessionId = await chargeAt(station, LATE.evses[0].evseId);
    await untilState(rig, sessionId, 'opened');
    advanceTo(testNow() + 2 * BOUND_MS);
    wire?.mend();
    await untilState(rig, sessionId, 'voided', 60_000);
    const found = await unbilled(late, sessionId);
    assert.ok(found);
    assert.deepEqual([found.code, found.energyWh], ['record-refused', '600']);
    assert.match(found.detail, /^EXPIRED: /);
    assert.deepEqual(await parkedOf(rig, sessionId), []);
  });

  it('that a silent station brings late are taken, and its outlet serves others meanwhile', async () => {
    const [, , outlet] = EVSES;
    const session = await startAt(rig.station, outlet, { plannedMs: 60_000 });
    advanceTo(testNow() + 60_000 + SILENT_MS + 1_000);
    const { sessionId } = session;
    await until('the outlet is free', async () => {
      const { body } = await rig.station.post('swipes', rig.station.swipeRequest({ evseId: outlet }));
      return body['outcome'] === 'offer' ? true : undefined;
    });
    const reading = { ...session.begin, atMs: session.begin.atMs + 30_000 };
    const report = reportOf({ ...reading, registerMilliWh: reading.registerMilliWh + 300_000n });
    assert.equal((await rig.station.post(`sessions/${sessionId}/reports`, report)).status, 200);
    const bill = await stopAfter(rig.station, session, 60_000, 600n);
    assert.equal(bill.body['energyWh'], '600');
    await untilState(rig, sessionId, 'closed');
    assert.equal(await unbilled(rig.duke, sessionId), undefined);
  });

  it('that never come leave a voided number, with what the station had told', async () => {
    const [, , , outlet] = EVSES;
    const session = await startAt(rig.station, outlet, { plannedMs: 60_000 });
    const { sessionId, begin } = session;
    const reading = {
      ...begin,
      atMs: begin.atMs + 30_000,
      registerMilliWh: begin.registerMilliWh + 450_000n,
    };
    const report = reportOf(reading);
    assert.equal((await rig.station.post(`sessions/${sessionId}/reports`, report)).status, 200);
    await untilState(rig, sessionId, 'opened');
    advanceTo(testNow() + 60_000 + BOUND_MS + 1_000);
    await untilState(rig, sessionId, 'voided', 60_000);
    const found = await until('the operator sees how it ended', async () => {
      const one = await unbilled(rig.duke, sessionId);
      return one?.ledger === 'voided' ? one : undefined;
    });
    assert.deepEqual([found.code, found.energyWh], ['station-silent', '450']);
    const end = { ...reading, atMs: begin.atMs + 60_000 };
    const late = await rig.station.post(`sessions/${sessionId}/stop`, rig.station.stopRequest(outlet, end));
    assert.deepEqual([late.status, late.body['code']], [409, 'SESSION_ENDED']);
    assert.equal((await rig.duke.ask('aaa', 'GET', '/operator/v1/unbilled')).status, 403);
  });
});
