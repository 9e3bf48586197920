import { microsCodec, naturalMicrosCodec } from '@roamgrid/wire';
import { z } from 'zod';
import { check, type Check } from '../scenario/check.ts';
import { roundSeen } from './round.ts';
import { invoicedNet, paidNet, positionOf } from './sums.ts';

/** A payment as both parties' gateways and the chain have it. */
const onChain = z.strictObject({
  paymentId: z.string(),
  amountMicros: naturalMicrosCodec,
  sent: z.strictObject({ transactionHash: z.string(), blockHash: z.string(), depth: z.int() }),
  came: z.strictObject({ transactionHash: z.string(), blockHash: z.string(), depth: z.int() }),
  /** Whether payer and payee read the same record. */
  isSameAtBoth: z.boolean(),
  /** Whether the chain has both transactions in those blocks. */
  isThere: z.boolean(),
});

export const tokenReport = z.strictObject({
  scenario: z.literal('token'),
  ledger: z.enum(['embedded', 'native']),
  chain: z.enum(['verified', 'broken']),
  members: z.array(z.string()),
  depth: z.int(),
  driver: z.strictObject({
    refusedBefore: z.string(),
    erasure: z.string(),
    heldMicros: naturalMicrosCodec,
    billMicros: microsCodec,
    drawnMicros: naturalMicrosCodec,
    /** Of the wallet, what is less in it at the end. */
    spentMicros: microsCodec,
    balanceMicros: microsCodec,
    payments: z.int(),
  }),
  round: roundSeen,
  payments: z.array(onChain),
  /** What the payers' and payees' accounts on the chain got or gave, by member. */
  movedMicros: z.record(z.string(), microsCodec),
  exact: z.boolean(),
  checks: z.array(check),
});
export type TokenReport = z.infer<typeof tokenReport>;
type Reading = Omit<TokenReport, 'scenario' | 'ledger' | 'exact' | 'checks'>;

/** The bill is what the wallet gave, and what the members' accounts moved is what was invoiced, less what is left over. */
export const isExact = ({ driver, members, round, movedMicros }: Reading): boolean =>
  driver.billMicros === driver.drawnMicros &&
  driver.drawnMicros === driver.spentMicros &&
  driver.balanceMicros === 0n &&
  members.every(
    (member) =>
      (movedMicros[member] ?? 0n) === paidNet(round.payments, member) &&
      paidNet(round.payments, member) + positionOf(round, member).carriedMicros ===
        invoicedNet(round.invoices, member) + positionOf(round, member).broughtMicros,
  );

/** What the scenario shows, from what was read and nothing else. */
export const tokenChecks = (reading: Reading): readonly Check[] => {
  const { driver, depth, payments, round, chain } = reading;
  const refunded = driver.heldMicros - driver.drawnMicros;
  return [
    {
      row: 'ROAM-4',
      ok: driver.refusedBefore.startsWith('LIMIT_EXCEEDED'),
      seen: `without money in escrow: ${driver.refusedBefore}`,
    },
    {
      row: 'ROAM-4',
      ok: driver.heldMicros > driver.drawnMicros && driver.drawnMicros === driver.billMicros,
      seen: `${driver.heldMicros} in escrow by the wallet's signature, ${driver.drawnMicros} drawn for the bill`,
    },
    {
      row: 'ROAM-4',
      ok: driver.spentMicros === driver.drawnMicros && driver.balanceMicros === 0n && driver.payments === 1,
      seen: `${refunded} came back to the wallet; the account is at ${driver.balanceMicros} by one payment`,
    },
    {
      row: 'ROAM-4',
      ok: driver.erasure.startsWith('ERASURE_PENDING'),
      seen: `forgotten while money is in escrow: ${driver.erasure}`,
    },
    {
      row: 'ROAM-24',
      ok:
        payments.length > 0 &&
        round.payments.every(
          ({ state, by, amountMicros, countedMicros }) =>
            state === 'confirmed' && by.join() === 'token' && amountMicros === countedMicros,
        ),
      seen: `${round.nettingId}: ${round.payments.map(({ payer, payee, amountMicros }) => `${payer} to ${payee} ${amountMicros}`).join(', ')} by token`,
    },
    {
      row: 'ROAM-24',
      ok: payments.every(
        ({ sent, came, isSameAtBoth, isThere }) =>
          isSameAtBoth && isThere && sent.depth >= depth && came.depth >= depth,
      ),
      seen: payments
        .map(
          ({ sent, came }) =>
            `sent in ${sent.blockHash.slice(0, 12)} ${sent.depth} deep, came in ${came.blockHash.slice(0, 12)} ${came.depth} deep: both read it, and the chain has it`,
        )
        .join('; '),
    },
    { row: 'ROAM-24', ok: isExact(reading), seen: 'billed, drawn, invoiced and moved, to the micro' },
    { row: 'ROAM-24', ok: chain === 'verified', seen: `chain ${chain}` },
  ];
};
