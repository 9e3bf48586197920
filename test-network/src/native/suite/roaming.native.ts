import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GatewayError } from '@hyperledger/fabric-gateway';
import { CHAINCODE_NAME, consortiumQueries, role } from '@roamgrid/wire';
import { loadConsortium } from '@roamgrid/network';
import { text } from './client.ts';
import { TestNetwork } from './fixture.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../../../chaincode/${path}`, import.meta.url));

describe('the roaming contracts on the native network', function () {
  this.timeout(60_000);
  let network: TestNetwork;

  before(async () => {
    await promisify(execFile)(process.execPath, ['--import', 'tsx', at('scripts/bundle.ts')], {
      cwd: at('.'),
    });
    network = await TestNetwork.start('raft', 2, at('dist/server.cjs'));
  });

  after(() => network.stop());

  it('are called by the name that clients use, with a certificate for each of their roles', async () => {
    const { chaincode, identities } = await loadConsortium();
    assert.equal(chaincode.name, CHAINCODE_NAME);
    const issued = [...identities.utility, ...identities.auditor].map(({ attributes }) => attributes['role']);
    assert.deepEqual(issued.sort(), [...role.options].sort());
  });

  it("answer a query alike at every utility's peer, and to the auditor", async () => {
    const query = JSON.stringify(consortiumQueries.listUtilities.parse({ pageSize: 10, bookmark: '' }));
    const answers = await Promise.all(
      [
        ['AlabamaPowerMSP', 'operator'],
        ['DukeEnergyMSP', 'aaa'],
        ['AuditorMSP', 'auditor'],
      ].map(async ([mspId = '', user = '']) => {
        const client = await network.client(mspId, user);
        const contract = client.gateway.getNetwork('roaming').getContract(CHAINCODE_NAME, 'consortium');
        return text(await contract.evaluateTransaction('listUtilities', query));
      }),
    );
    assert.deepEqual(new Set(answers).size, 1);
    const page = JSON.parse(answers[0] ?? '') as { records: unknown[] };
    assert.deepEqual(page.records, []);
  });

  it('refuse a command that does not match its schema, in their own words', async () => {
    const { gateway } = await network.client('DukeEnergyMSP', 'operator');
    const contract = gateway.getNetwork('roaming').getContract(CHAINCODE_NAME, 'consortium');
    await assert.rejects(
      contract.submitTransaction('registerUtility', '{}'),
      (error) =>
        error instanceof GatewayError &&
        error.details.some(({ message }) => message.includes('INVALID_ARGUMENT')),
    );
  });
});
