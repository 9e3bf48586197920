import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulatedNode, type SimulatedNode } from '@roamgrid/chain-simulator';
import {
  connectChain,
  creationOf,
  deployUnsigned,
  readBalance,
  tokenCall,
  type Connection,
} from '@roamgrid/escrow';
import { createLogger } from '@roamgrid/service-kit';
import type { PaymentRecord } from '@roamgrid/wire';
import { due, MemoryLedger, OWED } from '../testing/memory-ledger.ts';
import { openOwnChain, type OwnChain } from './chain.ts';
import { tokenConfig } from './config.ts';
import { createNetPayments } from './net-payments.ts';

const CHAIN_ID = 31_339n;
const DEPTH = 3;
const PATIENCE_MS = 30_000;
/** A token with six decimals: a base unit is a micro. */
const DECIMALS = 6;
const MEMBERS = ['USALP', 'USDUK'] as const;

describe('payments of a netting by token', function () {
  this.timeout(60_000);
  let node: SimulatedNode;
  let chain: Connection;
  let folder: string;
  let funder: string;
  let token: string;
  let world: MemoryLedger;
  let rounds: Readonly<Record<(typeof MEMBERS)[number], () => Promise<void>>>;
  const own = new Map<string, OwnChain>();
  const addressOf = (utilityId: string) => own.get(utilityId)?.sender.address ?? '';

  const send = (from: string, to: string, data: string) =>
    chain.ask('eth_sendTransaction', [{ from, to, data, gas: '0x7a1200' }]);
  const mine = (blocks: number) => chain.ask('anvil_mine', [`0x${blocks.toString(16)}`]);
  /** Both look, and blocks come, until a payment is so. */
  const until = async (paymentId: string, state: string): Promise<PaymentRecord> => {
    for (let turns = 0; turns < 40; turns += 1) {
      for (const member of MEMBERS) await rounds[member]();
      if (world.of(paymentId).state === state) return world.of(paymentId);
      await mine(1);
    }
    return assert.fail(`${paymentId} is ${world.of(paymentId).state}, not ${state}`);
  };

  /** The payer looks, and blocks come, until it has so much. */
  const backAt = async (amount: bigint): Promise<void> => {
    for (let turns = 0; turns < 40; turns += 1) {
      if ((await readBalance(chain, token, addressOf('USALP'))) === amount) return;
      await mine(1);
      await rounds.USALP();
    }
    assert.fail(`the payer does not have ${amount}`);
  };

  const settingsOf = (utilityId: string, escrow: string) =>
    tokenConfig.parse({
      url: node.url,
      chainId: CHAIN_ID.toString(),
      depth: DEPTH,
      escrow,
      token,
      currency: 'USD',
      accountKey: `0x${createHash('sha256').update(utilityId).digest('hex')}`,
      folder: join(folder, utilityId),
      feeCapPerGas: '100000000000',
    });
  const roundOf = (utilityId: (typeof MEMBERS)[number], escrow: string) => {
    const chainOf = own.get(utilityId);
    assert.ok(chainOf);
    return createNetPayments({
      utilityId,
      settings: settingsOf(utilityId, escrow),
      netting: {
        escrow,
        members: Object.fromEntries(MEMBERS.map((member) => [member, addressOf(member).toLowerCase()])),
        confirmWithinDays: 2,
      },
      own: chainOf,
      ledger: world.ledger,
      nowMs: Date.now,
      log: createLogger('net', { level: 'silent' }),
    });
  };

  before(async () => {
    node = await startSimulatedNode({ chainId: CHAIN_ID, hardfork: 'shanghai' });
    chain = connectChain({ url: node.url, chainId: CHAIN_ID, requestMs: PATIENCE_MS });
    [funder = ''] = (await chain.ask('eth_accounts', [])) as string[];
    const escrow = await deployUnsigned(chain, funder, creationOf('NettingEscrow'), PATIENCE_MS);
    token = await deployUnsigned(
      chain,
      funder,
      creationOf('TestToken', ['Dollar', 'USD', DECIMALS]),
      PATIENCE_MS,
    );
    folder = mkdtempSync(join(tmpdir(), 'roamgrid-net-'));
    world = new MemoryLedger();
    for (const member of MEMBERS) own.set(member, openOwnChain(settingsOf(member, escrow)));
    rounds = { USALP: roundOf('USALP', escrow), USDUK: roundOf('USDUK', escrow) };
    for (const member of MEMBERS)
      await chain.ask('anvil_setBalance', [addressOf(member), '0xde0b6b3a7640000']);
    await send(funder, token, tokenCall.mint(addressOf('USALP'), 10n * OWED));
  });
  beforeEach(() => {
    world.payments.clear();
  });
  after(async () => {
    for (const each of own.values()) each.close();
    chain.close();
    await node.stop();
    rmSync(folder, { recursive: true });
  });

  it('are deposited, bound and confirmed; both say the block and its depth, and the payee has the money', async () => {
    const before = await readBalance(chain, token, addressOf('USDUK'));
    world.owe('p-1');
    const { sent, receipts } = await until('p-1', 'confirmed');
    const [said, ...more] = sent;
    const [came] = receipts;
    assert.deepEqual(more, []);
    assert.ok(said?.kind === 'token' && came?.of.kind === 'token');
    assert.deepEqual(came.of.sent, { transactionHash: said.transactionHash, blockHash: said.blockHash });
    assert.ok(said.depth >= DEPTH && came.of.depth >= DEPTH);
    assert.equal(came.amountMicros, OWED);
    assert.equal(await readBalance(chain, token, addressOf('USDUK')), before + OWED);
    // However often they look, nothing is told or paid again.
    await rounds.USALP();
    await rounds.USDUK();
    assert.deepEqual([world.of('p-1').sent.length, world.of('p-1').receipts.length], [1, 1]);
    assert.equal(await readBalance(chain, token, addressOf('USDUK')), before + OWED);
  });

  it('are taken back when the chain takes them back, and confirmed again in the block that has them then', async () => {
    world.owe('p-2');
    const branch = await chain.ask('evm_snapshot', []);
    const first = await until('p-2', 'confirmed');
    await chain.ask('evm_revert', [branch]);
    await mine(DEPTH);
    await until('p-2', 'reversed');
    const second = await until('p-2', 'confirmed');
    assert.deepEqual(
      second.receipts.map(({ state }) => state),
      ['reversed', 'counted'],
    );
    const blocks = [first, second].map(({ receipts }) => receipts.at(-1)?.of);
    assert.ok(blocks[0]?.kind === 'token' && blocks[1]?.kind === 'token');
    assert.notEqual(blocks[0].blockHash, blocks[1].blockHash);
  });

  it('count for nothing when what the payer names is no such payment', async () => {
    world.owe('p-3');
    const hash = (await send(funder, token, tokenCall.mint(funder, 1n))) as string;
    // The node answers before it has mined it.
    await mine(DEPTH);
    const { blockHash } = (await chain.ask('eth_getTransactionReceipt', [hash])) as { blockHash: string };
    const lie = { kind: 'token' as const, chainId: CHAIN_ID.toString(), transactionHash: hash, blockHash };
    world.payments.set('p-3', { ...due('p-3'), state: 'sent', sent: [{ ...lie, depth: DEPTH }] });
    await assert.rejects(rounds.USDUK(), (thrown: Error) => /NOT_AS_SAID/.test(String(thrown.cause)));
    assert.equal(world.of('p-3').receipts.length, 0);
    // And the payer pays nothing by token that was sent otherwise.
    await rounds.USALP();
    assert.equal(own.get('USALP')?.sender.told('net-pay:p-3'), undefined);
  });

  it('are the payer’s again when the payee does not confirm in time', async () => {
    const before = await readBalance(chain, token, addressOf('USALP'));
    world.owe('p-4');
    while (world.of('p-4').state !== 'sent') {
      await rounds.USALP();
      await mine(1);
    }
    assert.equal(await readBalance(chain, token, addressOf('USALP')), before - OWED);
    await chain.ask('evm_increaseTime', [3 * 86_400]);
    await backAt(before);
    assert.equal(await readBalance(chain, token, addressOf('USALP')), before);
    await assert.rejects(rounds.USDUK(), (thrown: Error) => /REVERTED/.test(String(thrown.cause)));

    // It is still owed: bound anew, said anew, and the payee has it this time.
    const had = await readBalance(chain, token, addressOf('USDUK'));
    const first = world.of('p-4').sent.at(-1);
    while (world.of('p-4').sent.length < 2) {
      await rounds.USALP();
      await mine(1);
    }
    const { sent } = await until('p-4', 'confirmed');
    assert.notDeepEqual(sent.at(-1), first);
    assert.equal(await readBalance(chain, token, addressOf('USDUK')), had + OWED);
    assert.equal(await readBalance(chain, token, addressOf('USALP')), before - OWED);
  });

  it('are the payer’s again when the ledger drops them, bound or not', async () => {
    const before = await readBalance(chain, token, addressOf('USALP'));
    const told = (key: string) => own.get('USALP')?.sender.told(key)?.state;
    for (const [paymentId, last] of [
      ['p-5', 'net-pay:p-5'],
      ['p-6', 'net-deposit:p-6'],
    ] as const) {
      world.owe(paymentId);
      while (told(last) === undefined) {
        await rounds.USALP();
        await mine(1);
      }
    }
    // A recast lets fall away what nobody said to be begun.
    world.payments.clear();
    await mine(DEPTH);
    assert.equal(await readBalance(chain, token, addressOf('USALP')), before - 2n * OWED);
    await backAt(before - OWED);
    assert.equal(told('net-pay:p-6'), undefined);
    await chain.ask('evm_increaseTime', [3 * 86_400]);
    await backAt(before);
    await rounds.USALP();
    assert.equal(await readBalance(chain, token, addressOf('USALP')), before);
  });

  it('go on after one of their calls failed on the chain', async () => {
    const before = await readBalance(chain, token, addressOf('USDUK'));
    const told = () => own.get('USALP')?.sender.told('net-pay:p-7');
    world.owe('p-7');
    await chain.ask('evm_setAutomine', [false]);
    while (told() === undefined) {
      await rounds.USALP();
      if (told() === undefined) await mine(1);
    }
    // It waits so long for its block that its end is over.
    await chain.ask('evm_increaseTime', [3 * 86_400]);
    await mine(DEPTH);
    await chain.ask('evm_setAutomine', [true]);
    await assert.rejects(rounds.USALP(), (thrown: Error) => /REVERTED/.test(String(thrown.cause)));
    const { data } = told() ?? {};
    await until('p-7', 'confirmed');
    assert.notEqual(told()?.data, data);
    assert.equal(await readBalance(chain, token, addressOf('USDUK')), before + OWED);
  });

  it('take the payer’s leave for another escrow than before', async () => {
    const escrow = await deployUnsigned(chain, funder, creationOf('NettingEscrow'), PATIENCE_MS);
    rounds = { USALP: roundOf('USALP', escrow), USDUK: roundOf('USDUK', escrow) };
    world.owe('p-8');
    await until('p-8', 'confirmed');
  });
});
