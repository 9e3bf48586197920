import assert from 'node:assert/strict';
import { loadConsortium, nextUtility, withConsensus, withUtility } from '@roamgrid/network';
import { topology } from './topology.ts';

describe('the topology of a native network', () => {
  it('gives every node ports of its own', async () => {
    const nodes = topology(withConsensus(await loadConsortium(), 'bft'), 20_000);
    const ports = nodes.flatMap((node) => [node.port, node.secondPort, node.operationsPort]);
    assert.equal(new Set(ports).size, ports.length);
    assert.deepEqual(
      nodes.map((node) => node.kind),
      ['orderer', 'orderer', 'orderer', 'orderer', 'peer', 'peer', 'chaincode', 'peer', 'chaincode'],
    );
  });

  it('leaves every node where it is when a utility joins', async () => {
    const before = withConsensus(await loadConsortium(), 'raft');
    const after = withUtility(before, nextUtility(before));
    const old = topology(before, 20_000);
    assert.deepEqual(topology(after, 20_000).slice(0, old.length), old);
  });
});
