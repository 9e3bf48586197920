import { microsPerMinor } from '@roamgrid/domain';
import { z } from 'zod';
import { check, type Check } from '../scenario/check.ts';
import { CURRENCY } from './cast.ts';
import { roundSeen } from './round.ts';
import { invoicedNet, paidNet, positionOf, sum } from './sums.ts';

/** Amounts that only the two of a pair may know, and in whose peers' files they are. */
const pairSeen = z.strictObject({
  parties: z.array(z.string()),
  amounts: z.int(),
  /** MSPs whose peers hold any of them, and those that hold all. */
  anyOf: z.array(z.string()),
  allOf: z.array(z.string()),
});

export const threeWayReport = z.strictObject({
  scenario: z.literal('three-way-net'),
  ledger: z.enum(['embedded', 'native']),
  chain: z.enum(['verified', 'broken']),
  members: z.array(z.string()),
  sessions: z.int(),
  rounds: z.array(roundSeen),
  pairs: z.array(pairSeen),
  exact: z.boolean(),
  checks: z.array(check),
});
export type ThreeWayReport = z.infer<typeof threeWayReport>;
type Reading = Omit<ThreeWayReport, 'scenario' | 'ledger' | 'exact' | 'checks'>;

/** What each was paid in all rounds, with what it has left over after the last, is what the invoices and what was left before come to. */
export const isExact = ({ members, rounds }: Reading): boolean => {
  const [first] = rounds;
  const last = rounds.at(-1);
  return (
    first !== undefined &&
    last !== undefined &&
    members.every(
      (member) =>
        paidNet(
          rounds.flatMap(({ payments }) => payments),
          member,
        ) +
          positionOf(last, member).carriedMicros ===
        invoicedNet(
          rounds.flatMap(({ invoices }) => invoices),
          member,
        ) +
          positionOf(first, member).broughtMicros,
    )
  );
};

/** What the scenario shows, from what was read and nothing else. */
export const threeWayChecks = (reading: Reading): readonly Check[] => {
  const { members, rounds, pairs, chain } = reading;
  const unit = microsPerMinor(CURRENCY);
  const ofRounds = rounds.flatMap((round, at): Check[] => {
    const { nettingId, payments, positions, invoices, carriedPairs } = round;
    const before = rounds[at - 1];
    const left = positions.map(({ carriedMicros }) => carriedMicros);
    const isComplete = members.every(
      (member) => positionOf(round, member).netMicros === invoicedNet(invoices, member),
    );
    const isKept = positions.every(
      ({ netMicros, broughtMicros, stoodMicros, payableMicros, carriedMicros }) =>
        netMicros + broughtMicros + stoodMicros === payableMicros + carriedMicros,
    );
    const isPaid = members.every(
      (member) => paidNet(payments, member) === positionOf(round, member).payableMicros,
    );
    const receiving = positions.filter(({ payableMicros }) => payableMicros > 0n);
    return [
      {
        row: 'ROAM-24',
        ok: payments.length > 0 && payments.length <= members.length - 1,
        seen: `${nettingId}: ${invoices.length} invoices in several directions, ${payments.length} payments among ${members.length} members`,
      },
      {
        row: 'ROAM-24',
        ok: isComplete && carriedPairs === 0 && invoices.every(({ state }) => state === 'paid'),
        seen: `${nettingId}: every member’s position is what its invoices come to, none is carried over, all are paid`,
      },
      {
        row: 'ROAM-16',
        ok: sum(positions.map(({ netMicros }) => netMicros)) === 0n && sum(left) === 0n && isKept,
        seen: `${nettingId}: net ${positions.map(({ netMicros }) => netMicros).join(', ')}; left over ${left.join(', ')}`,
      },
      {
        row: 'ROAM-16',
        ok:
          isPaid &&
          sum(payments.map((payment) => payment.countedMicros)) ===
            sum(receiving.map(({ payableMicros }) => payableMicros)),
        seen: `${nettingId}: paid ${payments.map(({ countedMicros }) => countedMicros).join(', ')}: what is owed with what is carried`,
      },
      {
        row: 'ROAM-24',
        ok: payments.every(
          ({ amountMicros, state, by }) =>
            amountMicros % unit === 0n && state === 'confirmed' && by.length === 1 && by[0] === 'bank',
        ),
        seen: `${nettingId}: ${payments.map(({ amountMicros }) => amountMicros).join(', ')} in whole cents, each confirmed by one booking of a bank`,
      },
      ...(before === undefined
        ? []
        : [
            {
              row: 'ROAM-24',
              ok:
                before.positions.some(({ carriedMicros }) => carriedMicros !== 0n) &&
                members.every(
                  (member) =>
                    positionOf(round, member).broughtMicros === positionOf(before, member).carriedMicros,
                ),
              seen: `${nettingId} took in what ${before.nettingId} left over: ${positions.map(({ broughtMicros }) => broughtMicros).join(', ')}`,
            },
          ]),
    ];
  });
  return [
    ...ofRounds,
    ...pairs.map(({ parties, amounts, anyOf, allOf }): Check => ({
      row: 'ROAM-24',
      ok:
        amounts > 0 &&
        [...anyOf].sort().join() === [...parties].sort().join() &&
        [...allOf].sort().join() === [...parties].sort().join(),
      seen: `${amounts} amounts between ${parties.join(' and ')} are in the files of ${anyOf.join(', ')}`,
    })),
    { row: 'ROAM-24', ok: isExact(reading), seen: 'invoiced is paid and left over, to the micro' },
    { row: 'ROAM-24', ok: chain === 'verified', seen: `chain ${chain}` },
  ];
};
