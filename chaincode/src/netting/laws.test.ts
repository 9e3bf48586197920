import assert from 'node:assert/strict';
import { netPositions, SHARE_PARTIES, unwrap } from '@roamgrid/domain';
import { commitTo, Commitments, pairSums, type PaymentRecord } from '@roamgrid/wire';
import { LedgerError } from '../context/index.ts';
import { payablesByPair, randomInvoices, randomOf, type RandomInvoice } from '../testing/consortia.ts';
import { saltOf } from '../testing/parties.ts';
import { pairsWithout, partsOf, provePositions } from './prove.ts';
import { settle } from './settle.ts';
import { standing } from './standing.ts';

/** Random consortia; `ROAMGRID_LAWS=10000` tries more, `ROAMGRID_LAWS_SEED` others. */
const RUNS = Number(process.env['ROAMGRID_LAWS'] ?? 2_500);
const SEED = Number(process.env['ROAMGRID_LAWS_SEED'] ?? 1);
/** Every so many, the commitments are formed and proven too. */
const COMMIT_EVERY = 500;

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

interface Balance {
  readonly low: string;
  readonly high: string;
  readonly lowOwesMicros: bigint;
}

const balancesOf = (invoices: readonly RandomInvoice[]): readonly Balance[] =>
  payablesByPair(invoices).map(({ low, high, payables }) => ({
    low,
    high,
    lowOwesMicros: pairSums(low, payables).get('USD')?.lowOwesMicros ?? 0n,
  }));

const netOf = (balances: readonly Balance[]) =>
  unwrap(
    netPositions(
      balances.map(({ low, high, lowOwesMicros: owes }) =>
        owes >= 0n
          ? { debtor: low, creditor: high, micros: owes }
          : { debtor: high, creditor: low, micros: -owes },
      ),
    ),
  );

type Settled = ReturnType<typeof settle>;
const NOTHING: ReadonlyMap<string, bigint> = new Map();

/** Each position is paid or carried, no micro more or less, by payments between others than oneself. */
const assertConserved = ({ positions, payments }: Settled): void => {
  for (const field of [
    'netMicros',
    'broughtMicros',
    'stoodMicros',
    'payableMicros',
    'carriedMicros',
  ] as const)
    assert.equal(sum(positions.map((position) => position[field])), 0n, field);
  for (const position of positions) {
    const { utilityId, netMicros, broughtMicros, stoodMicros, payableMicros, carriedMicros } = position;
    assert.equal(netMicros + broughtMicros + stoodMicros, payableMicros + carriedMicros);
    const got = sum(payments.map((each) => (each.payee === utilityId ? each.amountMicros : 0n)));
    const paid = sum(payments.map((each) => (each.payer === utilityId ? each.amountMicros : 0n)));
    assert.equal(got - paid, payableMicros);
  }
  assert.ok(payments.length < Math.max(1, positions.length));
};

const carriedOf = ({ positions }: Settled): ReadonlyMap<string, bigint> =>
  new Map(positions.map(({ utilityId, carriedMicros }) => [utilityId, carriedMicros]));

