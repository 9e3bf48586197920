import assert from 'node:assert/strict';
import { unitAnswer } from '@roamgrid/wire';
import { MINUTE_MS, gridOf } from '../stage/stage.ts';
import { batteryOf, breakerOf, startHouse, type HouseStage } from '../stage/house-stage.ts';

const BREAKERS = [
  [
    breakerOf('compressor', {
      poles: 2,
      type: 'HVAC',
      room: 'cellar',
      floor: 'cellar',
      priority: 1,
      ratedW: 4_000n,
    }),
    2_000n,
  ],
  [breakerOf('lights-up', { room: 'bedroom', floor: 'upstairs' }), 300n],
  [breakerOf('lights-down', { room: 'kitchen', group: 'summer' }), 200n],
] as const;

const IDS = BREAKERS.map(([{ breakerId }]) => breakerId);

describe('the breaker table of a house (PANEL-3)', function () {
  this.timeout(60_000);
  let house: HouseStage;
  before(async () => {
    house = await startHouse({
      breakers: BREAKERS,
      sources: [
        { source: gridOf(20_000n, 'house'), isTold: false },
        { source: batteryOf('ess', 55, 30), isTold: true },
      ],
    });
  });
  after(() => house.close());
  afterEach(async () => {
    house.panel.faults.clear();
    house.panel.mainLiesW = 0n;
    house.panelServer.isSilent = false;
    for (const unit of ['floor:upstairs', 'type:lights']) await wants(unit, 'on');
    await house.step(6 * MINUTE_MS);
    await house.step();
    assert.deepEqual(closed(), IDS);
  });

  const closed = (): readonly string[] => IDS.filter((id) => house.panel.isClosed(id));
  const wants = async (unit: string, wanted: 'on' | 'off') => {
    const { status, body } = await house.phone('PUT', `/units/${encodeURIComponent(unit)}`, { wanted });
    assert.equal(status, 200, JSON.stringify(body));
    return unitAnswer.parse(body);
  };
  const codeOf = async (id: string) =>
    (await house.seen()).breakers.find(({ breakerId }) => breakerId === id)?.code;
  const countedW = async (id: string) =>
    (await house.view()).loads[0]?.claims.find(({ claimId }) => claimId === id)?.grantedW;

  it('is found: devices with poles, room, floor, type and priority, and units of them', async () => {
    await house.step();
    const { breakers, units, mainW, code } = await house.seen();
    assert.deepEqual(
      breakers.map(({ breakerId, poles, type, priority, position, measuredW }) => [
        ...[breakerId, poles, type, priority, position, measuredW],
      ]),
      [
        ['compressor', 2, 'HVAC', 1, 'closed', 2_000n],
        ['lights-down', 1, 'lights', 2, 'closed', 200n],
        ['lights-up', 1, 'lights', 2, 'closed', 300n],
      ],
    );
    assert.deepEqual([mainW, code], [2_500n, undefined]);
    assert.deepEqual(units.find(({ unitId }) => unitId === 'type:lights')?.breakerIds, [
      'lights-down',
      'lights-up',
    ]);
    assert.ok(units.some(({ unitId }) => unitId === 'group:summer'));
  });

  it('has units that switch whole: upstairs off opens just its breakers, also after a power cut, until it is wanted on', async () => {
    const off = await wants('floor:upstairs', 'off');
    assert.deepEqual([off.state, off.wanted, off.exceptions], ['off', 'off', []]);
    assert.deepEqual(closed(), ['compressor', 'lights-down']);
    await house.startAnew();
    await house.step(MINUTE_MS);
    assert.deepEqual(closed(), ['compressor', 'lights-down']);
    assert.equal((await wants('floor:upstairs', 'on')).state, 'on');
    assert.deepEqual(closed(), IDS);
    const { status } = await house.phone('PUT', '/units/floor:attic', { wanted: 'off' });
    assert.equal(status, 404);
  });

  it('says which breaker of a unit refuses: the unit is partly off, and what that one takes is counted', async () => {
    house.panel.faults.set('lights-up', { refuses: true });
    await wants('type:lights', 'off');
    await house.step();
    const lights = (await house.seen()).units.find(({ unitId }) => unitId === 'type:lights');
    assert.deepEqual(
      [lights?.state, lights?.exceptions],
      ['partly', [{ breakerId: 'lights-up', code: 'REFUSED' }]],
    );
    assert.deepEqual(closed(), ['compressor', 'lights-up']);
    assert.equal(await countedW('lights-up'), 300n);
    // It is asked again later, and follows.
    house.panel.faults.clear();
    await house.step(6 * MINUTE_MS);
    await house.step();
    assert.deepEqual(closed(), ['compressor']);
  });

  it('counts one that lags until it has moved', async () => {
    house.panel.faults.set('lights-up', { lagMs: 3_000 });
    const off = await wants('floor:upstairs', 'off');
    assert.deepEqual([off.state, off.exceptions[0]?.code], ['on', 'REFUSED']);
    await house.step();
    assert.equal(await countedW('lights-up'), 300n);
    await house.step(3_000);
    assert.deepEqual(closed(), ['compressor', 'lights-down']);
    await house.step();
    assert.equal((await house.seen()).units.find(({ unitId }) => unitId === 'floor:upstairs')?.state, 'off');
  });

  it('counts one that does not answer, or is gone from the panel, with what it last took', async () => {
    for (const fault of [{ isSilent: true }, { isGone: true }]) {
      house.panel.faults.set('compressor', fault);
      await house.step(11_000);
      assert.equal(await codeOf('compressor'), 'NO_ANSWER');
      assert.equal(await countedW('compressor'), 2_000n);
    }
    await house.startAnew();
    await house.step();
    // Nobody knows any more what it took: as much as it carries, and the main meter says what of that is not so.
    assert.equal(await countedW('compressor'), 4_000n);
    assert.equal((await house.seen()).code, 'MAIN_BELOW_BREAKERS');
  });

  it('does not believe one that says that it is open and measures power', async () => {
    house.panel.faults.set('lights-up', { saysPosition: 'open', saysW: 300n });
    await house.step();
    assert.equal(await codeOf('lights-up'), 'OPEN_WITH_POWER');
    assert.equal(await countedW('lights-up'), 300n);
  });

  it('counts what the main meter has and no breaker, and names who is closed without power', async () => {
    house.panel.faults.set('lights-up', { saysW: 0n });
    await house.step();
    const { code, unmeteredW } = await house.seen();
    assert.deepEqual([code, unmeteredW], ['MAIN_ABOVE_BREAKERS', 299n]);
    assert.equal(await codeOf('lights-up'), 'CLOSED_WITHOUT_POWER');
    assert.equal(await countedW('unmetered'), 299n);
  });

  it('tells of a panel that vanishes, which closes all by itself in the end, and goes on when it is back', async () => {
    await wants('floor:upstairs', 'off');
    house.panelServer.isSilent = true;
    await house.step();
    assert.equal((await house.view()).loads[0]?.state, 'silent');
    await house.step(MINUTE_MS);
    assert.deepEqual(closed(), IDS);
    house.panelServer.isSilent = false;
    await house.step();
    assert.deepEqual(closed(), ['compressor', 'lights-down']);
  });

  it('is no business of a phone that is not of the house', async () => {
    const stranger = { iss: 'phone-2', role: 'phone' } as const;
    const { status } = await house.ask(
      'GET',
      '/phone/v1/sites/s1/panel',
      undefined,
      house.phoneKey,
      stranger,
    );
    assert.equal(status, 401);
  });

  it('opens the low priority in an outage below the floor within a tick, and does not close it again at once', async () => {
    const [grid, ess] = ['grid', 'ess'].map((id) => house.plant.sources.get(id));
    assert.ok(grid && ess);
    const holds = (percent: number): void => {
      const source = batteryOf('ess', percent, 30);
      ess.source = source.store
        ? { ...source, store: { ...source.store, essentialFloorWh: 1_000n } }
        : source;
    };
    grid.source = gridOf(0n, 'house');
    holds(31);
    await house.step();
    await house.step();
    assert.deepEqual(closed(), IDS);
    holds(29);
    await house.step();
    assert.deepEqual(closed(), ['compressor']);
    holds(31);
    await house.step(MINUTE_MS);
    assert.deepEqual(closed(), ['compressor'], 'not well above its floor');
    holds(33);
    await house.step();
    assert.deepEqual(closed(), ['compressor'], 'it rests');
    await house.step(5 * MINUTE_MS);
    await house.step();
    assert.deepEqual(closed(), IDS);
    grid.source = gridOf(20_000n, 'house');
  });
});
