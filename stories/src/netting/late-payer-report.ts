import { instantMs, nettedPosition } from '@roamgrid/wire';
import { z } from 'zod';
import { check, type Check } from '../scenario/check.ts';
import { paid, roundSeen } from './round.ts';
import { invoicedNet, paidNet, positionOf, sum } from './sums.ts';

const castSeen = z.strictObject({
  nettingId: z.string(),
  without: z.array(z.string()),
  positions: z.array(nettedPosition),
  /** Those that hold, with what came. */
  payments: z.array(paid),
  carriedPairs: z.int(),
});

export const latePayerReport = z.strictObject({
  scenario: z.literal('late-payer'),
  ledger: z.enum(['embedded', 'native']),
  chain: z.enum(['verified', 'broken']),
  members: z.array(z.string()),
  defaulter: z.string(),
  /** The first netting, before and after its date. */
  first: castSeen,
  /** What the bank said when the defaulter tried to pay. */
  bankSaid: z.array(z.string()),
  /** What the ledger answered to a default that was said before the grace was over. */
  saidTooEarly: z.string(),
  /** The netting that took its place. */
  recast: castSeen,
  /** What the ledger answered when a payment that fell away was to be made all the same. */
  paidFallenAway: z.string(),
  /** The round in which the defaulter's pairs netted again, and it paid. */
  later: roundSeen,
  firstDueAtMs: instantMs,
  paidAtMs: instantMs,
  exact: z.boolean(),
  checks: z.array(check),
});
export type LatePayerReport = z.infer<typeof latePayerReport>;
type Reading = Omit<LatePayerReport, 'scenario' | 'ledger' | 'exact' | 'checks'>;

/** Whatever came in the end, with what is left over, is what was invoiced. */
export const isExact = ({ members, first, recast, later }: Reading): boolean =>
  members.every(
    (member) =>
      paidNet([...recast.payments, ...later.payments], member) + positionOf(later, member).carriedMicros ===
      invoicedNet(later.invoices, member) + positionOf(first, member).broughtMicros,
  );

const of = (ids: readonly string[]) => (ids.length === 0 ? 'nobody' : ids.join(', '));

/** What the scenario shows, from what was read and nothing else. */
export const latePayerChecks = (reading: Reading): readonly Check[] => {
  const { members, defaulter, first, bankSaid, recast, later, chain } = reading;
  const [fallen] = first.payments.filter(({ payer }) => payer === defaulter);
  const begun = first.payments.filter(({ payer }) => payer !== defaulter);
  const others = members.filter((member) => member !== defaulter);
  const standing = recast.payments.filter(({ paymentId }) =>
    begun.some((each) => each.paymentId === paymentId),
  );
  const isZero = [first, recast, later].every(
    ({ positions }) =>
      sum(positions.map(({ netMicros }) => netMicros)) === 0n &&
      sum(positions.map(({ carriedMicros }) => carriedMicros)) === 0n &&
      sum(positions.map(({ stoodMicros }) => stoodMicros)) === 0n,
  );
  const paidLate = later.payments.filter(({ payer }) => payer === defaulter);
  const daysLate = (reading.paidAtMs - reading.firstDueAtMs) / 86_400_000;
  return [
    {
      row: 'ROAM-24',
      ok: fallen?.state === 'due' && fallen.countedMicros === 0n && bankSaid.includes('AM04'),
      seen: `${defaulter} did not pay ${fallen?.paymentId ?? 'nothing'}: its bank said ${of(bankSaid)}`,
    },
    {
      row: 'ROAM-24',
      ok: reading.saidTooEarly.includes('WRONG_STATE'),
      seen: `a default before the grace is over: ${reading.saidTooEarly}`,
    },
    {
      row: 'ROAM-24',
      ok:
        recast.without.join() === defaulter &&
        recast.positions.every(({ utilityId }) => utilityId !== defaulter) &&
        recast.carriedPairs === members.length - 1,
      seen: `${recast.nettingId} is without ${of(recast.without)}; ${recast.carriedPairs} pairs go over to the next round`,
    },
    {
      row: 'ROAM-24',
      ok:
        begun.length > 0 &&
        standing.length === begun.length &&
        standing.every(
          ({ amountMicros, countedMicros }, at) =>
            amountMicros === begun[at]?.amountMicros && countedMicros === amountMicros,
        ),
      seen: `${begun.length} payments among the others were begun and stand whole: ${of(standing.map(({ paymentId }) => paymentId))}`,
    },
    {
      row: 'ROAM-24',
      ok:
        reading.paidFallenAway.includes('fell away') &&
        recast.payments.every(({ paymentId }) => paymentId !== fallen?.paymentId),
      seen: `what nobody had begun fell away: ${reading.paidFallenAway}`,
    },
    {
      row: 'ROAM-24',
      ok: others.every(
        (member) =>
          paidNet(recast.payments, member) + positionOf(recast, member).carriedMicros ===
          positionOf(recast, member).netMicros + positionOf(recast, member).broughtMicros,
      ),
      seen: `the others have what is theirs without it: ${recast.payments.map(({ payer, payee, countedMicros }) => `${payer} to ${payee} ${countedMicros}`).join(', ')}`,
    },
    {
      row: 'ROAM-24',
      ok:
        paidLate.length > 0 &&
        paidLate.every(({ state }) => state === 'confirmed') &&
        reading.paidAtMs > reading.firstDueAtMs,
      seen: `${defaulter} paid ${paidLate.map(({ countedMicros }) => countedMicros).join(' and ')} in ${later.nettingId}, ${daysLate.toFixed(1)} days late`,
    },
    { row: 'ROAM-16', ok: isZero, seen: 'net, left over and stood sum to zero in all three nettings' },
    { row: 'ROAM-24', ok: isExact(reading), seen: 'invoiced is paid and left over, to the micro' },
    { row: 'ROAM-24', ok: chain === 'verified', seen: `chain ${chain}` },
  ];
};
