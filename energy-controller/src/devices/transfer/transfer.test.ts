import assert from 'node:assert/strict';
import { DeviceStage } from '../simulator/stage.ts';
import { transfer } from './device.ts';

const start = () => DeviceStage.start(transfer);
const CONTACTS = { grid: 'open', battery: 'open', charger: 'open' };

describe('the transfer switch of a house (PANEL-8, PANEL-11)', () => {
  let rig: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => {
    rig = await start();
    rig.looks = { forMs: 200, everyMs: 10 };
    await rig.act({ do: 'power', of: 'battery', is: true });
  });
  afterEach(async () => {
    const { overlaps, chargedInIsland } = await rig.world();
    await rig.close();
    assert.deepEqual({ overlaps, chargedInIsland }, { overlaps: 0, chargedInIsland: 0 });
  });

  const ask = async (type: string) => {
    const asked = await rig.driver.ask({ type }, rig.nowMs);
    return asked.ok ? 'ok' : asked.refusal.code;
  };
  const contacts = async () => {
    const { grid, battery, charger } = await rig.world();
    return { grid, battery, charger };
  };
  const log = async () => {
    const { log: moves } = await rig.world();
    return (moves as readonly { contact: string; to: string }[]).map(({ contact, to }) => `${contact} ${to}`);
  };
  const power = (of: 'grid' | 'battery', is: boolean) => rig.act({ do: 'power', of, is });

  it('goes from one to the other by way of neither, and has the house fed within a second', async () => {
    assert.equal(rig.state, 'on-grid');
    assert.equal(await ask('to-battery'), 'ok');
    await rig.pass(1_000, 10);
    assert.equal(rig.state, 'on-battery');
    assert.deepEqual(await contacts(), { ...CONTACTS, battery: 'closed' });
    assert.equal(await ask('to-grid'), 'ok');
    await rig.pass(500, 10);
    assert.deepEqual([rig.state, await contacts()], ['on-grid', { ...CONTACTS, grid: 'closed' }]);
    assert.deepEqual(await log(), ['grid open', 'battery closed', 'battery open', 'grid closed']);
  });

  it('charges the car while the grid feeds the house, and has its contact open before it leaves the grid', async () => {
    assert.equal(await ask('charge'), 'ok');
    await rig.pass(200, 10);
    assert.deepEqual(await contacts(), { ...CONTACTS, grid: 'closed', charger: 'closed' });
    // A charging contact that stays closed keeps the battery out.
    await rig.act({ do: 'jam', contact: 'charger', is: true });
    assert.equal(await ask('to-battery'), 'ok');
    await rig.pass(3_000, 50);
    assert.equal(rig.state, 'stuck');
    assert.equal((await contacts()).battery, 'open');
    await rig.act({ do: 'jam', contact: 'charger', is: false });
    assert.equal(await ask('charge'), 'NOT_POSSIBLE_NOW');
    assert.equal(await ask('clear'), 'ok');
    await rig.pass(1_000, 10);
    assert.deepEqual(await contacts(), { ...CONTACTS, battery: 'closed' });
  });

  it('feeds from the battery in an outage, and goes back when it is over; not when it was asked to be there', async () => {
    await power('grid', false);
    await rig.pass(500, 10);
    assert.equal(rig.state, 'on-battery');
    await power('grid', true);
    await rig.pass(500, 10);
    assert.equal(rig.state, 'on-grid');
    await ask('to-battery');
    await rig.pass(500, 10);
    await power('grid', false);
    await power('grid', true);
    await rig.pass(500, 10);
    assert.equal(rig.state, 'on-battery');
    await power('battery', false);
    await rig.pass(500, 10);
    assert.equal(rig.state, 'on-grid');
  });

  it('waits with open contacts while nothing has power, and takes what comes first', async () => {
    await ask('to-battery');
    await rig.pass(500, 10);
    await power('grid', false);
    await power('battery', false);
    await rig.pass(5_000, 50);
    assert.deepEqual([rig.state, await contacts()], ['open', CONTACTS]);
    assert.equal(await ask('to-battery'), 'ok');
    await power('grid', true);
    await rig.pass(500, 10);
    assert.equal(rig.state, 'on-grid');
  });

  it('closes nothing when a contact does not open, also after a restart, until somebody asks', async () => {
    await rig.act({ do: 'jam', contact: 'grid', is: true });
    await ask('to-battery');
    await rig.pass(3_000, 50);
    rig.restart();
    await rig.pass(3_000, 50);
    assert.deepEqual([rig.state, await contacts()], ['stuck', { ...CONTACTS, grid: 'closed' }]);
    assert.deepEqual(await rig.codes(), ['CONTACT_DOES_NOT_OPEN']);
    await rig.act({ do: 'jam', contact: 'grid', is: false });
    assert.equal(await ask('clear'), 'ok');
    await rig.pass(1_000, 10);
    assert.equal(rig.state, 'on-battery');
  });

  it('takes the other side when a contact does not close, and tells it', async () => {
    await rig.act({ do: 'jam', contact: 'battery', is: true });
    await ask('to-battery');
    await rig.pass(4_000, 50);
    assert.deepEqual([rig.state, await contacts()], ['on-grid', { ...CONTACTS, grid: 'closed' }]);
    assert.deepEqual(await rig.codes(), ['CONTACT_DOES_NOT_CLOSE']);
  });

  it('goes back to the grid by itself when its controller is gone, and to where it was asked to be when that is back', async () => {
    await ask('to-battery');
    await rig.pass(500, 10);
    rig.nowMs += 60_000;
    assert.deepEqual(await contacts(), { ...CONTACTS, grid: 'closed' });
    rig.restart();
    await rig.pass(500, 10);
    assert.equal(rig.state, 'on-battery');
    assert.equal(await ask('to-grid'), 'ok');
    await rig.pass(500, 10);
    rig.restart();
    await rig.pass(500, 10);
    assert.equal(rig.state, 'on-grid');
  });
});
