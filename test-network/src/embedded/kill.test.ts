import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, hash } from '@hyperledger/fabric-gateway';
import type { Contract, Gateway } from '@hyperledger/fabric-gateway';
import { startChaincodeProcess } from './chaincode/process.ts';
import type { ChaincodeProcess } from './chaincode/process.ts';
import type { EmbeddedConfig } from './config.ts';
import { readUser } from './identity/material.ts';
import { SigningIdentity } from './identity/msp.ts';
import { newNodeSigner } from './identity/node-signer.ts';
import { ChannelLedger } from './ledger/ledger.ts';
import { verifyChain } from './ledger/verify-chain.ts';
import { startEmbeddedProcess } from './process.ts';
import type { PeerEndpoint } from './start.ts';

const ROUNDS = Number(process.env['ROAMGRID_KILL_ROUNDS'] ?? '10');
const MSPS = ['AlphaMSP', 'BravoMSP'];
const WORKERS = 24;
/** One round in this many is killed while it starts, before it serves anything. */
const EARLY_KILL_EVERY = 5;

interface Acknowledged {
  readonly txId: string;
  readonly key: string;
  readonly isPrivate: boolean;
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function openGateway(stateDir: string, { mspId, address, tlsRootCertPem }: PeerEndpoint) {
  const user = await readUser(stateDir, mspId, 'User1');
  const client = new Client(address, credentials.createSsl(Buffer.from(tlsRootCertPem)));
  const gateway: Gateway = connect({
    client,
    identity: { mspId, credentials: Buffer.from(user.certificatePem) },
    signer: newNodeSigner(user.privateKeyPem),
    hash: hash.none,
  });
  const close = (): void => {
    gateway.close();
    client.close();
  };
  return { contract: gateway.getNetwork('roamgrid').getContract('conformance'), close };
}

/** Submits until `stopped` says so, and notes every transaction that the peer called VALID. */
async function load(
  contract: Contract,
  round: number,
  stopped: () => boolean,
  acknowledged: Acknowledged[],
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (!stopped()) {
      const index = next;
      next += 1;
      const isPrivate = index % 4 === 0;
      const key = `round-${round}-${index}`;
      try {
        const submitted = isPrivate
          ? await contract.submitAsync('putPrivate', { arguments: ['shared', key, key] })
          : await contract.submitAsync('readWrite', {
              arguments: [JSON.stringify([key]), JSON.stringify([[key, key]])],
            });
        const status = await submitted.getStatus();
        if (status.successful) acknowledged.push({ txId: status.transactionId, key, isPrivate });
      } catch {
        // The peer was killed under the call: nothing was acknowledged.
        await delay(5);
      }
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

describe(`embedded peer killed ${ROUNDS} times under load`, function () {
  this.timeout(20_000 + ROUNDS * 10_000);
  let stateDir = '';
  let chaincodes: ChaincodeProcess[] = [];
  let config: EmbeddedConfig;

  before(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'kill-'));
    const path = join(import.meta.dirname, '..', 'conformance', 'chaincode', 'main.ts');
    chaincodes = await Promise.all(
      MSPS.map((mspId) => startChaincodeProcess({ path, mspId, ccid: 'conformance:1' })),
    );
    const endpoints = Object.fromEntries(
      MSPS.map((mspId, index) => [mspId, chaincodes[index]?.address ?? '']),
    );
    const collections = [{ name: 'shared', policy: "OR('AlphaMSP.member', 'BravoMSP.member')" }];
    config = {
      stateDir,
      organizations: MSPS.map((mspId) => ({ mspId })),
      chaincodes: [{ name: 'conformance', version: '1', endpoints, collections }],
      batch: { timeoutMs: 5 },
    };
  });

  after(async () => {
    await Promise.all(chaincodes.map((each) => each.stop()));
    await rm(stateDir, { recursive: true, force: true });
  });

  it('restarts each time with a chain that verifies and loses no transaction that it called valid', async () => {
    const acknowledged: Acknowledged[] = [];
    const channelDir = join(stateDir, 'channels', 'roamgrid');
    let roundsWithLoad = 0;
    for (let round = 1; round <= ROUNDS; round += 1) {
      if (round > 1 && round % EARLY_KILL_EVERY === 0) {
        const started = startEmbeddedProcess(config, (pid) => {
          setTimeout(() => process.kill(pid, 'SIGKILL'), 200 + Math.random() * 400);
        });
        // It may still win the race and come up; then it is gone a moment later.
        await started.catch(() => undefined);
        await delay(400);
      } else {
        const network = await startEmbeddedProcess(config);
        const [endpoint] = network.organizations;
        assert.ok(endpoint);
        const { contract, close } = await openGateway(stateDir, endpoint);
        const before = acknowledged.length;
        let stopped = false;
        const loading = load(contract, round, () => stopped, acknowledged);
        while (acknowledged.length === before) await delay(1);
        await delay(Math.random() * 300);
        await network.kill('SIGKILL');
        stopped = true;
        close();
        await loading;
        roundsWithLoad += 1;
      }
      const { certificatePem, privateKeyPem } = await readUser(stateDir, 'AlphaMSP', 'User1');
      const signer = new SigningIdentity('AlphaMSP', { certificatePem, privateKeyPem });
      const ledger = await ChannelLedger.open(channelDir, MSPS, signer, () => () => 0);
      await ledger.close();
      const valid = new Set<string>();
      const report = await verifyChain(channelDir, {
        onValid: (txId) => valid.add(txId),
        // Signatures do not change from round to round: the last look covers all of them.
        signatures: round === ROUNDS,
      });
      assert.deepEqual(report.problems, [], `round ${round}`);
      const lost = acknowledged.filter(({ txId }) => !valid.has(txId));
      assert.deepEqual(lost, [], `round ${round}`);
    }
    assert.ok(acknowledged.length >= roundsWithLoad, `${acknowledged.length} transactions were acknowledged`);
    await requireValues(acknowledged);
  });

  async function requireValues(acknowledged: readonly Acknowledged[]): Promise<void> {
    const network = await startEmbeddedProcess(config);
    try {
      for (const endpoint of network.organizations) {
        const { contract, close } = await openGateway(stateDir, endpoint);
        for (const { key, isPrivate } of acknowledged.slice(-400)) {
          const value = isPrivate
            ? await contract.evaluateTransaction('getPrivate', 'shared', key)
            : await contract.evaluateTransaction('get', key);
          assert.equal(JSON.parse(Buffer.from(value).toString()), key, `${endpoint.mspId} has ${key}`);
        }
        close();
      }
    } finally {
      await network.kill('SIGTERM');
    }
  }
});
