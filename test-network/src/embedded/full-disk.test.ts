import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectUser } from '../conformance/embedded-ledger.ts';
import { startChaincodeProcess, type ChaincodeProcess } from './chaincode/process.ts';
import type { EmbeddedConfig } from './config.ts';
import { readUser } from './identity/material.ts';
import { verifyChain } from './ledger/verify-chain.ts';
import { startEmbeddedProcess, type EmbeddedProcess } from './process.ts';

const MSP = 'OnlyMSP';
const TAKEN = 5;
/** Beyond the header of the next block and less than its whole: it is cut short. */
const ROOM_BYTES = 300;
const MOST = 50;

/** A limit on the size of its files (`EFBIG`) stands for a full disk (`ENOSPC`): both refuse the bytes of the next block. */
if (process.platform === 'linux')
  describe('an embedded peer whose disk takes no more', function () {
    this.timeout(120_000);
    let stateDir: string;
    let chaincode: ChaincodeProcess;
    let config: EmbeddedConfig;
    const taken: string[] = [];

    /** Writes a value; true when the peer says that it is committed. */
    const submit = async (peer: EmbeddedProcess, key: string): Promise<boolean> => {
      const [endpoint] = peer.organizations;
      assert.ok(endpoint);
      const network = { endpoint: () => endpoint, user: () => readUser(stateDir, MSP, 'User1') };
      const session = await connectUser(network, MSP, 'User1');
      try {
        const contract = session.gateway.getNetwork('roamgrid').getContract('conformance');
        const submitted = await contract.submitAsync('readWrite', {
          arguments: [JSON.stringify([key]), JSON.stringify([[key, key]])],
        });
        const { successful, transactionId } = await submitted.getStatus();
        if (successful) taken.push(transactionId);
        return successful;
      } catch {
        return false;
      } finally {
        session.close();
      }
    };

    before(async () => {
      stateDir = await mkdtemp(join(tmpdir(), 'peer-disk-'));
      const path = join(import.meta.dirname, '..', 'conformance', 'chaincode', 'main.ts');
      chaincode = await startChaincodeProcess({ path, mspId: MSP, ccid: 'conformance:1' });
      config = {
        stateDir,
        organizations: [{ mspId: MSP }],
        chaincodes: [{ name: 'conformance', version: '1', endpoints: { [MSP]: chaincode.address } }],
        batch: { timeoutMs: 5 },
      };
    });
    after(async () => {
      await chaincode.stop();
      await rm(stateDir, { recursive: true, force: true });
    });

    it('ends with the reason instead of going on without its blocks, loses none that it called valid, and goes on when there is room', async () => {
      const channel = join(stateDir, 'channels', 'roamgrid');
      const peer = await startEmbeddedProcess(config);
      for (let each = 1; each <= TAKEN; each += 1) assert.ok(await submit(peer, `before-${each}`));
      const { size } = await stat(join(channel, 'blocks.dat'));
      await promisify(execFile)('prlimit', ['--pid', peer.pid.toString(), `--fsize=${size + ROOM_BYTES}:`]);
      let tries = 0;
      while (tries < MOST && (await submit(peer, `full-${tries}`))) tries += 1;
      assert.ok(tries < MOST, 'the disk never was full');
      assert.match(await peer.ended, /EFBIG|File too large/i);

      const again = await startEmbeddedProcess(config);
      try {
        assert.ok(await submit(again, 'after'));
      } finally {
        await again.kill('SIGTERM');
      }
      const valid = new Set<string>();
      const report = await verifyChain(channel, { onValid: (txId) => valid.add(txId) });
      assert.deepEqual(report.problems, []);
      assert.deepEqual(
        taken.filter((txId) => !valid.has(txId)),
        [],
        'was called valid and is lost',
      );
    });
  });
