import assert from 'node:assert/strict';
import { NativeNetworkError } from '../errors.ts';
import { findBinaries } from '../fabric/binaries.ts';
import { startOne, status, stopOne } from '../network/control.ts';
import { get, put } from './client.ts';
import { eventually, TestNetwork } from './fixture.ts';
import { loseAndRebuildOrderer } from './lost-orderer.ts';

describe('Byzantine fault tolerant ordering on the native network', function () {
  this.timeout(120_000);
  let network: TestNetwork | undefined;
  afterEach(async () => {
    await network?.stop();
    network = undefined;
  });

  it('is refused by Fabric 2.5 with advice, and on Fabric 3 stays final with any one of four orderers gone', async () => {
    if ((await findBinaries()).major < 3) {
      await assert.rejects(
        TestNetwork.start('bft', 2),
        (error) => error instanceof NativeNetworkError && /--orderer raft/.test(error.message),
      );
      return;
    }
    network = await TestNetwork.start('bft', 2);
    const { paths } = network;
    const client = await network.client('AlabamaPowerMSP', 'station');
    await put(client, 'before', '1');
    const { nodes, leader } = await status({ paths });
    const orderers = nodes.filter((node) => node.kind === 'orderer').map((node) => node.id);
    assert.equal(orderers.length, 4);
    const follower = orderers.find((id) => id !== leader);
    assert.ok(leader !== undefined && follower !== undefined);

    await stopOne(follower, { paths }, 'kill');
    await put(client, 'without a follower', '2');
    await startOne(follower, { paths });

    await stopOne(leader, { paths }, 'kill');
    await eventually(() => put(client, 'without the leader', '3'), 60_000);
    await startOne(leader, { paths });
    assert.equal(await get(client, 'without the leader'), '3');
    await network.settled();
  });

  it('stays final with the leader cut off: it holds its connections and answers nobody', async function () {
    // Fabric 2.5 has no BFT ordering, as the case before shows.
    if ((await findBinaries()).major < 3) this.skip();
    network = await TestNetwork.start('bft', 2);
    const { paths } = network;
    const client = await network.client('AlabamaPowerMSP', 'station');
    await put(client, 'before', '1');
    const { nodes, leader } = await status({ paths });
    const pid = nodes.find(({ id }) => id === leader)?.pid;
    assert.ok(pid !== undefined);
    process.kill(pid, 'SIGSTOP');
    try {
      await eventually(() => put(client, 'without the leader', '2'), 90_000);
      await put(client, 'and on', '3');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await eventually(() => put(client, 'with all', '4'));
    await network.settled();
    assert.equal(await get(client, 'without the leader'), '2');
  });

  it('rebuilds an orderer that lost its data, which the others cannot do without afterwards', async function () {
    // Fabric 2.5 has no BFT ordering, as the case before shows.
    if ((await findBinaries()).major < 3) this.skip();
    network = await TestNetwork.start('bft', 2);
    const { paths } = network;
    const client = await network.client('AlabamaPowerMSP', 'station');
    await loseAndRebuildOrderer(paths, client, '2');
    assert.equal(await get(client, 'with the rebuilt orderer'), '2');
  });
});
