import assert from 'node:assert/strict';
import { agreementGround, demandGround, gridFigures, tariffGround } from '@roamgrid/wire';
import { AGREEMENT_ID, DUKE, TARIFF_ID } from '../testing/consortium.ts';
import { gatewayRig, type GatewayRig } from '../testing/gateway-rig.ts';

describe('grid demand at a gateway', function () {
  this.timeout(90_000);
  let rig: GatewayRig;
  before(async () => {
    rig = await gatewayRig('demand');
  });
  after(() => rig.close());

  it('is shown as a grid operator recorded it, with bigints whole', async () => {
    const readings = [0, 1, 2].map((hour) => ({
      atMs: 1_700_000_000_000 + hour * 3_600_000,
      demandW: (9_007_199_254_740_993n + BigInt(hour)).toString(),
    }));
    const chunk = { utilityId: DUKE, areaId: 'DUK', intervalMs: 3_600_000, readings };
    const step = { path: 'grid/recordDemand', command: { commandId: 'demand-1', chunk } };
    const told = await rig.duke.tell(step, 'grid-operator');
    assert.equal(told.status, 200, JSON.stringify(told.body));
    const again = await rig.duke.tell(step, 'grid-operator');
    assert.deepEqual(again.body['wrote'], told.body['wrote']);
    const { body } = await rig.duke.ask(
      'auditor',
      'GET',
      `/auditor/v1/demand?utilityId=${DUKE}&areaId=DUK&limit=2`,
    );
    const items = body['items'] as { demandW: string }[];
    assert.deepEqual(
      items.map(({ demandW }) => demandW),
      ['9007199254740993', '9007199254740994'],
    );
    const cursor = String(body['cursor']);
    const next = await rig.duke.ask(
      'auditor',
      'GET',
      `/auditor/v1/demand?utilityId=${DUKE}&areaId=DUK&limit=2&after=${cursor}`,
    );
    assert.equal((next.body['items'] as unknown[]).length, 1);
  });

  it('is told to its own AAA node, and nobody else: the latest reading and the highest of a span', async () => {
    const startMs = 1_710_000_000_000;
    const watts = ['9000000000000000001', '10000000000000000000', '10000000000000000000', '5'];
    const readings = watts.map((demandW, at) => ({ atMs: startMs + at * 60_000, demandW }));
    const chunk = { utilityId: DUKE, areaId: 'DUK-FIGURES', intervalMs: 60_000, readings };
    const step = { path: 'grid/recordDemand', command: { commandId: 'figures-1', chunk } };
    assert.equal((await rig.duke.tell(step, 'grid-operator')).status, 200);
    const path = (areaId: string, fromMs: number, untilMs: number) =>
      `/internal/v1/grid/areas/${areaId}/figures?fromMs=${fromMs}&untilMs=${untilMs}`;
    const ask = async (fromMs: number, untilMs: number) => {
      const answer = await rig.duke.ask('aaa', 'GET', path('DUK-FIGURES', fromMs, untilMs));
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      const { latest, highest } = gridFigures.parse(answer.body);
      return [latest, highest].map((each) => each && [(each.atMs - startMs) / 60_000, each.powerW]);
    };
    assert.deepEqual(await ask(startMs, startMs + 180_000), [
      [3, 5n],
      [1, 10_000_000_000_000_000_000n],
    ]);
    assert.deepEqual(await ask(startMs, startMs + 59_999), [
      [0, 9_000_000_000_000_000_001n],
      [0, 9_000_000_000_000_000_001n],
    ]);
    // The latest may be older than the span, as yesterday's last one is just after midnight.
    assert.deepEqual(await ask(startMs + 180_001, startMs + 999_999), [[3, 5n], undefined]);
    assert.deepEqual(await ask(0, startMs - 1), [undefined, undefined]);
    const others = await rig.duke.ask('aaa', 'GET', path('ALP', startMs, startMs + 180_000));
    assert.equal(others.body['latest'], undefined);
    assert.equal(
      (await rig.alabama.ask('aaa', 'GET', path('DUK-FIGURES', 0, startMs * 2))).body['latest'],
      undefined,
    );
    assert.equal((await rig.duke.ask('router', 'GET', path('DUK-FIGURES', 0, startMs))).status, 403);
    assert.equal((await rig.duke.ask('aaa', 'GET', path('DUK-FIGURES', -1, startMs))).status, 400);
  });

  it('is told with what else charge records are checked by: the agreement and the tariff, to its own node alone', async () => {
    const ask = (role: Parameters<typeof rig.duke.ask>[0], path: string) =>
      rig.duke.ask(role, 'GET', `/internal/v1/${path}`);
    const agreement = `agreements/${AGREEMENT_ID}`;
    const { terms } = agreementGround.parse((await ask('aaa', agreement)).body);
    assert.equal(terms.agreementId, AGREEMENT_ID);
    const { tariff } = tariffGround.parse((await ask('aaa', `tariffs/${TARIFF_ID}/versions/1`)).body);
    assert.equal(tariff.utilityId, DUKE);
    // No rule of this agreement moves prices with the grid.
    const demand = await ask('aaa', `${agreement}/demand?startMs=0&endMs=1`);
    assert.deepEqual(demandGround.parse(demand.body).chunks, []);
    for (const path of [
      'agreements/none',
      'agreements/none/demand?startMs=0&endMs=1',
      `tariffs/${TARIFF_ID}/versions/9`,
    ])
      assert.equal((await ask('aaa', path)).body['code'], 'RECORD_NOT_FOUND', path);
    assert.equal((await ask('router', agreement)).status, 403);
  });

  it('is asked with a place in a list that can be one; anything else is refused and not looked for', async () => {
    const holdings = (after: string) =>
      rig.duke.ask('aaa', 'GET', `/internal/v1/holdings?fromMs=0&untilMs=900000&after=${after}`);
    assert.equal((await holdings('0:0:solar-1')).status, 200);
    for (const after of ['-:-:p.', '1:2', `${'9'.repeat(19)}:0:p`])
      assert.equal((await holdings(after)).status, 400, after);
  });
});
