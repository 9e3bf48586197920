import assert from 'node:assert/strict';
import fc from 'fast-check';
import { UtilityId } from '../ids/index.ts';
import { unwrap } from '../result/index.ts';
import { netPositions, type BilateralPosition } from './net-positions.ts';
import { netPayments } from './payments.ts';
import { reconcile, type SettlementSums } from './reconciliation.ts';

const utility = (text: string): UtilityId => unwrap(UtilityId.parse(text));
const ALP = utility('USALP');
const DUK = utility('USDUK');
const TVA = utility('USTVA');
const anyUtility = fc.constantFrom(ALP, DUK, TVA, utility('USGPC'), utility('DE8AA'), utility('FRXYZ'));
const position = fc
  .record({ debtor: anyUtility, creditor: anyUtility, micros: fc.bigInt({ min: 0n, max: 10n ** 12n }) })
  .filter(({ debtor, creditor }) => debtor !== creditor);
const positions = fc.array(position, { maxLength: 40 });

/** What each utility receives less what it pays, counted one utility at a time: the independent model. */
const modelNet = (list: readonly BilateralPosition[], who: UtilityId): bigint =>
  list.reduce((net, { debtor, creditor, micros }) => {
    return net + (creditor === who ? micros : 0n) - (debtor === who ? micros : 0n);
  }, 0n);

describe('net positions', () => {
  it('add up to zero and are what each utility receives less what it pays', () => {
    fc.assert(
      fc.property(positions, (list) => {
        const net = unwrap(netPositions(list));
        assert.equal(
          net.reduce((sum, { netMicros }) => sum + netMicros, 0n),
          0n,
        );
        for (const { utility: who, netMicros } of net) assert.equal(netMicros, modelNet(list, who));
      }),
    );
  });

  it('do not depend on the order of the bilateral ones', () => {
    fc.assert(
      fc.property(positions, (list) => {
        assert.deepEqual(netPositions([...list].reverse()), netPositions(list));
      }),
    );
  });

  it('are refused for a utility with itself and for a negative amount', () => {
    const self = netPositions([{ debtor: ALP, creditor: ALP, micros: 1n }]);
    assert.ok(!self.ok && self.error.code === 'POSITION_WITH_ITSELF');
    const negative = netPositions([{ debtor: ALP, creditor: DUK, micros: -1n }]);
    assert.ok(!negative.ok && negative.error.code === 'POSITION_NEGATIVE');
  });
});

describe('net payments', () => {
  it('bring every position to zero with fewer payments than utilities', () => {
    fc.assert(
      fc.property(positions, (list) => {
        const net = unwrap(netPositions(list));
        const payments = netPayments(net);
        for (const { utility: who, netMicros } of net) {
          const received = modelNet(
            payments.map(({ payer, payee, micros }) => ({ debtor: payer, creditor: payee, micros })),
            who,
          );
          assert.equal(received, netMicros);
        }
        const involved = net.filter(({ netMicros }) => netMicros !== 0n).length;
        assert.ok(payments.length <= Math.max(0, involved - 1));
        assert.ok(payments.every(({ payer, payee, micros }) => micros > 0n && payer !== payee));
      }),
    );
  });

  it('do not depend on the order of the positions', () => {
    fc.assert(
      fc.property(positions, (list) => {
        const net = unwrap(netPositions(list));
        assert.deepEqual(netPayments([...net].reverse()), netPayments(net));
      }),
    );
  });

  it('go from the largest debtor to the largest creditor, ties by id', () => {
    const net = [
      { utility: DUK, netMicros: 30n },
      { utility: TVA, netMicros: 70n },
      { utility: utility('USGPC'), netMicros: -40n },
      { utility: ALP, netMicros: -40n },
      { utility: utility('DE8AA'), netMicros: -20n },
    ];
    assert.deepEqual(netPayments(net), [
      { payer: 'USALP', payee: 'USTVA', micros: 40n },
      { payer: 'USGPC', payee: 'USDUK', micros: 30n },
      { payer: 'DE8AA', payee: 'USTVA', micros: 20n },
      { payer: 'USGPC', payee: 'USTVA', micros: 10n },
    ]);
  });

  it('throw on positions that do not add up to zero', () => {
    assert.throws(() => netPayments([{ utility: ALP, netMicros: 1n }]), /add up to zero/);
  });
});

describe('a reconciliation', () => {
  const split = { hun: 10n, vun: 80n, infrastructure: 9n, driver: 1n };
  const sums: SettlementSums = {
    cdrTotalsMicros: [60n, 40n],
    invoiceTotalsMicros: [105n],
    creditTotalsMicros: [5n],
    splits: [split],
    positions: [
      { utility: ALP, netMicros: -100n },
      { utility: DUK, netMicros: 100n },
    ],
    payments: [{ payer: ALP, payee: DUK, micros: 100n }],
  };

  it('balances when every sum is kept to the micro', () => {
    assert.deepEqual(
      reconcile(sums).checks.map(({ name, holds }) => [name, holds]),
      [
        ['cdrs-equal-invoices', true],
        ['cdrs-equal-shares', true],
        ['net-is-zero', true],
        ['payments-close-positions', true],
      ],
    );
    assert.equal(reconcile(sums).balanced, true);
  });

  const broken: readonly (readonly [name: string, change: Partial<SettlementSums>])[] = [
    ['cdrs-equal-invoices', { invoiceTotalsMicros: [104n] }],
    ['cdrs-equal-shares', { splits: [{ ...split, driver: 2n }] }],
    ['payments-close-positions', { payments: [{ payer: ALP, payee: DUK, micros: 99n }] }],
    ['payments-close-positions', { payments: [{ payer: DUK, payee: ALP, micros: 100n }] }],
  ];
  for (const [name, change] of broken) {
    it(`that is one micro off fails ${name} and only that`, () => {
      const result = reconcile({ ...sums, ...change });
      assert.equal(result.balanced, false);
      assert.deepEqual(
        result.checks.filter(({ holds }) => !holds).map((failed) => failed.name),
        [name],
      );
    });
  }

  it('sees a net that is not zero', () => {
    const result = reconcile({ ...sums, positions: [{ utility: ALP, netMicros: -100n }] });
    const failed = result.checks.find(({ name }) => name === 'net-is-zero');
    assert.deepEqual([failed?.holds, failed?.actualMicros], [false, -100n]);
  });
});
