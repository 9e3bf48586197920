import assert from 'node:assert/strict';
import { until } from '../testing/until.ts';
import { listCostDifferences } from '../store/cost-differences.ts';
import { BEGIN_MS, CARD, MINUTE_MS, report } from './testing/rig.ts';
import { rig } from './testing/the-rig.ts';

const WH = 1_000n;
let tariffs = 0;

/** Of an id of its own, so that no other test has asked for it. */
const tariffJson = (): string => {
  tariffs += 1;
  return JSON.stringify({
    ...{ country_code: 'US', party_id: 'DUK', id: `T-${tariffs}`, currency: 'USD' },
    elements: [{ price_components: [{ type: 'ENERGY', price: 0.3, step_size: 1 }] }],
    last_updated: '2026-01-01T00:00:00Z',
  });
};

describe('the price of an offer, for a station that takes more of it than a text', () => {
  beforeEach(async () => {
    await rig.clear();
    rig.gateway.moods.tariffVersion = 1_000 + tariffs;
    rig.gateway.moods.tariffJson = tariffJson();
  });

  const authorize = (token = CARD, wantsPrice = true) =>
    rig.desk.authorize('st1', { token, atMs: rig.time.nowMs, wantsPrice });
  const tariffsAsked = () => rig.gateway.received.filter(({ path }) => path.endsWith('/tariff')).length;

  it('is told with the answer to Authorize, and its tariff asked for once a version', async () => {
    rig.gateway.moods.adjustmentPpm = '-50000';
    const { status, price, texts } = await authorize();
    assert.equal(status, 'accepted');
    assert.deepEqual(
      [price?.tariff.id, price?.adjustmentPpm, price?.currency, price?.zoneOffsets.length],
      [`T-${tariffs}`, -50_000n, 'USD', 1],
    );
    assert.match(texts[0]?.text ?? '', /USD\/kWh/);
    const other = await authorize({ type: 'cin', value: 'USALP000999956780' });
    assert.equal(other.price?.tariff, price?.tariff);
    assert.equal(tariffsAsked(), 1);
  });

  it('is not asked for where the station takes texts alone', async () => {
    const { status, price } = await authorize(CARD, false);
    assert.deepEqual([status, price, tariffsAsked()], ['accepted', undefined, 0]);
  });

  it('is left to its text where the grid moves it, and where the gateway does not tell its tariff', async () => {
    rig.gateway.moods.adapts = true;
    const moved = await authorize();
    assert.deepEqual([moved.status, moved.price, tariffsAsked()], ['accepted', undefined, 0]);
    await rig.clear();
    delete rig.gateway.moods.tariffJson;
    const untold = await authorize();
    assert.deepEqual([untold.status, untold.price], ['accepted', undefined]);
    assert.match(untold.texts[0]?.text ?? '', /USD\/kWh/);
  });

  it('is told of a transaction that began without Authorize, once it is a session', async () => {
    rig.commander.isPriced = true;
    const offer = await rig.remoteStarts.offer('st1', { outlet: { evse: 1 }, token: CARD });
    assert.ok(offer.outcome === 'offer');
    const { remoteStart } = offer;
    assert.equal(await rig.remoteStarts.start(remoteStart, offer.quoteHash), 'accepted');
    rig.pass(1_000);
    await rig.desk.transaction('st1', report(rig, 'began', 100n * WH, { remoteStart, tariffId: 'other' }));
    const price = `price st1 tx1 T-${tariffs} other`;
    await until('it is told', () => rig.told.includes(price));
    rig.pass(MINUTE_MS);
    await rig.desk.transaction('st1', report(rig, 'moved', 200n * WH));
    assert.equal(rig.told.filter((told) => told.startsWith('price')).length, 1, 'and not again');
  });

  const chargeFor = async (stationCost: object) => {
    await authorize();
    rig.pass(1_000);
    await rig.desk.transaction('st1', report(rig, 'began', 0n));
    rig.pass(MINUTE_MS);
    return rig.desk.transaction(
      'st1',
      report(rig, 'ended', 100n * WH, { stationCost: stationCost as never }),
    );
  };
  const differences = () => listCostDifferences(rig.store.db, 10);

  it('is what is billed, whatever a station calculates by itself, and where that differs it is noted', async () => {
    const billed = await chargeFor({ currency: 'USD', totalMicros: 45_000n });
    assert.equal(billed.totalCostMicros, 30_000n, 'by our own rating');
    const [difference, ...more] = await differences();
    const sessionId = [...rig.gateway.sessions.keys()][0];
    assert.deepEqual(
      [difference, more],
      [
        {
          ...{ sessionId, stationId: 'st1', evseId: 'US*DUK*E1*1', currency: 'USD', billedMicros: 30_000n },
          ...{ saidCurrency: 'USD', saidMicros: 45_000n, notedAtMs: BEGIN_MS + 1_000 + MINUTE_MS },
        },
        [],
      ],
    );
  });

  it('differs from no calculation that rounds to the same cent, failed or was not made', async () => {
    for (const cost of [{ totalMicros: 40_000n }, { totalMicros: 20_000n }, {}]) {
      await rig.clear();
      rig.gateway.moods.tariffJson = tariffJson();
      await chargeFor({ currency: 'USD', ...cost });
      assert.deepEqual(await differences(), []);
    }
  });
});
