import assert from 'node:assert/strict';
import { LEDGER_LIMITS, type MeterReading } from '@roamgrid/wire';
import type { TestSite } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { checkpointOf, proveBundles } from '../testing/prove-all.ts';
import { wireReading, type StationPeer } from '../testing/station-peer.ts';

const EVSE = 'US*DUK*EVOU1*1';
const VOUCHED: TestSite = {
  stationId: 'DUK-VOUCHED',
  group: 'g3',
  evses: [{ evseId: EVSE, meterId: 'DUK-METER-V1', operatorMeterId: 'DUK-REGISTER-V1' }],
};

/** A station whose meter signs at the end of a session alone, or not at all: then its operator vouches. */
describe('a session without a signed start', function () {
  this.timeout(60_000);
  let rig: GatewayRig;
  let station: StationPeer;
  before(async () => {
    rig = await gatewayRig('signers', { station: { relayTimeout: 300, openingTimeout: 300 } });
    station = await rig.register(VOUCHED);
  });
  after(() => rig.close());

  const later = (reading: MeterReading, ms: number, wh: bigint): MeterReading => ({
    atMs: reading.atMs + ms,
    registerMilliWh: reading.registerMilliWh + wh * 1_000n,
    charging: true,
  });
  const start = async () => {
    const { swipeId, offer } = await station.offer({ evseId: EVSE });
    const begin = station.begin(offer);
    const { signedStart: _unsigned, ...request } = await station.startRequest(swipeId, offer, begin);
    const answer = await station.post('sessions', request);
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return { sessionId: offer.quote.sessionId, begin };
  };
  const stop = (sessionId: string, end: MeterReading, over: Record<string, unknown>, between = [end]) =>
    station.post(`sessions/${sessionId}/stop`, {
      ...station.stopRequest(EVSE, end),
      readings: [...between.filter(({ atMs }) => atMs < end.atMs), end].map(wireReading),
      ...over,
    });
  const recordOf = (sessionId: string) =>
    until(`the record of ${sessionId}`, async () => {
      const { body } = await rig.alabama.ask('auditor', 'GET', `/auditor/v1/sessions/${sessionId}`);
      return body['cdr'] as Record<string, unknown> | undefined;
    });

  it('is billed from the begin that its end’s statement holds, by whoever signed it', async () => {
    const signed: Record<string, string> = {};
    // Each by a register of its own; what the station read meanwhile is of neither.
    for (const [by, milliWh] of [
      ['operator', 9_000_000_000n],
      ['meter', 5_000_000n],
    ] as const) {
      const { sessionId, begin } = await start();
      const end = later(begin, 120_000, 700n);
      const from = { ...begin, atMs: begin.atMs + 500, registerMilliWh: milliWh };
      const to = { ...end, registerMilliWh: milliWh + 650_000n };
      const signedEnd = station.statement(
        EVSE,
        [
          ['B', from],
          ['E', to],
        ],
        { sessionId },
        by,
      );
      const bill = await stop(sessionId, end, { signedEnd }, [later(begin, 60_000, 300n)]);
      assert.equal(bill.status, 200, JSON.stringify(bill.body));
      const { energyWh, meteredBy, startMs } = bill.body;
      assert.deepEqual([energyWh, meteredBy, startMs], ['650', by, from.atMs]);
      signed[sessionId] = by;
    }
    // The second is settled against the outlet’s other key, which is in the book by then.
    for (const [sessionId, by] of Object.entries(signed)) {
      const { energyWh, meteredBy } = await recordOf(sessionId);
      assert.deepEqual([energyWh, meteredBy], ['650', by]);
    }
    // An auditor’s own model comes to the same record of each.
    await proveBundles(rig, Object.keys(signed), await checkpointOf(rig));
  });

  it('is billed from two statements of a meter that signs begin and end apart', async () => {
    const { sessionId, begin } = await start();
    const end = later(begin, 60_000, 500n);
    const from = { ...begin, registerMilliWh: 20_000_000n };
    const signedStart = station.statement(EVSE, [['B', from]], { sessionId });
    const signedEnd = station.statement(EVSE, [['E', { ...end, registerMilliWh: 20_400_000n }]], {
      sessionId,
    });
    const missing = await stop(sessionId, end, { signedEnd });
    assert.deepEqual([missing.status, missing.body['code']], [422, 'METER_INVALID']);
    const bill = await stop(sessionId, end, { signedStart, signedEnd });
    assert.deepEqual([bill.status, bill.body['energyWh']], [200, '400']);
    assert.equal((await recordOf(sessionId))['meteredBy'], 'meter');
  });

  it('is not ended by a begin or an end at another time, by two signers or by an end before its begin', async () => {
    const { sessionId, begin } = await start();
    const end = later(begin, 60_000, 500n);
    const { clockSkewMs } = LEDGER_LIMITS;
    const one = (from: MeterReading, to: MeterReading) =>
      station.statement(
        EVSE,
        [
          ['B', from],
          ['E', to],
        ],
        { sessionId },
      );
    const cases: readonly Record<string, unknown>[] = [
      { signedEnd: one({ ...begin, atMs: begin.atMs - clockSkewMs - 1 }, end) },
      { signedEnd: one(begin, { ...end, atMs: end.atMs + clockSkewMs + 1 }) },
      { signedEnd: one({ ...begin, atMs: end.atMs }, end) },
      {
        signedStart: station.statement(EVSE, [['B', begin]], { sessionId }, 'operator'),
        signedEnd: station.statement(EVSE, [['E', end]], { sessionId }),
      },
      { signedEnd: one(begin, end).replace('DUK-METER-V1', 'DUK-REGISTER-V1') },
    ];
    for (const [at, over] of cases.entries()) {
      const answer = await stop(sessionId, end, over);
      assert.deepEqual([answer.status, answer.body['code']], [422, 'METER_INVALID'], String(at));
    }
    const good = {
      signedEnd: one({ ...begin, registerMilliWh: 30_000_000n }, { ...end, registerMilliWh: 30_500_000n }),
    };
    assert.equal((await stop(sessionId, end, good)).status, 200);
  });
});
