import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { enrol } from '../../embedded/identity/material.ts';
import { findBinaries } from '../fabric/binaries.ts';
import { startOne, status, stopOne } from '../network/control.ts';
import { openNetwork, requireNode } from '../network/open.ts';
import { rotateCertificates } from '../network/rotate.ts';
import { get, put, text, type LedgerClient } from './client.ts';
import { eventually, TestNetwork } from './fixture.ts';

const ALABAMA = 'AlabamaPowerMSP';
const DUKE = 'DukeEnergyMSP';

/** Serial numbers of what a node proves itself with. */
async function serialsOf(network: TestNetwork, id: string): Promise<string[]> {
  const { context } = await openNetwork({ paths: network.paths });
  const node = requireNode(context, id);
  const files = context.files(node.organisation);
  const certificates = [
    files.tls(id).cert,
    ...(node.kind === 'chaincode' ? [] : [files.nodeCertificate(id)]),
  ];
  return Promise.all(
    certificates.map(async (file) => new X509Certificate(await readFile(file)).serialNumber),
  );
}

/** Rotates, and requires that every certificate of the node is another one than before. */
async function rotate(network: TestNetwork, id: string): Promise<void> {
  const before = await serialsOf(network, id);
  await rotateCertificates(id, { paths: network.paths });
  const after = await serialsOf(network, id);
  assert.equal(new Set([...before, ...after]).size, before.length + after.length);
}

/** An orderer with new certificates counts only when the others cannot do without it. */
async function needsIt(
  network: TestNetwork,
  id: string,
  write: (key: string) => Promise<void>,
): Promise<void> {
  const { paths } = network;
  const { nodes } = await status({ paths });
  const other = nodes.find((node) => node.kind === 'orderer' && node.id !== id);
  assert.ok(other);
  await stopOne(other.id, { paths }, 'kill');
  await eventually(() => write(`with ${id}, without ${other.id}`), 60_000);
  await startOne(other.id, { paths });
}

for (const consensus of ['raft', 'bft'] as const) {
  describe(`new certificates on a native network with ${consensus} ordering`, function () {
    this.timeout(300_000);
    let network: TestNetwork;
    let alabama: LedgerClient;

    before(async function () {
      if (consensus === 'bft' && (await findBinaries()).major < 3) {
        // Fabric 2.5 has no BFT ordering; bft.native.ts shows that it is refused with advice.
        this.skip();
      }
      network = await TestNetwork.start(consensus, 2);
      alabama = await network.client(ALABAMA, 'station');
      await put(alabama, 'before', '1');
    });
    // It is not there when the group was skipped.
    after(async () => (network as TestNetwork | undefined)?.stop());

    it('for each orderer in turn, the leader too, which the others cannot do without afterwards', async () => {
      const { nodes } = await status({ paths: network.paths });
      for (const { id } of nodes.filter(({ kind }) => kind === 'orderer')) {
        await rotate(network, id);
        await put(alabama, id, 'rotated');
        await needsIt(network, id, (key) => put(alabama, key, 'final'));
      }
      assert.equal((await status({ paths: network.paths })).healthy, true);
    });

    it('for a peer and a chaincode service, whose endorsement goes on', async () => {
      await rotate(network, 'peer-duke-energy');
      await rotate(network, 'chaincode-duke-energy');
      const client = await network.client(DUKE, 'station');
      await eventually(() => put(client, 'peer', 'rotated'));
      await network.settled();
      assert.equal(await get(client, 'before'), '1');
      assert.equal(await get(alabama, 'peer'), 'rotated');
    });

    it('for a service, which keeps its role', async () => {
      await enrol(network.paths.root, DUKE, { name: 'aaa', attributes: { role: 'aaa' } });
      const client = await network.client(DUKE, 'aaa');
      await put(client, 'service', 'rotated');
      const seen = JSON.parse(text(await client.probe.evaluateTransaction('whoami'))) as { role: string };
      assert.equal(seen.role, 'aaa');
    });
  });
}
