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
import { paymentStateOf, type PaymentRecord } from '@roamgrid/wire';
import { openOwnChain, type OwnChain } from './chain.ts';
import { tokenConfig } from './config.ts';
import { createNetPayments } from './net-payments.ts';
import type { NetPaymentsContext } from './net-steps.ts';

const CHAIN_ID = 31_339n;
const DEPTH = 3;
const PATIENCE_MS = 30_000;
const OWED = 186_010_000n;
/** A token with six decimals: a base unit is a micro. */
const DECIMALS = 6;
const MEMBERS = ['USALP', 'USDUK'] as const;

const due = (paymentId: string): PaymentRecord => ({
  type: 'payment',
  version: 1,
  paymentId,
  nettingId: 'net-2026-07-1-USD',
  periodId: '2026-07',
  currency: 'USD',
  payer: 'USALP',
  payee: 'USDUK',
  amountMicros: OWED,
  dueAtMs: 0,
  state: 'due',
  sent: [],
  receipts: [],
});

/** What the ledger's contract makes of what both tell. */
class MemoryLedger {
  readonly payments = new Map<string, PaymentRecord>();

  owe(paymentId: string): void {
    this.payments.set(paymentId, due(paymentId));
  }

  of(paymentId: string): PaymentRecord {
    const found = this.payments.get(paymentId);
    assert.ok(found);
    return found;
  }

  readonly ledger: NetPaymentsContext['ledger'] = {
    ownPayments: () => Promise.resolve([...this.payments.values()]),
    tellPayment: (_verb, command) => {
      const before = this.of(command.paymentId);
      const next =
        'means' in command
          ? { ...before, sent: [...before.sent, command.means] }
          : 'receipt' in command
            ? { ...before, receipts: [...before.receipts, { ...command.receipt, state: 'counted' as const }] }
            : {
                ...before,
                receipts: before.receipts.map((each) =>
                  each.receiptId === command.receiptId ? { ...each, state: command.how } : each,
                ),
              };
      this.payments.set(command.paymentId, { ...next, state: paymentStateOf(next) });
      return Promise.resolve();
    },
  };
}

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
    const settingsOf = (utilityId: string) =>
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
    for (const member of MEMBERS) own.set(member, openOwnChain(settingsOf(member)));
    const netting = {
      escrow,
      members: Object.fromEntries(MEMBERS.map((member) => [member, addressOf(member).toLowerCase()])),
      confirmWithinDays: 2,
    };
    const roundOf = (utilityId: (typeof MEMBERS)[number]) => {
      const chainOf = own.get(utilityId);
      assert.ok(chainOf);
      return createNetPayments({
        utilityId,
        settings: settingsOf(utilityId),
        netting,
        own: chainOf,
        ledger: world.ledger,
        nowMs: Date.now,
        log: createLogger('net', { level: 'silent' }),
      });
    };
    rounds = { USALP: roundOf('USALP'), USDUK: roundOf('USDUK') };
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
    const { blockHash } = (await chain.ask('eth_getTransactionReceipt', [hash])) as { blockHash: string };
    await mine(DEPTH);
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
    for (let turns = 0; turns < 12; turns += 1) {
      await mine(1);
      await rounds.USALP();
    }
    assert.equal(await readBalance(chain, token, addressOf('USALP')), before);
    await assert.rejects(rounds.USDUK(), (thrown: Error) => /REVERTED/.test(String(thrown.cause)));
  });
});
