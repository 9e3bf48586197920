import assert from 'node:assert/strict';
import { id, ZeroAddress } from 'ethers';
import { openStage, type Deployed, type Stage } from '../testing/stage.ts';

const DAY_S = 86_400n;
const PAYMENT = id('netting-2026-11.1');

describe('the escrow of net payments', () => {
  let stage: Stage;
  let escrow: Deployed;
  let token: Deployed;
  let payer: string;
  let payee: string;
  let other: string;
  let key: unknown;
  let expiresAtS: bigint;
  let undo: () => Promise<void>;

  before(async () => {
    stage = await openStage();
    [payer = '', payee = '', other = ''] = stage.accounts;
    escrow = await stage.deploy('NettingEscrow');
    token = await stage.deploy('TestToken', ['Test dollar', 'TUSD', 18]);
    await token.send(payer, 'mint', payer, 1_000n);
    await token.send(payer, 'approve', escrow.address, 1_000n);
    [key] = await escrow.read('keyOf', PAYMENT, payer);
  });
  after(() => stage.stop());
  beforeEach(async () => {
    undo = await stage.snapshot();
    expiresAtS = (await stage.nowS()) + DAY_S;
  });
  afterEach(() => undo());

  const balance = async (who: string) => (await token.read('balanceOf', who))[0];
  const deposited = async (who: string) => (await escrow.read('balances', token.address, who))[0];
  const pay = (amount: bigint, to = payee) =>
    escrow.send(payer, 'pay', PAYMENT, to, token.address, amount, expiresAtS);

  const confirm = (who: string, amount = 600n, of = token) =>
    escrow.send(who, 'confirm', key, of.address, amount);

  it('moves a deposit to the payee when both have said so', async () => {
    await escrow.send(payer, 'deposit', token.address, 700n);
    await pay(600n);
    assert.deepEqual([await deposited(payer), await balance(payee)], [100n, 0n]);
    await confirm(payee);
    assert.deepEqual([await balance(payee), await balance(escrow.address)], [600n, 100n]);
    await escrow.send(payer, 'withdraw', token.address, 100n, payer);
    assert.equal(await balance(payer), 400n);
  });

  it('pays a payment id once, and nobody uses up another payer’s', async () => {
    await token.send(other, 'mint', other, 9n);
    await token.send(other, 'approve', escrow.address, 9n);
    await escrow.send(other, 'deposit', token.address, 9n);
    await escrow.send(other, 'pay', PAYMENT, payee, token.address, 9n, expiresAtS);
    await escrow.send(payer, 'deposit', token.address, 700n);
    await pay(600n);
    await assert.rejects(pay(100n), /UsedBefore/);
    await confirm(payee);
    await assert.rejects(pay(100n), /UsedBefore/);
    await assert.rejects(confirm(payee), /NotSent\(2\)/);
  });

  it('lets the payee alone confirm, and the payer alone take back, each in its time', async () => {
    await escrow.send(payer, 'deposit', token.address, 700n);
    await pay(600n);
    for (const who of [payer, other]) await assert.rejects(confirm(who), /NotTheParty/);
    await assert.rejects(escrow.send(payer, 'takeBack', key), /TooEarly/);
    await stage.pass(Number(DAY_S));
    await assert.rejects(confirm(payee), /TooLate/);
    for (const who of [payee, other]) await assert.rejects(escrow.send(who, 'takeBack', key), /NotTheParty/);
    await escrow.send(payer, 'takeBack', key);
    assert.equal(await deposited(payer), 700n);
    await assert.rejects(escrow.send(payer, 'takeBack', key), /NotSent\(3\)/);
    await assert.rejects(confirm(payee), /NotSent\(3\)/);
  });

  it('lets what was taken back be paid anew, and the payee take that alone which it named', async () => {
    await escrow.send(payer, 'deposit', token.address, 700n);
    await pay(600n);
    await stage.pass(Number(DAY_S));
    await escrow.send(payer, 'takeBack', key);
    expiresAtS = (await stage.nowS()) + DAY_S;
    await pay(1n);
    // Its word for the first is none for what is bound under the same name now.
    await assert.rejects(confirm(payee), /NotAsSaid/);
    await assert.rejects(confirm(payee, 1n, escrow), /NotAsSaid/);
    await assert.rejects(pay(600n), /UsedBefore/);
    await stage.pass(Number(DAY_S));
    await escrow.send(payer, 'takeBack', key);
    expiresAtS = (await stage.nowS()) + DAY_S;
    await pay(600n);
    await confirm(payee);
    assert.deepEqual([await balance(payee), await deposited(payer)], [600n, 100n]);
    await assert.rejects(pay(100n), /UsedBefore/);
  });

  it('gives nobody what is another’s or bound', async () => {
    await escrow.send(payer, 'deposit', token.address, 700n);
    await assert.rejects(escrow.send(other, 'withdraw', token.address, 1n, other), /NothingThere/);
    await assert.rejects(pay(701n), /NotDeposited\(700\)/);
    await pay(600n);
    await assert.rejects(escrow.send(payer, 'withdraw', token.address, 101n, payer), /NothingThere/);
    await assert.rejects(escrow.send(payer, 'deposit', token.address, 301n), /NotReceived/);
  });

  it('takes no payment without payee, amount or end', async () => {
    await escrow.send(payer, 'deposit', token.address, 700n);
    await assert.rejects(escrow.send(payer, 'deposit', token.address, 0n), /NotComplete/);
    for (const to of [ZeroAddress, escrow.address]) await assert.rejects(pay(1n, to), /NotComplete/);
    await assert.rejects(pay(0n), /NotComplete/);
    for (const at of [0n, expiresAtS + 90n * DAY_S])
      await assert.rejects(
        escrow.send(payer, 'pay', PAYMENT, payee, token.address, 1n, at),
        /TimeNotAllowed/,
      );
  });
});
