import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { id, Wallet } from 'ethers';
import { openStage, STAGE_CHAIN_ID, type Deployed, type Stage } from '../testing/stage.ts';
import { connectChain, type Connection } from './connection.ts';
import { checkAgain, finalReceipt } from './finality.ts';
import { createSender, type Sender, type SenderOptions } from './sender.ts';

const KEY = id('account of the sender’s tests');
const WALLET = new Wallet(KEY).address;
const PATIENCE_MS = 30_000;
const GWEI = 1_000_000_000n;
const DEPTH = 3;

describe('the sender of transactions', () => {
  let stage: Stage;
  let token: Deployed;
  let folder: string;
  let sender: Sender;
  let undo: () => Promise<void>;

  before(async () => {
    stage = await openStage();
    token = await stage.deploy('TestToken', ['Test dollar', 'TUSD', 6]);
    await stage.chain.ask('anvil_setBalance', [WALLET, '0x3635c9adc5dea00000']);
    await stage.chain.ask('anvil_impersonateAccount', [WALLET]);
  });
  after(() => stage.stop());
  beforeEach(async () => {
    undo = await stage.snapshot();
    folder = mkdtempSync(join(tmpdir(), 'roamgrid-sender-'));
    sender = open();
  });
  afterEach(async () => {
    sender.close();
    rmSync(folder, { recursive: true });
    await stage.chain.ask('evm_setAutomine', [true]);
    await undo();
  });

  const open = (changes: Partial<SenderOptions> = {}) =>
    createSender({
      chain: stage.chain,
      privateKey: KEY,
      folder,
      depth: DEPTH,
      feeCapPerGas: 100n * GWEI,
      gasCap: 1_000_000n,
      stuckAfterMs: PATIENCE_MS,
      pollMs: 5,
      ...changes,
    });
  const reopen = (changes: Partial<SenderOptions> = {}) => {
    sender.close();
    sender = open(changes);
  };
  /** Every mint that reaches the chain adds up, so one that was sent twice shows. */
  const mint = (key: string, amount = 7n) => ({
    key,
    to: token.address,
    data: token.interface.encodeFunctionData('mint', [WALLET, amount]),
  });
  const minted = async () => (await token.read('balanceOf', WALLET))[0];
  const mine = (blocks = 1) => stage.chain.ask('anvil_mine', [`0x${blocks.toString(16)}`]);
  const manually = () => stage.chain.ask('evm_setAutomine', [false]);
  interface Pooled {
    readonly hash: string;
    readonly maxFeePerGas: string;
  }
  const pool = async (): Promise<readonly Pooled[]> => {
    const { pending } = (await stage.chain.ask('txpool_content', [])) as {
      pending: Record<string, Record<string, Pooled>>;
    };
    return Object.values(pending).flatMap((of) => Object.values(of));
  };
  const until = async (holds: () => Promise<boolean>) => {
    while (!(await holds())) await delay(5);
  };
  const code = (expected: string) => ({ code: expected });

  it('sends once for a key, however often it is told, and refuses another call under it', async () => {
    await sender.send(mint('pay:1'));
    await Promise.all([sender.send(mint('pay:1')), sender.send(mint('pay:1')), sender.send(mint('pay:2'))]);
    await mine(DEPTH);
    const { depth, isSuccess, chainId } = await sender.settle('pay:1', PATIENCE_MS);
    assert.deepEqual([depth >= DEPTH, isSuccess, chainId], [true, true, STAGE_CHAIN_ID]);
    await sender.settle('pay:2', PATIENCE_MS);
    await sender.send(mint('pay:1'));
    assert.equal(await minted(), 14n);
    assert.deepEqual(sender.open(), []);
    await assert.rejects(sender.send(mint('pay:1', 8n)), code('INTENT_CONFLICT'));
    await assert.rejects(sender.settle('pay:3', 0), code('INTENT_UNKNOWN'));
  });

  it('sends nothing twice and loses nothing when it ends before or after any question to the chain', async () => {
    let asked = 0;
    let endsAt = Infinity;
    let afterAnswer = false;
    const mortal: Connection = {
      ...stage.chain,
      requireChain: async () => {
        await mortal.ask('eth_chainId', []);
      },
      async ask(method, params) {
        asked += 1;
        if (asked === endsAt && !afterAnswer) throw new Error('ended');
        const answer = await stage.chain.ask(method, params);
        if (asked === endsAt) throw new Error('ended');
        return answer;
      },
    };
    const pay = async (key: string) => {
      await sender.send(mint(key));
      await mine(DEPTH);
      await sender.settle(key, PATIENCE_MS);
    };
    reopen({ chain: mortal });
    await pay('whole');
    const questions = asked;
    assert.ok(questions > 8);
    let paid = 7n;
    for (afterAnswer of [false, true]) {
      for (let question = 1; question <= questions; question += 1) {
        const key = `${question} ${afterAnswer}`;
        asked = 0;
        endsAt = question;
        await assert.rejects(pay(key), /ended/);
        endsAt = Infinity;
        reopen({ chain: mortal });
        await pay(key);
        paid += 7n;
        assert.equal(await minted(), paid, `ended at question ${question}`);
      }
    }
  });

  it('goes on from a journal whose last line was cut off, and not from one that was altered', async () => {
    await sender.send(mint('pay:1'));
    sender.close();
    const [file = ''] = readdirSync(folder);
    appendFileSync(join(folder, file), '{"kind":"signed","key":"pay:2","no');
    sender = open();
    await sender.send(mint('pay:2'));
    await mine(DEPTH);
    await sender.settle('pay:1', PATIENCE_MS);
    await sender.settle('pay:2', PATIENCE_MS);
    assert.equal(await minted(), 14n);
    assert.throws(() => open(), code('JOURNAL_UNUSABLE'));
    sender.close();
    const kept = readFileSync(join(folder, file));
    appendFileSync(join(folder, file), '{"kind":"signed"}\n');
    assert.throws(() => open(), code('JOURNAL_UNUSABLE'));
    assert.ok(readFileSync(join(folder, file)).length > kept.length);
    rmSync(join(folder, file));
    sender = open();
  });

  it('replaces one that is stuck by the same call at a higher fee, which counts once', async () => {
    await manually();
    reopen({ stuckAfterMs: 1 });
    await sender.send(mint('pay:1'));
    const [first] = await pool();
    const settled = sender.settle('pay:1', PATIENCE_MS);
    await until(async () => (await pool()).every(({ hash }) => hash !== first?.hash));
    const [second] = await pool();
    assert.ok(BigInt(second?.maxFeePerGas ?? 0) > BigInt(first?.maxFeePerGas ?? 0));
    await mine(DEPTH);
    await settled;
    assert.equal(await minted(), 7n);
  });

  it('tells the node again what it lost, with those that wait behind it', async () => {
    await manually();
    reopen({ stuckAfterMs: 1 });
    await sender.send(mint('pay:1'));
    await sender.send(mint('pay:2'));
    await stage.chain.ask('anvil_dropAllTransactions', []);
    const settled = sender.settle('pay:2', PATIENCE_MS);
    await until(async () => (await pool()).length === 2);
    await mine(DEPTH);
    await settled;
    await sender.settle('pay:1', PATIENCE_MS);
    assert.equal(await minted(), 14n);
  });

  it('signs nothing while the fee is over the cap, and raises none beyond it', async () => {
    const setBaseFee = async (gwei: bigint) => {
      await stage.chain.ask('anvil_setNextBlockBaseFeePerGas', [`0x${(gwei * GWEI).toString(16)}`]);
      await mine();
    };
    await setBaseFee(500n);
    await assert.rejects(sender.send(mint('pay:1')), code('FEE_OVER_CAP'));
    assert.deepEqual(sender.open(), []);
    await setBaseFee(1n);
    await manually();
    const cap = 5n * GWEI;
    reopen({ stuckAfterMs: 1, feeCapPerGas: cap });
    await sender.send(mint('pay:1'));
    await assert.rejects(sender.settle('pay:1', 500), code('NOT_FINAL'));
    const pooled = await pool();
    assert.equal(pooled.length, 1);
    assert.ok(pooled.every(({ maxFeePerGas }) => BigInt(maxFeePerGas) <= cap));
    await setBaseFee(1n);
    await mine(DEPTH);
    await sender.settle('pay:1', PATIENCE_MS);
    assert.equal(await minted(), 7n);
  });

  it('refuses another chain than was agreed on before anything is signed', async () => {
    const chain = connectChain({ url: stage.url, chainId: 1n, requestMs: PATIENCE_MS });
    const elsewhere = open({ chain });
    try {
      await assert.rejects(elsewhere.send(mint('pay:1')), code('WRONG_CHAIN'));
      await assert.rejects(finalReceipt(chain, id('any'), 1), code('WRONG_CHAIN'));
      assert.deepEqual(elsewhere.open(), []);
    } finally {
      elsewhere.close();
      chain.close();
    }
  });

  it('sees that the chain took a payment back, and brings it back once', async () => {
    const branch = await stage.snapshot();
    await sender.send(mint('pay:1'));
    await mine(DEPTH);
    const before = await sender.settle('pay:1', PATIENCE_MS);
    assert.equal((await checkAgain(stage.chain, before)).blockHash, before.blockHash);
    await branch();
    await mine(DEPTH + 2);
    await assert.rejects(checkAgain(stage.chain, before), code('REORGANISED'));
    await assert.rejects(sender.check('pay:1'), code('REORGANISED'));
    await mine(DEPTH);
    const after = await sender.settle('pay:1', PATIENCE_MS);
    assert.equal(after.transactionHash, before.transactionHash);
    assert.notEqual(after.blockHash, before.blockHash);
    assert.equal(await minted(), 7n);
  });

  it('does not count one in a block that is not deep yet, and says so', async () => {
    await sender.send(mint('pay:1'));
    await assert.rejects(sender.settle('pay:1', 0), code('NOT_FINAL'));
    const hash = (
      (await stage.chain.ask('eth_getBlockByNumber', ['latest', false])) as { transactions: string[] }
    ).transactions[0];
    await assert.rejects(finalReceipt(stage.chain, hash ?? '', DEPTH), code('NOT_FINAL'));
    await assert.rejects(finalReceipt(stage.chain, id('unknown'), DEPTH), code('NOT_FINAL'));
    await mine(DEPTH - 1);
    assert.equal((await finalReceipt(stage.chain, hash ?? '', DEPTH)).depth, DEPTH);
  });

  it('takes the next nonce when another’s transaction took its own, once that one is deep', async () => {
    await manually();
    await sender.send(mint('pay:1'));
    await stage.chain.ask('anvil_dropAllTransactions', []);
    await stage.chain.ask('eth_sendTransaction', [{ from: WALLET, to: WALLET, value: '0x1', gas: '0x5208' }]);
    await mine();
    await assert.rejects(sender.settle('pay:1', 0), code('NOT_FINAL'));
    assert.equal((await pool()).length, 0);
    await mine(DEPTH);
    const settled = sender.settle('pay:1', PATIENCE_MS);
    await until(async () => (await pool()).length === 1);
    await mine(DEPTH);
    await settled;
    assert.equal(await minted(), 7n);
  });

  it('says what the contract says against it, with nothing signed, and may be told again later', async () => {
    const escrow = await stage.deploy('NettingEscrow');
    const intent = {
      key: 'withdraw',
      to: escrow.address,
      data: escrow.interface.encodeFunctionData('withdraw', [token.address, 1n, WALLET]),
    };
    await assert.rejects(sender.send(intent), /REVERTED: NothingThere/);
    assert.deepEqual(sender.open(), []);
  });

  it('tells of one that failed on the chain although it promised to work, and sends it anew when told again', async () => {
    const [, other = ''] = stage.accounts;
    await token.send(other, 'mint', other, 5n);
    await token.send(other, 'approve', WALLET, 2n ** 256n - 1n);
    const intent = {
      key: 'collect',
      to: token.address,
      data: token.interface.encodeFunctionData('transferFrom', [other, WALLET, 5n]),
    };
    await manually();
    await sender.send(intent);
    // The other's transfer offers more, is taken first, and leaves nothing to collect.
    await stage.chain.ask('eth_sendTransaction', [
      {
        from: other,
        to: token.address,
        data: token.interface.encodeFunctionData('transfer', [token.address, 5n]),
        gas: '0x186a0',
        maxFeePerGas: `0x${(90n * GWEI).toString(16)}`,
        maxPriorityFeePerGas: `0x${(50n * GWEI).toString(16)}`,
      },
    ]);
    await mine(DEPTH);
    await assert.rejects(sender.settle('collect', PATIENCE_MS), code('REVERTED'));
    assert.deepEqual(sender.open(), []);
    await stage.chain.ask('evm_setAutomine', [true]);
    await token.send(other, 'mint', other, 5n);
    await sender.send(intent);
    await mine(DEPTH);
    await sender.settle('collect', PATIENCE_MS);
    assert.equal(await minted(), 5n);
  });

  it('has an end when nobody answers, and when an answer never comes', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const chain = connectChain({ url, chainId: STAGE_CHAIN_ID, requestMs: 50 });
    const waiting = createSender({
      chain,
      privateKey: KEY,
      folder: join(folder, 'silent'),
      depth: 1,
      feeCapPerGas: GWEI,
      gasCap: 1_000_000n,
      stuckAfterMs: 1,
      pollMs: 1,
    });
    try {
      await assert.rejects(waiting.send(mint('pay:1')), code('CHAIN_UNREACHABLE'));
      silent.closeAllConnections();
      await new Promise((resolve) => silent.close(resolve));
      await assert.rejects(waiting.send(mint('pay:1')), code('CHAIN_UNREACHABLE'));
    } finally {
      waiting.close();
      chain.close();
    }
  });
});
