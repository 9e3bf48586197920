import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '@hyperledger/fabric-gateway';
import { startOne, stopOne } from '../network/control.ts';
import { rebuildNode } from '../network/rebuild.ts';
import { get, put, text, type LedgerClient } from './client.ts';
import { eventually, TestNetwork } from './fixture.ts';
import { loseAndRebuildOrderer } from './lost-orderer.ts';

const ALABAMA = 'AlabamaPowerMSP';
const DUKE = 'DukeEnergyMSP';
const PEER = 'peer-duke-energy';
const BODY = JSON.stringify({ price: '250000', salt: 'a1b2c3d4e5f60718' });

// The cases build on one another: what the guide on backup and restore says, done to one network.
describe('a native network whose nodes lose their data', function () {
  this.timeout(120_000);
  let network: TestNetwork;
  let alabama: LedgerClient;
  let duke: LedgerClient;

  before(async () => {
    network = await TestNetwork.start('raft', 2);
    alabama = await network.client(ALABAMA, 'station');
    duke = await network.client(DUKE, 'station');
    await share('agreement-1');
  });
  after(() => network.stop());

  const share = async (key: string): Promise<void> => {
    await alabama.probe.submit('share', {
      arguments: [key, `${ALABAMA},${DUKE}`],
      transientData: { body: BODY },
      endorsingOrganizations: [ALABAMA, DUKE],
    });
    await network.settled();
  };
  const ofDuke = async (method: 'readShared' | 'sharedHash', key: string): Promise<string> =>
    text(await duke.probe.evaluate(method, { arguments: [key, DUKE], endorsingOrganizations: [DUKE] }));
  const dataOf = (node: string): string => join(network.paths.node(node), 'data');

  it('gives a peer back what its backup held, private bodies too, and it fetches the rest', async () => {
    const options = { paths: network.paths };
    const backup = join(network.paths.root, 'backup');
    await stopOne(PEER, options);
    await cp(dataOf(PEER), backup, { recursive: true });
    await startOne(PEER, options);
    await eventually(() => share('agreement-2'));
    await eventually(() => put(alabama, 'after the backup', '1'));

    await stopOne(PEER, options, 'kill');
    await rm(dataOf(PEER), { recursive: true });
    await cp(backup, dataOf(PEER), { recursive: true });
    await startOne(PEER, options);
    await network.settled();
    assert.equal(await eventually(() => get(duke, 'after the backup')), '1');
    assert.equal(await ofDuke('readShared', 'agreement-1'), BODY);
    await eventually(() => put(duke, 'endorsed by the restored peer', '2'));
  });

  it('rebuilds a peer without a backup from the others, but for the private bodies that it alone held', async () => {
    await rebuildNode(PEER, { paths: network.paths });
    await network.settled();
    assert.equal(await eventually(() => get(duke, 'after the backup')), '1');
    const hash = createHash('sha256').update(BODY).digest('hex');
    assert.equal(await ofDuke('sharedHash', 'agreement-1'), hash);
    await assert.rejects(ofDuke('readShared', 'agreement-1'), GatewayError);
    await eventually(() => put(duke, 'endorsed by the rebuilt peer', '3'));
    // The counterparty has the same body, in its own collection.
    const theirs = await alabama.probe.evaluate('readShared', {
      arguments: ['agreement-1', ALABAMA],
      endorsingOrganizations: [ALABAMA],
    });
    assert.equal(text(theirs), BODY);
    await eventually(() => share('agreement-3'));
    assert.equal(await ofDuke('readShared', 'agreement-3'), BODY);
  });

  it('rebuilds an orderer without a backup, which the others cannot do without afterwards', async () => {
    const { paths } = network;
    const other = await loseAndRebuildOrderer(paths, alabama, '5');
    await startOne(other, { paths });
    await network.settled();
    assert.equal(await get(duke, 'with the rebuilt orderer'), '5');
  });
});
