import assert from 'node:assert/strict';
import type { TransactionReport } from '../model/reports.ts';
import { CARD, MINUTE_MS } from './testing/rig.ts';
import { authorize, messageOf, rig } from './testing/the-rig.ts';

describe('a driver’s yes to a price', () => {
  beforeEach(() => rig.clear());

  const begin = async (
    stationId: string,
    evse: number,
    id: string,
    changes: Partial<TransactionReport> = {},
  ) => {
    rig.pass(1_000);
    const transaction = { by: 'station', id } as const;
    const began = messageOf('began', 100, { outlet: { evse }, transaction, ...changes });
    return (await rig.desk.transaction(stationId, began)).status;
  };
  const end = async (stationId: string, evse: number, id: string) => {
    rig.pass(MINUTE_MS);
    const transaction = { by: 'station', id } as const;
    const ended = messageOf('ended', 200, { outlet: { evse }, transaction });
    await rig.desk.transaction(stationId, ended);
  };
  const agree = async () => {
    const offer = await rig.remoteStarts.offer('bare', { outlet: { evse: 3 }, token: CARD });
    assert.ok(offer.outcome === 'offer');
    return { ...offer, outcome: await rig.remoteStarts.start(offer.remoteStart, offer.quoteHash) };
  };

  it('that the screen showed is to one session, and not to the next', async () => {
    await authorize();
    assert.equal(await begin('st1', 1, 'tx1'), 'accepted');
    await end('st1', 1, 'tx1');
    assert.equal(await begin('st1', 1, 'tx2'), 'not-allowed-here');
    assert.equal(rig.gateway.sessions.size, 1);
  });

  it('is used up at another outlet of the station as well', async () => {
    await rig.desk.authorize('pair', { token: CARD, atMs: rig.time.nowMs });
    assert.equal(await begin('pair', 5, 'tx1'), 'accepted');
    assert.equal(await begin('pair', 4, 'tx2'), 'not-allowed-here');
    assert.equal(rig.gateway.sessions.size, 1);
  });

  it('in an app is to the start that was asked for there', async () => {
    const { remoteStart } = await agree();
    assert.equal(await begin('bare', 3, 'tx1'), 'not-allowed-here', 'a swipe of the same card');
    await end('bare', 3, 'tx1');
    assert.equal(await begin('bare', 3, 'tx2', { remoteStart }), 'accepted');
  });

  it('in an app is to a start at its outlet, of a station that cannot tell which start it is', async () => {
    await agree();
    rig.pass(1_000);
    const { transaction: _none, ...began } = messageOf('began', 100, { outlet: { evse: 3 } });
    assert.equal((await rig.desk.transaction('bare', began)).status, 'accepted');
  });

  it('in an app is to nothing when the station refuses to start', async () => {
    rig.commander.outcome = 'rejected';
    const { outcome, remoteStart, quoteHash } = await agree();
    assert.equal(outcome, 'rejected');
    const { transaction: _none, ...began } = messageOf('began', 100, { outlet: { evse: 3 } });
    assert.equal((await rig.desk.transaction('bare', began)).status, 'not-allowed-here');
    rig.commander.outcome = 'accepted';
    assert.equal(await rig.remoteStarts.start(remoteStart, quoteHash), 'accepted', 'and may be given again');
    rig.commander.outcome = 'rejected';
    await rig.remoteStarts.start(remoteStart, quoteHash);
    assert.equal(await begin('bare', 3, 'tx1', { remoteStart }), 'accepted', 'the start before came about');
  });

  it('in an app is one, however often its price is asked for', async () => {
    const ask = () => rig.remoteStarts.offer('bare', { outlet: { evse: 3 }, token: CARD });
    const [one, other] = [await ask(), await ask()];
    assert.deepEqual(other, one);
  });

  it('in an app leaves no token behind when the offer is used, or over', async () => {
    const kept = async () => {
      await rig.round();
      const rows = await rig.store.db.selectFrom('remote_start').select('token_cipher').execute();
      return rows.filter(({ token_cipher }) => token_cipher !== null).length;
    };
    const { remoteStart } = await agree();
    assert.equal(await kept(), 1);
    await begin('bare', 3, 'tx1', { remoteStart });
    assert.equal(await kept(), 0);
    await end('bare', 3, 'tx1');
    await agree();
    assert.equal(await kept(), 1);
    rig.pass(6 * MINUTE_MS);
    assert.equal(await kept(), 0);
  });
});