/** The same netting as members state it over commitments. */
const assertProven = (seed: number, balances: readonly Balance[], net: ReturnType<typeof netOf>): void => {
  const blinded = balances.map((balance) => ({
    ...balance,
    blinding: saltOf(`${seed} ${balance.low} ${balance.high}`),
  }));
  const pairs = blinded.map(({ low, high, lowOwesMicros: micros, blinding }) => ({
    low,
    high,
    commitment: commitTo({ micros, blinding }),
  }));
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const positions = new Map(
    net.map(({ utility, netMicros }) => {
      const blinding = sum(
        blinded.map(({ low, high, blinding: of }) =>
          low === utility ? -BigInt(`0x${of}`) : high === utility ? BigInt(`0x${of}`) : 0n,
        ),
      );
      const reduced = ((blinding % order) + order) % order;
      return [utility, { netMicros, blinding: reduced.toString(16).padStart(64, '0') }] as const;
    }),
  );
  const commitments = new Commitments();
  const stated = { pairs, positions, commitments };
  assert.deepEqual(provePositions(stated, { isOver: false, untilMs: 0 }), net);
  const [first] = net;
  if (first === undefined) return;
  const { blinding = '' } = positions.get(first.utility) ?? {};
  assert.ok(!commitments.opens(partsOf(pairs, first.utility), { micros: first.netMicros + 1n, blinding }));
  const lying = new Map(positions).set(first.utility, { netMicros: first.netMicros + 1n, blinding });
  assert.throws(
    () => provePositions({ ...stated, positions: lying }, { isOver: false, untilMs: 0 }),
    (thrown) => thrown instanceof LedgerError && thrown.code === 'WRONG_STATE',
  );
};

/** The payments of a netting as some of them went, one payer having stopped. */
const halfPaid = (random: (below: number) => number, { payments }: Settled): readonly PaymentRecord[] =>
  payments.map((payment): PaymentRecord => {
    const isBegun = random(2) === 0;
    const came = isBegun ? payment.amountMicros / BigInt(1 + random(3)) : 0n;
    const receipt = {
      receiptId: 'r',
      currency: 'USD',
      amountMicros: came,
      valueAtMs: 0,
      state: 'counted' as const,
    };
    const of = { kind: 'bank' as const, entryReference: 'e', endToEndId: 'e', statementHash: saltOf('s') };
    return {
      type: 'payment',
      version: 1,
      nettingId: 'n',
      periodId: '2026-07',
      currency: 'USD',
      dueAtMs: 0,
      ...payment,
      state: isBegun ? 'short' : 'due',
      sent: [],
      receipts: came > 0n ? [{ ...receipt, of }] : [],
    };
  });

describe(`laws of the money, over ${RUNS} random consortia`, function () {
  this.timeout(600_000);

  it('hold: charged = invoiced = shared, credits counted; positions sum to zero; paid + carried = owed, over periods and defaults', () => {
    for (let run = 0; run < RUNS; run += 1) {
      const seed = SEED * 1_000_003 + run;
      const random = randomOf(seed + 7);
      const invoices = randomInvoices(seed);
      for (const { cdrMicros, split } of invoices)
        assert.equal(sum(cdrMicros), sum(SHARE_PARTIES.map((party) => split[party])));
      const balances = balancesOf(invoices);
      const net = netOf(balances);
      // Nothing lost, nothing twice: what each is owed by its invoices less credits is its position.
      for (const { utility, netMicros } of net) {
        const owed = invoices.map(({ vun, hun, payableMicros, creditMicros }) =>
          vun === utility
            ? payableMicros - creditMicros
            : hun === utility
              ? creditMicros - payableMicros
              : 0n,
        );
        assert.equal(netMicros, sum(owed));
      }
      const first = settle('n', 'USD', net, { brought: NOTHING, stood: NOTHING });
      assertConserved(first);
      assertConserved(
        settle('m', 'USD', netOf(balancesOf(randomInvoices(seed + 500_000_000))), {
          brought: carriedOf(first),
          stood: NOTHING,
        }),
      );
      const defaulter = first.payments[0]?.payer;
      if (defaulter !== undefined) {
        const out = new Set([defaulter]);
        const payments = halfPaid(random, first);
        const { stood, onAccount } = standing(payments, out);
        const anew = settle('n-c2', 'USD', netOf(pairsWithout(balances, out)), { brought: NOTHING, stood });
        assertConserved(anew);
        assert.ok(!anew.positions.some(({ utilityId }) => utilityId === defaulter));
        const kept = onAccount.every(({ payer, payee }) => out.has(payer) || out.has(payee));
        assert.ok(kept);
      }
      if (run % COMMIT_EVERY === 0) assertProven(seed, balances, net);
    }
  });
});
