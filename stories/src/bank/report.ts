import { microsPerMinor } from '@roamgrid/domain';
import { microsCodec, naturalMicrosCodec, paymentState, payout, payoutState } from '@roamgrid/wire';
import { z } from 'zod';
import { check, type Check } from '../scenario/check.ts';

/** What the bank did wrong with a payment. */
export const FATES = [
  'none',
  'closed',
  'short',
  'twice',
  'taken-back',
  'other-currency',
  'nameless',
] as const;
export type Fate = (typeof FATES)[number];

/** What of it the ledger and the payer's desk show before anybody does anything about it. */
export const EXPECTED: Readonly<
  Record<
    Fate,
    { readonly state: z.output<typeof paymentState>; readonly attempt: string; readonly unmatched: number }
  >
> = {
  none: { state: 'confirmed', attempt: 'paid', unmatched: 0 },
  closed: { state: 'due', attempt: 'rejected', unmatched: 0 },
  short: { state: 'short', attempt: 'paid', unmatched: 0 },
  twice: { state: 'doubled', attempt: 'doubled', unmatched: 0 },
  'taken-back': { state: 'reversed', attempt: 'returned', unmatched: 0 },
  'other-currency': { state: 'wrong-currency', attempt: 'paid', unmatched: 0 },
  nameless: { state: 'sent', attempt: 'paid', unmatched: 1 },
};

/** One payment, as the ledger and the desks showed it. */
export const fateSeen = z.strictObject({
  fate: z.enum(FATES),
  paymentId: z.string(),
  currency: z.string(),
  /** Of the netting: what the payer owed before, what is paid, what goes on to the next. */
  owedMicros: microsCodec,
  amountMicros: naturalMicrosCodec,
  carriedMicros: microsCodec,
  /** State on the ledger after the bank erred, and after what was done about it. */
  state: paymentState,
  attempt: z.string(),
  unmatched: z.int(),
  endState: paymentState,
  /** Of the receipts that count, at the end, and again after every message of the bank was told once more. */
  countedMicros: naturalMicrosCodec,
  toldAgain: z.int(),
  repeated: z.int(),
  countedAgainMicros: naturalMicrosCodec,
});
export type FateSeen = z.infer<typeof fateSeen>;

/** A payout to an infrastructure provider, as the AAA node had it once the bank took it back, and at the end. */
export const payoutSeen = payout
  .pick({
    payoutId: true,
    providerId: true,
    currency: true,
    shareMicros: true,
    broughtMicros: true,
    amountMicros: true,
    carriedMicros: true,
    state: true,
  })
  .extend({ endState: payoutState });
export type PayoutSeen = z.infer<typeof payoutSeen>;

export const bankReport = z.strictObject({
  scenario: z.literal('bank'),
  ledger: z.enum(['embedded', 'native']),
  chain: z.enum(['verified', 'broken']),
  payments: z.array(fateSeen),
  payouts: z.array(payoutSeen),
  /** Σ of the infrastructure providers' shares of the records. */
  providerShareMicros: naturalMicrosCodec,
  /** Σ of the payable totals of all invoices, and what was left over at the end. */
  invoicedMicros: naturalMicrosCodec,
  leftMicros: microsCodec,
  exact: z.boolean(),
  checks: z.array(check),
});
export type BankReport = z.infer<typeof bankReport>;

type Reading = Pick<
  BankReport,
  'chain' | 'payments' | 'payouts' | 'providerShareMicros' | 'invoicedMicros' | 'leftMicros'
>;

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, each) => total + each, 0n);

/** Shares are counted once, and of each what is no whole unit waits for the next payout. */
const isPaidOut = ({ payouts, providerShareMicros }: Reading): boolean =>
  sum(payouts.map(({ shareMicros }) => shareMicros)) === providerShareMicros &&
  payouts.every(
    ({ shareMicros, broughtMicros, amountMicros, carriedMicros, currency }) =>
      shareMicros + broughtMicros === amountMicros + carriedMicros &&
      amountMicros % microsPerMinor(currency) === 0n &&
      carriedMicros < microsPerMinor(currency),
  );

/** What was paid and what is left over is what was invoiced, to the micro. */
export const isExact = (reading: Reading): boolean => {
  const { payments, invoicedMicros, leftMicros } = reading;
  return (
    isPaidOut(reading) &&
    sum(payments.map(({ countedMicros }) => countedMicros)) + leftMicros === invoicedMicros
  );
};

/** What the scenario shows, from what was read and nothing else. */
export const bankChecks = (reading: Reading): readonly Check[] => {
  const { payments, payouts, chain } = reading;
  const fates = payments.map((seen): Check => {
    const expected = EXPECTED[seen.fate];
    return {
      row: 'ROAM-24',
      ok:
        seen.state === expected.state &&
        seen.attempt === expected.attempt &&
        seen.unmatched === expected.unmatched &&
        seen.endState === 'confirmed' &&
        seen.countedMicros === seen.amountMicros,
      seen: `a bank that does "${seen.fate}": ${seen.state} on the ledger, ${seen.attempt} at the payer, ${seen.unmatched} unmatched; in the end ${seen.endState} with ${seen.countedMicros} of ${seen.amountMicros}`,
    };
  });
  const inUnits = payments.every(
    ({ amountMicros, currency }) => amountMicros % microsPerMinor(currency) === 0n,
  );
  const carried = payments.every(
    ({ owedMicros, amountMicros, carriedMicros }) => owedMicros === amountMicros + carriedMicros,
  );
  const isToldOnce = payments.every(
    ({ toldAgain, repeated, countedMicros, countedAgainMicros }) =>
      toldAgain > 0 && repeated === toldAgain && countedMicros === countedAgainMicros,
  );
  return [
    ...fates,
    {
      row: 'ROAM-24',
      ok: inUnits && carried,
      seen: `amounts ${payments.map(({ amountMicros }) => amountMicros).join(', ')}; carried ${payments.map(({ carriedMicros }) => carriedMicros).join(', ')}`,
    },
    {
      row: 'ROAM-24',
      ok: isToldOnce,
      seen: `${sum(payments.map(({ repeated }) => BigInt(repeated)))} messages of the bank told again, each payment counted once`,
    },
    {
      row: 'ROAM-13',
      ok: isExact(reading),
      seen: `invoiced ${reading.invoicedMicros}, paid ${sum(payments.map(({ countedMicros }) => countedMicros))}, left over ${reading.leftMicros}`,
    },
    {
      row: 'ROAM-27',
      ok:
        isPaidOut(reading) &&
        payouts.length > 0 &&
        payouts.every(({ state, endState }) => state === 'returned' && endState === 'paid'),
      seen: payouts
        .map(
          (each) =>
            `${each.providerId} gets ${each.amountMicros} of its share of ${each.shareMicros}, carries ${each.carriedMicros}: ${each.state} when the bank took it back, ${each.endState} in the end`,
        )
        .join('; '),
    },
    { row: 'ROAM-13', ok: chain === 'verified', seen: `chain ${chain}` },
  ];
};
