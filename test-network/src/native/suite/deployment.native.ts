import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  activeOrderers,
  deploymentFiles,
  loadConsortium,
  peerOrganisations,
  withConsensus,
} from '@roamgrid/network';
import { channelGroup } from '../config-update/envelope.ts';
import { ensureOrganisation } from '../crypto/organisation.ts';
import { findBinaries } from '../fabric/binaries.ts';
import { run } from '../fabric/run.ts';
import { NetworkPaths } from '../paths.ts';

describe('the deployment files', function () {
  this.timeout(30_000);
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'roamgrid-deploy-'));
  });
  after(() => rm(root, { recursive: true }));

  it('give configtxgen the first block of a channel with every organisation', async () => {
    const { path, major } = await findBinaries();
    const consortium = withConsensus(await loadConsortium(), major >= 3 ? 'bft' : 'raft');
    const content = deploymentFiles(consortium).get('channel/configtx.yaml');
    assert.ok(content !== undefined);
    await mkdir(join(root, 'channel'));
    await writeFile(join(root, 'channel', 'configtx.yaml'), content);

    // What organisations hand in, as the enrolment guide lays it out.
    const paths = new NetworkPaths(join(root, 'crypto'));
    const orderers = activeOrderers(consortium);
    for (const organisation of [...peerOrganisations(consortium), ...orderers]) {
      const nodes = orderers.includes(organisation) ? [{ id: 'orderer0', ou: 'orderer' as const }] : [];
      const files = await ensureOrganisation(paths, organisation, { nodes, services: [], identities: [] });
      const target = join(root, 'channel', 'organizations', organisation.mspId);
      await cp(files.msp(), join(target, 'msp'), { recursive: true });
      for (const { id } of nodes) {
        await mkdir(join(target, id), { recursive: true });
        await cp(files.tls(id).cert, join(target, id, 'tls.crt'));
        await cp(files.nodeCertificate(id), join(target, id, 'cert.pem'));
      }
    }

    const block = join(root, 'channel.block');
    await run(
      path.configtxgen,
      [
        '-profile',
        'Consortium',
        '-channelID',
        'roaming',
        '-configPath',
        join(root, 'channel'),
        '-outputBlock',
        block,
      ],
      {},
    );
    const groups = channelGroup(await readFile(block)).getGroupsMap();
    const members = (name: string): string[] => {
      const found: string[] = [];
      groups
        .get(name)
        ?.getGroupsMap()
        .forEach((_: unknown, mspId: string) => found.push(mspId));
      return found.sort();
    };
    const mspIds = (organisations: readonly { mspId: string }[]): string[] =>
      organisations.map((o) => o.mspId).sort();
    assert.deepEqual(members('Application'), mspIds(peerOrganisations(consortium)));
    assert.deepEqual(members('Orderer'), mspIds(orderers));
  });
});
