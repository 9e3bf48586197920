import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programArguments } from '@roamgrid/service-kit/program';
import { connectUser } from '../conformance/embedded-ledger.ts';
import { startChaincodeProcess } from './chaincode/process.ts';
import type { ChaincodeProcess } from './chaincode/process.ts';
import type { ChaincodeConfig, EmbeddedConfig } from './config.ts';
import { verifyChain } from './ledger/verify-chain.ts';
import { startEmbedded } from './start.ts';
import type { EmbeddedNetwork } from './start.ts';

const MSP = 'OnlyMSP';

describe('starting the embedded peer', function () {
  this.timeout(30_000);
  let stateDir = '';
  let chaincode: ChaincodeProcess;
  const channelDir = (): string => join(stateDir, 'channels', 'roamgrid');

  before(async () => {
    const path = join(import.meta.dirname, '..', 'conformance', 'chaincode', 'main.ts');
    chaincode = await startChaincodeProcess({ path, mspId: MSP, ccid: 'conformance:1' });
  });
  after(() => chaincode.stop());
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'start-'));
  });
  afterEach(() => rm(stateDir, { recursive: true, force: true }));

  function config(changes: Partial<ChaincodeConfig> = {}): EmbeddedConfig {
    const endpoints = { [MSP]: chaincode.address };
    return {
      stateDir,
      organizations: [{ mspId: MSP }],
      chaincodes: [{ name: 'conformance', version: '1', endpoints, ...changes }],
      batch: { timeoutMs: 5 },
    };
  }

  async function within<T>(
    network: EmbeddedNetwork,
    use: (call: (name: string, ...args: string[]) => Promise<string>) => Promise<T>,
  ): Promise<T> {
    const session = await connectUser(network, MSP, 'User1');
    const contract = session.gateway.getNetwork('roamgrid').getContract('conformance');
    try {
      return await use(async (name, ...args) =>
        Buffer.from(
          name === 'put'
            ? await contract.submitTransaction(name, ...args)
            : await contract.evaluateTransaction(name, ...args),
        ).toString(),
      );
    } finally {
      session.close();
      await network.stop();
    }
  }

  it('keeps keys, chain and state from start to start, and the chain verifies', async () => {
    const first = await startEmbedded(config());
    const key = (await first.user(MSP, 'User1')).privateKeyPem;
    await within(first, (call) => call('put', 'k', 'kept'));
    const second = await startEmbedded(config());
    assert.equal((await second.user(MSP, 'User1')).privateKeyPem, key);
    assert.equal(second.height(), 3, 'configuration, definition, one transaction');
    await within(second, async (call) => {
      assert.equal(await call('get', 'k'), '"kept"');
    });
    const report = await verifyChain(channelDir());
    assert.deepEqual([report.verified, report.blocks, report.valid, report.problems], [true, 3, 3, []]);
  });

  it('builds the state anew from the blocks when the database is gone', async () => {
    await within(await startEmbedded(config()), async (call) => {
      for (const value of ['1', '2', '3']) await call('put', 'k', value);
    });
    await rm(join(channelDir(), 'state'), { recursive: true });
    await within(await startEmbedded(config()), async (call) => {
      assert.equal(await call('get', 'k'), '"3"');
      assert.equal((JSON.parse(await call('history', 'k')) as unknown[]).length, 3);
    });
    assert.equal((await verifyChain(channelDir())).verified, true);
  });

  it('finds every changed byte of the block file, by checksum or by hash', async () => {
    await within(await startEmbedded(config()), (call) => call('put', 'key-of-block', 'value-of-block'));
    const path = join(channelDir(), 'blocks.dat');
    const whole = readFileSync(path);
    for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const bytes = Buffer.from(whole);
      const at = Math.floor(bytes.length * share);
      bytes[at] = (bytes[at] ?? 0) ^ 0x40;
      writeFileSync(path, bytes);
      assert.equal((await verifyChain(channelDir())).verified, false, `byte ${at}`);
    }
  });

  it('finds a state that the blocks did not make', async () => {
    await within(await startEmbedded(config()), (call) => call('put', 'k', 'true'));
    const { openLevel } = await import('./ledger/database.ts');
    const { stateKey } = await import('./ledger/keys.ts');
    const { encodeValue } = await import('./ledger/values.ts');
    const level = await openLevel(join(channelDir(), 'state'));
    await level.put(
      stateKey('conformance', 'k'),
      encodeValue(Buffer.from('false'), undefined, { block: 2, tx: 0 }),
    );
    await level.close();
    const report = await verifyChain(channelDir());
    assert.equal(report.verified, false);
    assert.match(report.problems.join(), /the state of .*k.* is not what the blocks made/);
  });

  it('refuses to go on when the block file was cut behind the state', async () => {
    await within(await startEmbedded(config()), (call) => call('put', 'k', 'v'));
    const path = join(channelDir(), 'blocks.dat');
    writeFileSync(path, readFileSync(path).subarray(0, 8));
    await assert.rejects(startEmbedded(config()), /the block file ends before it/);
  });

  it('refuses to start over a flipped bit in any block, says what to do, and changes nothing', async () => {
    await within(await startEmbedded(config()), async (call) => {
      for (let i = 0; i < 5; i += 1) await call('put', `k${i}`, 'v');
    });
    const path = join(channelDir(), 'blocks.dat');
    const whole = readFileSync(path);
    const start = 8;
    // The highest byte of the first block's length: the block would seem to reach beyond the end of the file.
    const cases: [number, RegExp][] = [
      [start, /BLOCKS_DAMAGED: .* Put a copy of the whole state folder/],
      [start + 500, /BLOCKS_DAMAGED/],
      // The last block's end looks like a record cut short, but the state has what it wrote.
      [whole.length - 1, /BLOCKS_CUT: .* Put a copy of the whole state folder/],
    ];
    for (const [at, refusal] of cases) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at);
      writeFileSync(path, bytes);
      await assert.rejects(startEmbedded(config()), refusal, `byte ${at}`);
      assert.ok(readFileSync(path).equals(bytes), `byte ${at}`);
    }
    writeFileSync(path, whole);
    assert.equal(statSync(path).mode & 0o077, 0, 'blocks are for their owner alone');
    assert.equal(statSync(channelDir()).mode & 0o077, 0);
    await within(await startEmbedded(config()), async (call) => {
      assert.equal(await call('get', 'k4'), '"v"');
    });
  });

  it('a new version, policy or collection is committed as a new definition, and an unchanged one is not', async () => {
    const heights: number[] = [];
    for (const changes of [
      {},
      {},
      { version: '2' },
      { version: '2', endorsementPolicy: `OR('${MSP}.peer')` },
    ]) {
      const network = await startEmbedded(config(changes));
      heights.push(network.height());
      await network.stop();
    }
    assert.deepEqual(heights, [2, 2, 3, 4]);
  });

  it('other organisations than the channel was made for are refused, with what to do', async () => {
    await (await startEmbedded(config())).stop();
    await assert.rejects(
      startEmbedded({ ...config(), organizations: [{ mspId: MSP }, { mspId: 'NewMSP' }] }),
      /was made for OnlyMSP, not for NewMSP, OnlyMSP.*another state folder/,
    );
  });

  it('a folder in use is refused, and one left by a process that is gone is not', async () => {
    const network = await startEmbedded(config());
    await assert.rejects(startEmbedded(config()), /is in use by process/);
    await network.stop();
    writeFileSync(join(stateDir, 'lock'), '999999999');
    await (await startEmbedded(config())).stop();
  });

  it('endorsed private data outlives a restart, so that its transaction can still be submitted', async () => {
    const collections = [{ name: 'shared', policy: `OR('${MSP}.member')` }];
    const first = await startEmbedded(config({ collections }));
    const session = await connectUser(first, MSP, 'User1');
    const contract = session.gateway.getNetwork('roamgrid').getContract('conformance');
    const held = await contract.newProposal('putPrivate', { arguments: ['shared', 'k', 'secret'] }).endorse();
    session.close();
    await first.stop();
    const second = await startEmbedded(config({ collections }));
    const later = await connectUser(second, MSP, 'User1');
    const status = await (await later.gateway.newTransaction(held.getBytes()).submit()).getStatus();
    assert.equal(status.successful, true);
    later.close();
    await within(second, async (call) => {
      assert.equal(await call('getPrivate', 'shared', 'k'), '"secret"');
    });
  });

  it('starts without waiting for the batch timeout', async () => {
    const startedMs = performance.now();
    const network = await startEmbedded({ ...config(), batch: { timeoutMs: 60_000 } });
    await network.stop();
    assert.ok(performance.now() - startedMs < 20_000);
  });

  it('a configuration that cannot work is refused with what is wrong', async () => {
    const cases: [Partial<EmbeddedConfig>, RegExp][] = [
      [{ organizations: [] }, /at least one organisation/],
      [{ organizations: [{ mspId: MSP }, { mspId: MSP }] }, /OnlyMSP is named twice/],
      [{ channel: 'Upper' }, /"Upper" cannot be the name of a channel/],
      [
        { chaincodes: [{ name: 'a\u0000b', version: '1', endpoints: {} }] },
        /cannot be the name of a chaincode/,
      ],
      [{ chaincodes: [{ name: 'qscc', version: '1', endpoints: {} }] }, /cannot be the name of a chaincode/],
      [
        { chaincodes: [{ name: 'cc', version: '1', endpoints: { OtherMSP: 'localhost:1' } }] },
        /OtherMSP, which is no/,
      ],
      [
        { chaincodes: [{ name: 'cc', version: '1', endpoints: { [MSP]: 'nowhere' } }] },
        /is not host:port: "nowhere"/,
      ],
      ...['10.0.0.1:7052', '127.0.0.1.example:7052', 'contracts:7052'].map(
        (address): [Partial<EmbeddedConfig>, RegExp] => [
          { chaincodes: [{ name: 'cc', version: '1', endpoints: { [MSP]: address } }] },
          /^Error: INSECURE: chaincode cc of OnlyMSP would be asked at .* without TLS/,
        ],
      ),
      [{ chaincodes: [{ name: 'cc', version: '', endpoints: {} }] }, /needs a version/],
    ];
    for (const [changes, reason] of cases)
      await assert.rejects(startEmbedded({ ...config(), ...changes }), reason);
  });

  it('a malformed policy or collection is refused before anything listens', async () => {
    await assert.rejects(
      startEmbedded(config({ endorsementPolicy: "AND('A.peer'" })),
      /policy "AND\('A.peer'"/,
    );
    await assert.rejects(
      startEmbedded(config({ collections: [{ name: 'a b', policy: `OR('${MSP}.member')` }] })),
      /cannot be the name of a collection/,
    );
  });

  it('the program tells its options, and fails with a reason when it cannot start', () => {
    const run = (...args: string[]): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [...programArguments(join(import.meta.dirname, 'main.ts')), ...args], {
        encoding: 'utf8',
        cwd: stateDir,
      });
    const help = run('--help');
    assert.equal(help.status, 0);
    for (const word of ['--config', '--state-dir', '--organization', 'verify', 'Not for production']) {
      assert.ok(String(help.stdout).includes(word), word);
    }
    const bare = run();
    assert.equal(bare.status, 1);
    assert.match(String(bare.stderr), /no organisations/);
    const nothing = run('verify', '--state-dir', stateDir);
    assert.equal(nothing.status, 1);
    assert.equal((JSON.parse(String(nothing.stdout)) as { verified: boolean }).verified, false);
  });
});
