import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { GatewayError, StatusCode, type Contract } from '@hyperledger/fabric-gateway';
import { createChannel, deployChaincode } from '../network/deploy.ts';
import { restartOne, status } from '../network/control.ts';
import { down, up } from '../network/up.ts';
import { PROBE_CHAINCODE } from '../chaincode/source.ts';
import { requireState } from '../state.ts';
import { text } from './client.ts';
import { eventually, TestNetwork } from './fixture.ts';

const CONFORMANCE = fileURLToPath(new URL('../conformance/serve.ts', import.meta.url));
const ALABAMA = 'AlabamaPowerMSP';
const DUKE = 'DukeEnergyMSP';

describe('further chaincodes and channels of a native network', function () {
  this.timeout(60_000);
  let network: TestNetwork;
  let main: string;
  let contractOn: (channel: string, chaincode: string) => Contract;

  before(async () => {
    network = await TestNetwork.start('raft', 2);
    const options = { paths: network.paths };
    main = (await network.connection()).channel;
    await createChannel('second', options);
    const chaincode = { ...options, version: '1', chaincode: CONFORMANCE };
    const collections = [
      {
        name: 'duke-only',
        policy: `OR('${DUKE}.member')`,
        requiredPeerCount: 0,
        maxPeerCount: 1,
        blockToLive: 0,
        memberOnlyRead: true,
        memberOnlyWrite: false,
      },
    ];
    await deployChaincode({
      ...chaincode,
      name: 'any',
      channels: [{ channel: main, policy: `OR('${ALABAMA}.peer','${DUKE}.peer')` }],
    });
    await deployChaincode({
      ...chaincode,
      name: 'both',
      channels: [{ channel: main, collections }, { channel: 'second' }],
    });
    const client = await network.client(ALABAMA, 'station');
    contractOn = (channel, name) => client.gateway.getNetwork(channel).getContract(name);
  });

  after(() => network.stop());

  it('run beside one another, each in its own processes and with its own state', async () => {
    const { nodes, chaincodes } = await status({ paths: network.paths });
    assert.deepEqual(
      chaincodes.map(({ name }) => name),
      ['roaming', 'any', 'both'],
    );
    assert.equal(nodes.filter(({ kind, state }) => kind === 'chaincode' && state === 'healthy').length, 6);
    await contractOn(main, 'both').submitTransaction('put', 'k', 'of both');
    await contractOn(main, 'any').submitTransaction('put', 'k', 'of any');
    assert.match(text(await contractOn(main, 'both').evaluateTransaction('get', 'k')), /of both/);
  });

  it('keep the state of one channel from the other', async () => {
    await contractOn('second', 'both').submitTransaction('put', 'k', 'second');
    assert.match(text(await contractOn('second', 'both').evaluateTransaction('get', 'k')), /second/);
    assert.match(text(await contractOn(main, 'both').evaluateTransaction('get', 'k')), /of both/);
  });

  it('have each its own endorsement policy', async () => {
    const by = async (name: string): Promise<number> => {
      const proposal = contractOn(main, name).newProposal('put', {
        arguments: ['p', '1'],
        endorsingOrganizations: [ALABAMA],
      });
      return (await (await (await proposal.endorse()).submit()).getStatus()).code;
    };
    assert.equal(await by('any'), StatusCode.VALID);
    assert.equal(await by('both'), StatusCode.ENDORSEMENT_POLICY_FAILURE);
  });

  it('keep a collection to its members', async () => {
    const duke = await network.client(DUKE, 'station');
    await duke.gateway
      .getNetwork(main)
      .getContract('both')
      .submit('putPrivate', {
        arguments: ['duke-only', 'secret', 'value'],
        endorsingOrganizations: [ALABAMA, DUKE],
      });
    await network.settled();
    const read = (contract: Contract, executor: string): Promise<Uint8Array> =>
      contract.evaluate('getPrivate', {
        arguments: ['duke-only', 'secret'],
        endorsingOrganizations: [executor],
      });
    assert.match(text(await read(duke.gateway.getNetwork(main).getContract('both'), DUKE)), /value/);
    await assert.rejects(read(contractOn(main, 'both'), ALABAMA), GatewayError);
  });

  it('are all there again after a restart', async () => {
    const { paths } = network;
    await restartOne('chaincode-duke-energy-both', { paths });
    await down({ paths, keep: true });
    const { consortium, basePort } = await requireState(paths);
    await up({ paths, consortium, basePort, chaincode: PROBE_CHAINCODE });
    const again = await network.client(ALABAMA, 'aaa');
    const value = await eventually(() =>
      again.gateway.getNetwork('second').getContract('both').evaluateTransaction('get', 'k'),
    );
    assert.match(text(value), /second/);
  });
});
