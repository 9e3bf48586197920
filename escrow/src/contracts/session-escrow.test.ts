import assert from 'node:assert/strict';
import { id, Signature, TypedDataEncoder, Wallet, ZeroAddress } from 'ethers';
import { holdIdOf, permissionToSign, readHold, sessionHash, type Permission } from './session-escrow.ts';
import { openStage, type Deployed, type Stage } from '../testing/stage.ts';

const DAY_S = 86_400n;
const CAP = 20_000_000n;

describe('the escrow of a driver’s session', () => {
  let stage: Stage;
  let escrow: Deployed;
  let token: Deployed;
  let driver: string;
  let visited: string;
  let home: string;
  let other: string;
  let undo: () => Promise<void>;

  before(async () => {
    stage = await openStage();
    [driver = '', visited = '', home = '', other = ''] = stage.accounts;
    escrow = await stage.deploy('SessionEscrow');
    token = await stage.deploy('TestToken', ['Test dollar', 'TUSD', 6]);
    await token.send(driver, 'mint', driver, 100_000_000n);
    await token.send(driver, 'approve', escrow.address, 2n ** 256n - 1n);
  });
  after(() => stage.stop());
  beforeEach(async () => {
    undo = await stage.snapshot();
  });
  afterEach(() => undo());

  const permission = async (changes: Partial<Permission> = {}): Promise<Permission> => ({
    session: sessionHash('alice.2026-11-29.1'),
    driver,
    token: token.address,
    cap: CAP,
    drawer: visited,
    payee: home,
    expiresAtS: (await stage.nowS()) + DAY_S,
    ...changes,
  });
  const holdId = async (session = id('alice.2026-11-29.1'), of = driver) => {
    const named = holdIdOf(session, of);
    assert.deepEqual(await escrow.read('holdIdOf', session, of), [named]);
    return named;
  };
  const balance = async (who: string, of = token) => (await of.read('balanceOf', who))[0];

  it('gives the drawn amount to the payee and the rest back to the driver at once', async () => {
    await escrow.send(driver, 'open', await permission());
    assert.equal(await balance(driver), 80_000_000n);
    const hold = await readHold(stage.chain, escrow.address, await holdId());
    assert.deepEqual([hold?.state, hold?.permission.cap, hold?.permission.payee], ['open', CAP, home]);
    assert.equal(await readHold(stage.chain, escrow.address, id('none')), undefined);
    await escrow.send(visited, 'draw', await holdId(), 12_345_678n);
    const drawn = await readHold(stage.chain, escrow.address, await holdId());
    assert.deepEqual([drawn?.state, drawn?.drawn], ['drawn', 12_345_678n]);
    assert.deepEqual(
      [await balance(home), await balance(driver), await balance(escrow.address)],
      [12_345_678n, 87_654_322n, 0n],
    );
  });

  it('lets only the named utility draw, at most the cap, in time and once', async () => {
    await escrow.send(driver, 'open', await permission());
    for (const who of [driver, home, other])
      await assert.rejects(escrow.send(who, 'draw', await holdId(), 1n), /NotTheDrawer/);
    await assert.rejects(escrow.send(visited, 'draw', await holdId(), CAP + 1n), /OverCap\(20000000\)/);
    await escrow.send(visited, 'draw', await holdId(), CAP);
    await assert.rejects(escrow.send(visited, 'draw', await holdId(), 0n), /NotOpen\(2\)/);
    await assert.rejects(escrow.send(driver, 'open', await permission()), /UsedBefore/);
  });

  it('draws for a session once, however many drivers hold money for it', async () => {
    await token.send(other, 'mint', other, CAP);
    await token.send(other, 'approve', escrow.address, CAP);
    await escrow.send(driver, 'open', await permission());
    // Naming another's session first uses nothing up.
    await escrow.send(other, 'open', await permission({ driver: other }));
    await escrow.send(visited, 'draw', await holdId(), 5n);
    const second = await holdId(id('alice.2026-11-29.1'), other);
    await assert.rejects(escrow.send(visited, 'draw', second, 5n), /UsedBefore/);
    await stage.pass(Number(DAY_S));
    await escrow.send(home, 'release', second);
    assert.equal(await balance(other), CAP);
  });

  it('gives everything back after the time, to the driver, whoever asks, and not before', async () => {
    await escrow.send(driver, 'open', await permission());
    await assert.rejects(escrow.send(driver, 'release', await holdId()), /TooEarly/);
    await stage.pass(Number(DAY_S));
    await assert.rejects(escrow.send(visited, 'draw', await holdId(), 1n), /TooLate/);
    await escrow.send(other, 'release', await holdId());
    assert.equal(await balance(driver), 100_000_000n);
    await assert.rejects(escrow.send(driver, 'release', await holdId()), /NotOpen\(3\)/);
    await assert.rejects(escrow.send(driver, 'open', await permission()), /UsedBefore/);
  });

  it('binds nobody’s money without end, without a payee or for nothing', async () => {
    const nowS = await stage.nowS();
    for (const expiresAtS of [nowS - 1n, nowS, nowS + 91n * DAY_S])
      await assert.rejects(escrow.send(driver, 'open', await permission({ expiresAtS })), /TimeNotAllowed/);
    for (const changes of [
      { cap: 0n },
      { payee: ZeroAddress },
      { drawer: ZeroAddress },
      { payee: escrow.address },
    ])
      await assert.rejects(escrow.send(driver, 'open', await permission(changes)), /NotComplete/);
    await assert.rejects(escrow.send(other, 'open', await permission()), /NotTheDriver/);
    await assert.rejects(escrow.send(driver, 'open', await permission({ cap: 100_000_001n })), /NotReceived/);
  });

  describe('with a signed permission', () => {
    const wallet = new Wallet(id('driver of the tests'));
    const signature = (permitted: Permission, changes: Readonly<Record<string, unknown>> = {}) => {
      const { domain, types } = permissionToSign(stage.chain.chainId, escrow.address, permitted);
      return wallet.signTypedData({ ...domain, ...changes }, types, permitted);
    };
    const digestOf = (permitted: Permission) => {
      const { domain, types } = permissionToSign(stage.chain.chainId, escrow.address, permitted);
      return TypedDataEncoder.hash(domain, types, permitted);
    };
    const funded = async () => {
      await stage.chain.ask('anvil_setBalance', [wallet.address, '0xde0b6b3a7640000']);
      await stage.chain.ask('anvil_impersonateAccount', [wallet.address]);
      await token.send(wallet.address, 'mint', wallet.address, CAP);
      await token.send(wallet.address, 'approve', escrow.address, CAP);
      return permission({ driver: wallet.address });
    };

    it('is opened by anyone who brings it, out of the driver’s allowance', async () => {
      const permitted = await funded();
      assert.deepEqual(await escrow.read('digestOf', permitted), [digestOf(permitted)]);
      await escrow.send(visited, 'openSigned', permitted, await signature(permitted));
      assert.equal(await balance(wallet.address), 0n);
      assert.equal(await balance(escrow.address), CAP);
    });

    it('counts for what was signed only: this contract, this chain, each field, this driver', async () => {
      const permitted = await funded();
      const signed = await signature(permitted);
      const changed = [
        { cap: CAP - 1n },
        { drawer: home },
        { payee: other },
        { session: id('another') },
        { expiresAtS: permitted.expiresAtS + 1n },
        { driver },
      ];
      for (const changes of changed)
        await assert.rejects(
          escrow.send(visited, 'openSigned', { ...permitted, ...changes }, signed),
          /NotTheDriver/,
        );
      for (const elsewhere of [{ chainId: 1n }, { verifyingContract: token.address }, { version: '2' }]) {
        const foreign = await signature(permitted, elsewhere);
        await assert.rejects(escrow.send(visited, 'openSigned', permitted, foreign), /NotTheDriver/);
      }
      const { r, s, v } = Signature.from(signed);
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const mirrored = `${r}${(order - BigInt(s)).toString(16).padStart(64, '0')}${v === 27 ? '1c' : '1b'}`;
      await assert.rejects(escrow.send(visited, 'openSigned', permitted, mirrored), /NotTheDriver/);
      await assert.rejects(escrow.send(visited, 'openSigned', permitted, '0x'), /NotTheDriver/);
    });

    it('is opened for an account that is a contract, when that contract says so', async () => {
      const account = await stage.deploy('SigningWallet');
      await token.send(driver, 'mint', account.address, CAP);
      await account.send(driver, 'approve', token.address, escrow.address, CAP);
      const permitted = await permission({ driver: account.address });
      await assert.rejects(escrow.send(visited, 'openSigned', permitted, '0x'), /NotTheDriver/);
      await account.send(driver, 'permit', digestOf(permitted));
      await escrow.send(visited, 'openSigned', permitted, '0x');
      assert.equal(await balance(escrow.address), CAP);
    });
  });

  describe('with tokens of other habits', () => {
    const HABITS = ['Plain', 'Silent', 'FalseOnFailure', 'Fee', 'Liar', 'Reentering'] as const;
    const odd = async (habit: (typeof HABITS)[number]) => {
      const made = await stage.deploy('OddToken', [HABITS.indexOf(habit)]);
      await made.send(driver, 'mint', driver, CAP);
      return made;
    };

    it('takes and gives one that answers nothing', async () => {
      const silent = await odd('Silent');
      await escrow.send(driver, 'open', await permission({ token: silent.address }));
      await escrow.send(visited, 'draw', await holdId(), 7n);
      assert.deepEqual([await balance(home, silent), await balance(driver, silent)], [7n, CAP - 7n]);
    });

    it('opens nothing where it did not receive all: a fee, a lie, a false, no contract at all', async () => {
      for (const habit of ['Fee', 'Liar'] as const) {
        const made = await odd(habit);
        await assert.rejects(
          escrow.send(driver, 'open', await permission({ token: made.address })),
          /NotReceived/,
        );
      }
      const refusing = await odd('FalseOnFailure');
      const tooMuch = await permission({ token: refusing.address, cap: CAP + 1n });
      await assert.rejects(escrow.send(driver, 'open', tooMuch), /NotReceived\(20000001, 0\)/);
      await assert.rejects(escrow.send(driver, 'open', await permission({ token: other })), /REVERTED/);
    });

    it('pays the one although the token bars the other, who fetches the money later', async () => {
      for (const habit of ['FalseOnFailure', 'Silent'] as const) {
        const session = id(habit);
        const barring = await odd(habit);
        await escrow.send(driver, 'open', await permission({ token: barring.address, session }));
        await barring.send(other, 'bar', driver, true);
        await escrow.send(visited, 'draw', await holdId(session), 5n);
        assert.equal(await balance(home, barring), 5n);
        assert.deepEqual(await escrow.read('balances', barring.address, driver), [CAP - 5n]);
        const fetch = [barring.address, CAP - 5n] as const;
        await assert.rejects(escrow.send(driver, 'withdraw', ...fetch, driver), /NotPaidOut/);
        await assert.rejects(escrow.send(driver, 'withdraw', ...fetch, escrow.address), /NothingThere/);
        await assert.rejects(escrow.send(other, 'withdraw', ...fetch, other), /NothingThere/);
        await escrow.send(driver, 'withdraw', ...fetch, other);
        await assert.rejects(escrow.send(driver, 'withdraw', barring.address, 1n, other), /NothingThere/);
        assert.equal(await balance(other, barring), CAP - 5n);
      }
    });

    it('is not entered again from inside a token, not even for what it could do outside', async () => {
      const reentering = await odd('Reentering');
      const plain = await odd('Plain');
      await plain.send(driver, 'mint', reentering.address, CAP);
      const second = await permission({ driver: reentering.address, token: plain.address });
      await reentering.send(
        other,
        'aim',
        escrow.address,
        escrow.interface.encodeFunctionData('open', [second]),
      );
      await escrow.send(driver, 'open', await permission({ token: reentering.address }));
      assert.deepEqual(await reentering.read('reentryFailed'), [true]);
      assert.equal(await balance(escrow.address, plain), 0n);
    });
  });
});
