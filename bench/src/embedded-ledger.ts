/**
 * Measures the embedded development peer: start time, and transactions with two reads and two writes each, endorsed,
 * ordered, committed and their status read by the client. Peer, chaincode and client are processes of their own.
 * Run: `node --max-semi-space-size=64 --v8-pool-size=1 --import tsx bench/src/embedded-ledger.ts [--transactions N] [--in-flight N] [--organizations N] [--endorsers N]
 * [--confirm events|status]`.
 */
import { credentials, Client } from '@grpc/grpc-js';
import { connect, hash } from '@hyperledger/fabric-gateway';
import type { Contract, Network, SubmittedTransaction } from '@hyperledger/fabric-gateway';
import {
  newNodeSigner,
  readUser,
  startChaincodeProcess,
  startEmbeddedProcess,
  verifyChain,
} from '@roamgrid/test-network';
import type { EmbeddedProcess } from '@roamgrid/test-network';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const CLOCK_TICKS_PER_SECOND = 100;
const { values: options } = parseArgs({
  options: {
    transactions: { type: 'string', default: '10000' },
    'in-flight': { type: 'string', default: '256' },
    organizations: { type: 'string', default: '1' },
    endorsers: { type: 'string', default: '1' },
    'batch-timeout': { type: 'string', default: '20' },
    confirm: { type: 'string', default: 'events' },
    help: { type: 'boolean', default: false },
  },
});

/** CPU seconds that a process has used; 0 where there is no /proc. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / CLOCK_TICKS_PER_SECOND;
}

function percentile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return Math.round(value * 10) / 10;
}

/** Learns what became of transactions: from filtered block events, or by asking for each one's commit status. */
type Confirm = (transaction: SubmittedTransaction) => Promise<number>;

const byStatus: Confirm = async (transaction) => {
  const status = await transaction.getStatus();
  return status.code;
};

/** Follows the filtered blocks from now on. */
async function byEvents(network: Network): Promise<{ confirm: Confirm; close: () => void }> {
  const codes = new Map<string, number>();
  const waiting = new Map<string, (code: number) => void>();
  const blocks = await network.getFilteredBlockEvents();
  const follow = async (): Promise<void> => {
    for await (const block of blocks) {
      for (const transaction of block.getFilteredTransactionsList()) {
        const txId = transaction.getTxid();
        const resolve = waiting.get(txId);
        waiting.delete(txId);
        if (resolve === undefined) codes.set(txId, transaction.getTxValidationCode());
        else resolve(transaction.getTxValidationCode());
      }
    }
  };
  void follow().catch(() => undefined);
  const confirm: Confirm = (transaction) => {
    const txId = transaction.getTransactionId();
    const known = codes.get(txId);
    codes.delete(txId);
    return known === undefined
      ? new Promise((resolve) => waiting.set(txId, resolve))
      : Promise.resolve(known);
  };
  return {
    confirm,
    close: () => {
      blocks.close();
    },
  };
}

/** Runs `total` transactions, `inFlight` at a time, each on keys of its own; returns the latencies in ms. */
async function load(
  contract: Contract,
  confirm: Confirm,
  run: string,
  total: number,
  inFlight: number,
): Promise<number[]> {
  const latencies: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < total) {
      const id = `${run}-${next}`;
      next += 1;
      const reads = JSON.stringify([`${id}-a`, `${id}-b`]);
      const value = id.padEnd(300, '.');
      const writes = JSON.stringify([
        [`${id}-a`, value],
        [`${id}-b`, value],
      ]);
      const startedMs = performance.now();
      const submitted = await contract.submitAsync('readWrite', { arguments: [reads, writes] });
      const code = await confirm(submitted);
      if (code !== 0) throw new Error(`transaction ${submitted.getTransactionId()} ended with code ${code}`);
      latencies.push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return latencies;
}

