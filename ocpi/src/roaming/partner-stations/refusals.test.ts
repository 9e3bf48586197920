import assert from 'node:assert/strict';
import { openStations, type Fresh } from './testing/rig.ts';

describe('a charge at a partner’s station that no customer has to pay for', () => {
  let rig: Awaited<ReturnType<typeof openStations>>;
  before(async () => {
    rig = await openStations();
  });
  beforeEach(() => rig.calm());
  after(() => rig.close());

  const notedAs = async (which: Fresh, code: string): Promise<void> => {
    const noted = await rig.unbilled(which);
    assert.deepEqual([noted['code'], rig.billed(which)], [code, []]);
  };

  it('is by a token that was shown as not valid, also where an offer is open', async () => {
    const [before, listed] = [rig.fresh(), rig.fresh()];
    const { authorization_reference } = await rig.authorise(before.location);
    await rig.showToken({ valid: false });
    await rig.tellSession(before, '1.0', { authorization_reference });
    await rig.tellSession(listed, '1.0', { auth_method: 'WHITELIST' });
    await notedAs(before, 'token-blocked');
    await notedAs(listed, 'token-blocked');
    await rig.showToken({});
  });

  it('is by a token that has to be asked about each time, and was not', async () => {
    await rig.showToken({ whitelist: 'NEVER' });
    const [asked, unasked] = [rig.fresh(), rig.fresh()];
    const { authorization_reference } = await rig.authorise(asked.location);
    await rig.tellSession(asked, '0', { authorization_reference });
    await rig.session(asked, 'a start', ({ state }) => state === 'open');
    await rig.tellSession(unasked, '1.0', { auth_method: 'WHITELIST' });
    await notedAs(unasked, 'not-authorised');
    await rig.showToken({});
  });

  it('names another authorisation than the one that is open: that one is left to its own session', async () => {
    const which = rig.fresh();
    const { authorization_reference } = await rig.authorise(which.location);
    const stale = { ...which, id: `${which.id}-STALE` };
    await rig.tellCdr(rig.cdrOf(stale, '3.0', '0.90', { authorization_reference: 'old', id: 'C-stale' }));
    await notedAs(stale, 'over-before-authorised');
    const running = { ...which, id: `${which.id}-RUNNING` };
    await rig.tellSession(running, '1.0', { authorization_reference: 'old' });
    await notedAs(running, 'reference-not-open');
    await rig.tellCdr(rig.cdrOf(which, '2.0', '0.60', { authorization_reference }));
    await rig.settled(which);
    assert.deepEqual(rig.billed(which), [2_000_000n]);
    const again = { ...which, id: `${which.id}-AGAIN` };
    await rig.tellSession(again, '1.0', { authorization_reference });
    const noted = await rig.unbilled(again);
    assert.deepEqual([noted['code'], rig.billed(which)], ['reference-not-open', [2_000_000n]]);
  });

  it('was over before the offer was made that is open now', async () => {
    const which = rig.fresh();
    const end_date_time = new Date(rig.startOf(which.id)).toISOString();
    rig.pass(2_000);
    assert.equal((await rig.authorise(which.location)).allowed, 'ALLOWED');
    await rig.tellCdr(rig.cdrOf(which, '3.0', '0.90', { end_date_time }));
    await notedAs(which, 'over-before-authorised');
  });
});
