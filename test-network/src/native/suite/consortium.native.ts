import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { GatewayError, StatusCode } from '@hyperledger/fabric-gateway';
import { nextUtility } from '@roamgrid/network';
import { NativeNetworkError } from '../errors.ts';
import { addUtility } from '../network/add-utility.ts';
import { restartOne, startOne, status, stopOne } from '../network/control.ts';
import { down, up } from '../network/up.ts';
import { upgradeChaincode } from '../network/upgrade.ts';
import { PROBE_CHAINCODE } from '../chaincode/source.ts';
import { readState, requireState } from '../state.ts';
import { get, put, text, type LedgerClient } from './client.ts';
import { eventually, TestNetwork } from './fixture.ts';

const ALABAMA = 'AlabamaPowerMSP';
const DUKE = 'DukeEnergyMSP';
const GEORGIA = 'GeorgiaPowerMSP';
const AUDITOR = 'AuditorMSP';

const refusedWith = (pattern: RegExp) => (error: unknown) =>
  error instanceof GatewayError && pattern.test(`${error.message} ${JSON.stringify(error.details)}`);

// The cases build on one another: one network lives through its admission, faults, upgrade and restart.
describe('a consortium of two utilities and an auditor on native Raft', function () {
  this.timeout(60_000);
  let network: TestNetwork;
  let alabama: LedgerClient;
  let duke: LedgerClient;
  let auditor: LedgerClient;

  before(async () => {
    network = await TestNetwork.start('raft', 2);
    alabama = await network.client(ALABAMA, 'station');
    duke = await network.client(DUKE, 'aaa');
    auditor = await network.client(AUDITOR, 'auditor');
  });

  after(() => network.stop());

  it('runs three orderers, a peer for each organisation and chaincode for each utility, all healthy', async () => {
    const { nodes, healthy, leader } = await status({ paths: network.paths });
    const count = (kind: string): number => nodes.filter((node) => node.kind === kind).length;
    assert.deepEqual([count('orderer'), count('peer'), count('chaincode'), healthy], [3, 3, 2, true]);
    assert.match(leader ?? '', /^ordering-/);
  });

  it('commits what one utility submits, and every organisation reads it', async () => {
    await put(alabama, 'session-1', 'opened');
    await network.settled();
    for (const reader of [alabama, duke, auditor]) assert.equal(await get(reader, 'session-1'), 'opened');
  });

  it("runs each utility's code as that utility and sees the caller's role attribute", async () => {
    const seen: unknown = JSON.parse(text(await duke.probe.evaluateTransaction('whoami')));
    assert.deepEqual(seen, { executedBy: DUKE, caller: DUKE, role: 'aaa' });
  });

  it('marks a transaction invalid that one utility alone endorsed', async () => {
    const proposal = alabama.probe.newProposal('put', {
      arguments: ['alone', '1'],
      endorsingOrganizations: [ALABAMA],
    });
    const commit = await (await proposal.endorse()).submit();
    const { code, successful } = await commit.getStatus();
    assert.deepEqual([successful, code], [false, StatusCode.ENDORSEMENT_POLICY_FAILURE]);
    await assert.rejects(get(alabama, 'alone'), refusedWith(/NOT_FOUND/));
  });

  it('lets an auditor read and refuses whatever it submits', async () => {
    assert.equal(await get(auditor, 'session-1'), 'opened');
    await assert.rejects(
      put(auditor, 'session-1', 'forged'),
      refusedWith(/FORBIDDEN|permission denied|not authorized|policy/i),
    );
    assert.equal(await get(duke, 'session-1'), 'opened');
  });

  it('admits a third utility while it runs, whose endorsement then counts', async () => {
    const added = nextUtility((await requireState(network.paths)).consortium);
    const { consortium, chaincode } = await addUtility(added, { paths: network.paths });
    assert.deepEqual([consortium.utilities.length, chaincode.definitions[0]?.sequence], [3, 2]);
    const georgia = await network.client(GEORGIA, 'operator');
    assert.equal(await eventually(() => get(georgia, 'session-1')), 'opened');
    const endorsed = georgia.probe.newProposal('put', {
      arguments: ['session-2', 'by Georgia'],
      endorsingOrganizations: [GEORGIA, DUKE],
    });
    const { successful } = await (await (await eventually(() => endorsed.endorse())).submit()).getStatus();
    assert.equal(successful, true);
    await network.settled();
    assert.equal(await get(alabama, 'session-2'), 'by Georgia');
  });

  it("lays a bilateral body into the two parties' collections, and a third peer holds its hash only", async () => {
    const body = JSON.stringify({ price: '250000', salt: 'a1b2c3d4e5f60718' });
    await alabama.probe.submit('share', {
      arguments: ['agreement-1', `${ALABAMA},${DUKE}`],
      transientData: { body },
      endorsingOrganizations: [ALABAMA, DUKE],
    });
    await network.settled();
    const at = async (
      client: LedgerClient,
      method: string,
      owner: string,
      executor: string,
    ): Promise<string> =>
      text(
        await client.probe.evaluate(method, {
          arguments: ['agreement-1', owner],
          endorsingOrganizations: [executor],
        }),
      );
    assert.equal(await at(alabama, 'readShared', ALABAMA, ALABAMA), body);
    assert.equal(await at(duke, 'readShared', DUKE, DUKE), body);
    const georgia = await network.client(GEORGIA, 'operator');
    await assert.rejects(
      at(georgia, 'readShared', ALABAMA, GEORGIA),
      refusedWith(/private data|collection/i),
    );
    const hash = createHash('sha256').update(body).digest('hex');
    assert.equal(await at(georgia, 'sharedHash', DUKE, GEORGIA), hash);
  });

  it('marks a bilateral body invalid that one of its parties alone endorsed', async () => {
    const proposal = alabama.probe.newProposal('share', {
      arguments: ['agreement-2', `${ALABAMA},${DUKE}`],
      transientData: { body: 'one-sided' },
      endorsingOrganizations: [ALABAMA],
    });
    const { code } = await (await (await proposal.endorse()).submit()).getStatus();
    assert.equal(code, StatusCode.ENDORSEMENT_POLICY_FAILURE);
  });

  it('stays final with an orderer killed, and the orderer catches up', async () => {
    const { leader } = await status({ paths: network.paths });
    assert.ok(leader);
    await stopOne(leader, { paths: network.paths }, 'kill');
    await eventually(() => put(duke, 'session-3', 'without a leader'));
    await startOne(leader, { paths: network.paths });
    await put(alabama, 'session-4', 'with all');
    await network.settled();
    assert.equal((await status({ paths: network.paths })).healthy, true);
  });

  it('stays final with one chaincode process and one peer killed', async () => {
    await stopOne('chaincode-georgia-power', { paths: network.paths }, 'kill');
    await eventually(() => put(duke, 'session-5', 'without the chaincode of Georgia'));
    await stopOne('peer-georgia-power', { paths: network.paths }, 'kill');
    await eventually(() => put(duke, 'session-6', 'without the peer of Georgia'));
    await startOne('peer-georgia-power', { paths: network.paths });
    await startOne('chaincode-georgia-power', { paths: network.paths });
    await network.settled();
    const georgia = await network.client(GEORGIA, 'operator');
    assert.equal(await eventually(() => get(georgia, 'session-6')), 'without the peer of Georgia');
  });

  it('restarts one node and names those it has when asked for another', async () => {
    const before = await status({ paths: network.paths });
    await restartOne('peer-duke-energy', { paths: network.paths });
    const after = await status({ paths: network.paths });
    const pid = ({ nodes }: typeof before): number | undefined =>
      nodes.find(({ id }) => id === 'peer-duke-energy')?.pid;
    assert.notEqual(pid(after), pid(before));
    assert.equal(after.healthy, true);
    await assert.rejects(
      restartOne('peer-nobody', { paths: network.paths }),
      (error) =>
        error instanceof NativeNetworkError &&
        error.code === 'NO_SUCH_NODE' &&
        /peer-auditor/.test(error.message),
    );
  });

  it('replaces the chaincode while it runs, and the records stay', async () => {
    const { chaincode } = await upgradeChaincode({
      paths: network.paths,
      chaincode: PROBE_CHAINCODE,
      version: '2.0',
    });
    assert.deepEqual([chaincode.version, chaincode.definitions[0]?.sequence], ['2.0', 3]);
    await eventually(() => put(alabama, 'session-7', 'by version 2'));
    assert.equal(await eventually(() => get(duke, 'session-1')), 'opened');
  });

  it('goes on from its ledger after all of it was stopped, and is gone after it was taken down', async () => {
    const { paths } = network;
    const height = await network.settled();
    assert.equal(await down({ paths, keep: true }), true);
    const saved = await readState(paths);
    assert.ok(saved);
    const again = {
      paths,
      chaincode: PROBE_CHAINCODE,
      basePort: saved.basePort,
      consortium: saved.consortium,
    };
    await up(again);
    await up(again);
    assert.equal(await network.settled(), height);
    const client = await network.client(DUKE, 'station');
    assert.equal(await eventually(() => get(client, 'session-7')), 'by version 2');
    assert.equal(await down({ paths }), true);
    assert.equal(existsSync(paths.root), false);
    assert.equal(await down({ paths }), false);
  });
});