async function startNetwork(
  stateDir: string,
  mspIds: readonly string[],
  addresses: readonly string[],
): Promise<EmbeddedProcess> {
  const endorsers = Number(options.endorsers);
  const peers = mspIds.map((mspId) => `'${mspId}.peer'`).join(', ');
  return startEmbeddedProcess({
    stateDir,
    organizations: mspIds.map((mspId) => ({ mspId })),
    chaincodes: [
      {
        name: 'bench',
        version: '1',
        endpoints: Object.fromEntries(mspIds.map((mspId, index) => [mspId, addresses[index] ?? ''])),
        endorsementPolicy: `OutOf(${endorsers}, ${peers})`,
      },
    ],
    batch: { timeoutMs: Number(options['batch-timeout']) },
  });
}

async function measure(): Promise<Record<string, unknown>> {
  const stateDir = await mkdtemp(join(tmpdir(), 'bench-ledger-'));
  const mspIds = Array.from({ length: Number(options.organizations) }, (_, index) => `Org${index + 1}MSP`);
  const path = fileURLToPath(import.meta.resolve('@roamgrid/test-network/conformance-chaincode'));
  const chaincodes = await Promise.all(
    mspIds.map((mspId) => startChaincodeProcess({ path, mspId, ccid: 'bench:1' })),
  );
  const addresses = chaincodes.map(({ address }) => address);
  try {
    const first = await startNetwork(stateDir, mspIds, addresses);
    await first.kill('SIGTERM');
    const network = await startNetwork(stateDir, mspIds, addresses);
    const [endpoint] = network.organizations;
    if (endpoint === undefined) throw new Error('the network has no organisation');
    const user = await readUser(stateDir, endpoint.mspId, 'User1');
    const client = new Client(endpoint.address, credentials.createSsl(Buffer.from(endpoint.tlsRootCertPem)));
    const gateway = connect({
      client,
      identity: { mspId: user.mspId, credentials: Buffer.from(user.certificatePem) },
      signer: newNodeSigner(user.privateKeyPem),
      hash: hash.none,
    });
    const channel = gateway.getNetwork(network.channel);
    const contract = channel.getContract('bench');
    const { confirm, close } =
      options.confirm === 'events' ? await byEvents(channel) : { confirm: byStatus, close: () => undefined };
    const total = Number(options.transactions);
    const inFlight = Number(options['in-flight']);
    await load(contract, confirm, 'warm', Math.min(2000, total), inFlight);
    const pids = [network.pid, ...chaincodes.map(({ pid }) => pid)];
    const cpuBefore = await Promise.all([process.pid, ...pids].map(cpuSeconds));
    const startedMs = performance.now();
    const latencies = (await load(contract, confirm, 'run', total, inFlight)).sort((a, b) => a - b);
    const seconds = (performance.now() - startedMs) / 1000;
    const cpuAfter = await Promise.all([process.pid, ...pids].map(cpuSeconds));
    const [clientCpu = 0, peerCpu = 0, ...chaincodeCpu] = cpuAfter.map(
      (after, index) => after - (cpuBefore[index] ?? 0),
    );
    const perTransaction = (cpu: number): number => Math.round((cpu / total) * 1e6) / 1e3;
    close();
    gateway.close();
    client.close();
    await network.kill('SIGTERM');
    const chain = await verifyChain(join(stateDir, 'channels', network.channel));
    return {
      cores: cpus().length,
      organizations: mspIds.length,
      endorsers: Number(options.endorsers),
      firstStartMs: first.readyAfterMs,
      startMs: network.readyAfterMs,
      startWithoutProcessMs: network.startedInMs,
      transactions: total,
      inFlight,
      confirmedBy: options.confirm,
      transactionsPerSecond: Math.round(total / seconds),
      latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
      cpuMsPerTransaction: {
        client: perTransaction(clientCpu),
        peer: perTransaction(peerCpu),
        chaincodes: perTransaction(chaincodeCpu.reduce((sum, each) => sum + each, 0)),
      },
      chain: { verified: chain.verified, blocks: chain.blocks, valid: chain.valid },
    };
  } finally {
    await Promise.all(chaincodes.map((each) => each.stop()));
    await rm(stateDir, { recursive: true, force: true });
  }
}

if (options.help) {
  process.stdout.write(
    'Options: --transactions --in-flight --organizations --endorsers --batch-timeout (ms) --confirm (events|status)\n',
  );
} else {
  process.stdout.write(`${JSON.stringify(await measure(), null, 2)}\n`);
}
