import assert from 'node:assert/strict';
import { holdIdOf, sessionHash } from './session-escrow.ts';
import { paymentHash, paymentKeyOf } from './netting-escrow.ts';
import { EscrowModel } from '../testing/escrow-model.ts';
import { openStage, type Deployed, type Stage } from '../testing/stage.ts';

/** Calls in one run; `ROAMGRID_ESCROW_CALLS` asks for more, `ROAMGRID_ESCROW_SEED` for others. */
const CALLS = Number(process.env['ROAMGRID_ESCROW_CALLS'] ?? '350');
const SEED = Number(process.env['ROAMGRID_ESCROW_SEED'] ?? '20261129');
const SESSIONS = 12;
const START = 1_000_000n;

/** The same numbers from the same seed. */
const createDice = (seed: number) => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    upTo: (most: number) => Math.floor(next() * (most + 1)),
    of: <T>(choices: readonly T[]): T => {
      const choice = choices[Math.floor(next() * choices.length)];
      if (choice === undefined) throw new Error('nothing to choose from');
      return choice;
    },
  };
};

describe('both escrows under random calls of several actors', () => {
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.stop());

  it(`do what the model does, and Σ taken = Σ deposits + Σ bound + Σ given, after each of ${CALLS} calls`, async () => {
    const dice = createDice(SEED);
    const actors = stage.accounts.slice(0, 4);
    const [first = ''] = actors;
    const sessions = await stage.deploy('SessionEscrow');
    const netting = await stage.deploy('NettingEscrow');
    const tokens = [
      await stage.deploy('TestToken', ['Six', 'SIX', 6]),
      await stage.deploy('TestToken', ['Eighteen', 'EIGHTEEN', 18]),
      await stage.deploy('OddToken', [1]),
    ];
    const model = new EscrowModel(await stage.nowS());
    for (const token of tokens) {
      for (const actor of actors) {
        await token.send(first, 'mint', actor, START);
        model.wallets.add(token.address, actor, START);
        // The odd one takes without asking for an allowance.
        if (token !== tokens[2]) {
          for (const escrow of [sessions, netting])
            await token.send(actor, 'approve', escrow.address, 2n ** 256n - 1n);
        }
      }
    }
    const amount = () => BigInt(dice.of([0, 1, 7, dice.upTo(500), dice.upTo(300_000)]));
    const end = () =>
      model.nowS + BigInt(dice.of([-1, 0, 3_600, 86_400, 86_400, 86_400, 86_400, 91 * 86_400]));
    const name = () => dice.upTo(SESSIONS - 1).toString();
    /** One that still waits, mostly; the actor that may, mostly. */
    const known = (of: ReadonlyMap<string, { readonly isWaiting: boolean }>): string => {
      const names = [...of].filter(([, { isWaiting }]) => isWaiting || dice.upTo(5) === 0);
      return names.length > 0 && dice.upTo(9) > 0 ? dice.of(names)[0] : `${name()} ${dice.of(actors)}`;
    };
    const mostly = (who: string | undefined) =>
      dice.upTo(3) > 0 && who !== undefined ? who : dice.of(actors);
    const chainName = (hold: string) => {
      const [session = '', driver = ''] = hold.split(' ');
      return holdIdOf(sessionHash(session), driver);
    };
    const chainKey = (payment: string) => {
      const [id = '', payer = ''] = payment.split(' ');
      return paymentKeyOf(id, payer);
    };

    const did = new Map<string, number>();
    let paidAnew = 0;
    const attempt = async (
      on: Deployed,
      caller: string,
      method: string,
      args: readonly unknown[],
      isAllowed: () => boolean,
    ) => {
      const went = await on.trySend(caller, method, ...args);
      model.nowS = went.atS;
      assert.equal(went.isSuccess, isAllowed(), `${method} by ${caller} with ${args.map(String).join(', ')}`);
      const counted = `${method} ${went.isSuccess ? 'done' : 'refused'}`;
      did.set(counted, (did.get(counted) ?? 0) + 1);
    };
    const moves: readonly (() => Promise<void>)[] = [
      async () => {
        const caller = dice.of(actors);
        const [session, driver] = [name(), mostly(caller)];
        const hold = {
          session,
          driver,
          token: dice.of(tokens).address,
          cap: amount(),
          drawer: dice.of(actors),
          payee: dice.of(actors),
          expiresAtS: end(),
        };
        const permission = { ...hold, session: sessionHash(session) };
        await attempt(sessions, caller, 'open', [permission], () => model.open(caller, hold));
      },
      async () => {
        const hold = known(model.holds);
        const caller = mostly(model.holds.get(hold)?.drawer);
        const drawn = amount();
        await attempt(sessions, caller, 'draw', [chainName(hold), drawn], () =>
          model.draw(caller, hold, drawn),
        );
      },
      async () => {
        const hold = known(model.holds);
        await attempt(sessions, dice.of(actors), 'release', [chainName(hold)], () => model.release(hold));
      },
      async () => {
        const [caller, token, put] = [dice.of(actors), dice.of(tokens).address, amount()];
        await attempt(netting, caller, 'deposit', [token, put], () => model.deposit(caller, token, put));
      },
      async () => {
        const [caller, token, to] = [dice.of(actors), dice.of(tokens).address, dice.of(actors)];
        const out = dice.of([amount(), model.deposits.get(token, caller)]);
        await attempt(netting, caller, 'withdraw', [token, out, to], () =>
          model.withdraw(caller, token, out, to),
        );
      },
      async () => {
        const back = [...model.payments].filter(([, { isTakenBack }]) => isTakenBack);
        const [again] =
          back.length > 0 && dice.upTo(1) === 0 ? dice.of(back) : [`${name()} ${dice.of(actors)}`];
        const [named = '', caller = ''] = again.split(' ');
        const token = dice.of(tokens).address;
        const payment = {
          id: named,
          payee: dice.of(actors),
          token,
          amount: dice.of([amount(), model.deposits.get(token, caller) / 2n]),
          expiresAtS: end(),
        };
        const { id, payee, expiresAtS } = payment;
        const args = [paymentHash(id), payee, token, payment.amount, expiresAtS];
        await attempt(netting, caller, 'pay', args, () => {
          const wasTakenBack = model.payments.get(`${id} ${caller}`)?.isTakenBack === true;
          const isPaid = model.pay(caller, payment);
          if (wasTakenBack && isPaid) paidAnew += 1;
          return isPaid;
        });
      },
      async () => {
        const payment = known(model.payments);
        const caller = mostly(model.payments.get(payment)?.payee);
        const bound = model.payments.get(payment);
        const token = dice.upTo(9) > 0 && bound !== undefined ? bound.token : dice.of(tokens).address;
        const said = dice.upTo(9) > 0 && bound !== undefined ? bound.amount : amount();
        await attempt(netting, caller, 'confirm', [chainKey(payment), token, said], () =>
          model.confirm(caller, payment, token, said),
        );
      },
      async () => {
        const payment = known(model.payments);
        const caller = mostly(model.payments.get(payment)?.payer);
        await attempt(netting, caller, 'takeBack', [chainKey(payment)], () =>
          model.takeBack(caller, payment),
        );
      },
      async () => {
        await stage.pass(dice.of([30, 3_000, 90_000]));
      },
    ];

    const balance = async (token: Deployed, who: string) => (await token.read('balanceOf', who))[0] as bigint;
    const checkSums = async (token: Deployed) => {
      const at = token.address;
      const deposits = actors.reduce((sum, actor) => sum + model.deposits.get(at, actor), 0n);
      const [held, sent] = [model.held(at), model.sent(at)];
      assert.equal(model.taken.get(at, 'all'), deposits + held + sent + model.given.get(at, 'all'));
      assert.equal(await balance(token, sessions.address), held);
      assert.equal(await balance(token, netting.address), deposits + sent);
    };
    for (let call = 0; call < CALLS; call += 1) {
      await dice.of(moves)();
      await checkSums(dice.of(tokens));
    }
    for (const token of tokens) {
      await checkSums(token);
      for (const actor of actors) {
        assert.equal(await balance(token, actor), model.wallets.get(token.address, actor));
        assert.deepEqual(await netting.read('balances', token.address, actor), [
          model.deposits.get(token.address, actor),
        ]);
      }
    }
    // A run in which something never happened would show nothing about it.
    for (const method of ['open', 'draw', 'release', 'deposit', 'withdraw', 'pay', 'confirm', 'takeBack'])
      for (const how of ['done', 'refused'])
        assert.ok((did.get(`${method} ${how}`) ?? 0) > 0, `${method} was never ${how}`);
    assert.ok(paidAnew > 0, 'nothing that was taken back was paid anew');
  });
});
