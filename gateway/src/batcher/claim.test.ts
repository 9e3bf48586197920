import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { advanceTo, testNow } from '../testing/clock.ts';
import { EVSES } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { freshLedgerRig, MSP } from '../testing/ledger-rig.ts';
import { withRows } from '../testing/rows.ts';
import { chargeAt, parkedOf, stateAt, untilState } from '../testing/session-driver.ts';

const BOUND_MS = 3_600_000;
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
      { batcher: { maxWait: 10, openWait: 10, noteWait: 10, retryPause: 50, claimAfterPpm: 100_000 } },
      {},
      { ledger, terms: { cdrBoundMs: BOUND_MS }, sites: [LATE] },
    );
  });
  after(() => rig.close());

  it('are claimed in time and settled when it is back, long after the bound', async () => {
    const [outlet, other] = EVSES;
    const wire = rig.ledger.contracts?.get(MSP.alabama);
    assert.ok(wire);
    wire.cut();
    const away = [await chargeAt(rig.station, outlet), await chargeAt(rig.station, other)];
    for (const sessionId of away) await untilState(rig, sessionId, 'opened');
    await sleep(500);
    for (const sessionId of away) assert.equal(await stateAt(rig.duke, sessionId), 'opened');
    advanceTo(testNow() + BOUND_MS / 10);
    const claimed = await until(
      'the ends are claimed',
      async () => {
        const rows = await withRows(rig, 'claim_duke', (db) =>
          db.selectFrom('session_claim').select('session_id').orderBy('session_id').execute(),
        );
        return rows.length === 2 ? rows.map(({ session_id }) => session_id) : undefined;
      },
      60_000,
    );
    assert.deepEqual(claimed, [...away].sort());
    advanceTo(testNow() + 2 * BOUND_MS);
    wire.mend();
    for (const sessionId of away) await untilState(rig, sessionId, 'closed', 60_000);
  });

  it('that nobody claimed in time are refused after it, and parked with the reason', async () => {
    const late = await rig.start('USDUK', 'claim_duke_late', {
      batcher: { maxWait: 10, openWait: 10, retryPause: 50 },
    });
    const station = rig.stationAt(LATE);
    station.url = late.running.url;
    const wire = rig.ledger.contracts?.get(MSP.alabama);
    wire?.cut();
    const sessionId = await chargeAt(station, LATE.evses[0].evseId);
    await untilState(rig, sessionId, 'opened');
    advanceTo(testNow() + 2 * BOUND_MS);
    wire?.mend();
    const facts = await until('it is parked', async () => {
      const { body } = await late.ask('operator', 'GET', '/operator/v1/parked');
      const items = body['items'] as { sessionId: string; code: string }[];
      return items.some((fact) => fact.sessionId === sessionId) ? items : undefined;
    });
    assert.equal(facts[0]?.code, 'EXPIRED');
    assert.deepEqual(await parkedOf(rig, sessionId), []);
  });
});
