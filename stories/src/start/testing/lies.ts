import { createHash } from 'node:crypto';
import { bodyHash, type sessionEvidence } from '@roamgrid/wire';
import type { z } from 'zod';

export type Evidence = z.input<typeof sessionEvidence>;

/** One digit or letter of a text changed; throws when the place is not there. */
function altered(text: string | undefined, find: RegExp, put: string): string {
  if (text === undefined || !find.test(text)) throw new Error(`nothing to alter: ${String(find)}`);
  return text.replace(find, put);
}
const otherHash = (hash: string) => (hash.startsWith('0') ? '1' : '0') + hash.slice(1);

const otherRoot = (of: Evidence): Evidence => ({
  ...of,
  ...(of.batch && { batch: { ...of.batch, merkleRoot: otherHash(of.batch.merkleRoot) } }),
});
const otherBill = (
  of: Evidence,
  change: (bill: NonNullable<Evidence['cdr']>) => Partial<Evidence['cdr']>,
): Evidence => ({
  ...of,
  ...(of.cdr && { cdr: { ...of.cdr, ...change(of.cdr) } }),
});
const raised = (micros: string) => (BigInt(micros) + 1_000_000n).toString();

/** What a lying gateway could change in the evidence, and the checks that must notice. */
export const LIES: Readonly<
  Record<string, { tell: (evidence: Evidence) => Evidence; noticed: readonly string[] }>
> = {
  'a higher total in the bill': {
    tell: (of) => otherBill(of, ({ totalMicros }) => ({ totalMicros: raised(totalMicros) })),
    noticed: ['peers-agree', 'sums', 'lines', 'shares'],
  },
  'a total above the cap': {
    tell: (of) => otherBill(of, ({ totalMicros }) => ({ totalMicros: `9${totalMicros}` })),
    noticed: ['peers-agree', 'sums', 'lines', 'cap', 'shares'],
  },
  'a higher bill that adds up': {
    tell: (of) =>
      otherBill(of, ({ lines, netMicros, shares, totalMicros }) => ({
        lines: lines.map((line, i) =>
          i === 0 ? { ...line, amountMicros: raised(line.amountMicros) } : line,
        ),
        netMicros: raised(netMicros),
        totalMicros: raised(totalMicros),
        shares: { ...shares, vun: raised(shares.vun) },
      })),
    noticed: ['peers-agree', 'sums'],
  },
  'a bill for more energy': {
    tell: (of) => otherBill(of, ({ energyWh }) => ({ energyWh: `9${energyWh}` })),
    noticed: ['peers-agree', 'sums', 'energy'],
  },
  'a bill by another tariff': {
    tell: (of) => otherBill(of, () => ({ tariffVersion: 2 })),
    noticed: ['peers-agree', 'sums', 'bill'],
  },
  'other sums of the batch': {
    tell: (of) => ({ ...of, batchHeader: altered(of.batchHeader, /"totalMicros":"/, '"totalMicros":"9') }),
    noticed: ['peers-agree', 'header', 'sums'],
  },
  'another reading of the meter': {
    tell: (of) => ({
      ...of,
      settledBody: altered(of.settledBody, /(?<before>.*"registerMilliWh":")/, '$<before>9'),
    }),
    noticed: ['peers-agree', 'batch', 'meter-begin', 'meter-end', 'energy'],
  },
  'another meter’s statement': {
    tell: (of) => ({ ...of, settledBody: altered(of.settledBody, /"page":\d/, '"page":9') }),
    noticed: ['batch', 'meter-begin', 'meter-end', 'meter-session'],
  },
  'another quote than the one consented to': {
    tell: (of) => ({ ...of, openBody: altered(of.openBody, /"capMicros":"/, '"capMicros":"9') }),
    noticed: ['peers-agree', 'opening', 'linked', 'consent', 'meter-consent'],
  },
  'a consent of another time': {
    tell: (of) => ({
      ...of,
      openBody: altered(of.openBody, /"consentedAtMs":(\d+)\d/, '"consentedAtMs":$1'),
    }),
    noticed: ['opening', 'linked', 'consent', 'meter-consent'],
  },
  'another offer than the one that home saw': {
    tell: (of) => ({
      ...of,
      openBody: altered(of.openBody, /"maxMicrosPerKWh":"/, '"maxMicrosPerKWh":"9'),
    }),
    noticed: ['opening', 'linked', 'authorised'],
  },
  'another customer': {
    tell: (of) => ({ ...of, openBody: altered(of.openBody, /"cinRef":"[0-9a-f]/, '"cinRef":"x') }),
    noticed: ['opening', 'linked', 'authorised'],
  },
  'another opening, with a root that fits its body': {
    tell: (of) => {
      const openBody = altered(of.openBody, /"capMicros":"/, '"capMicros":"9');
      const leaf = createHash('sha256')
        .update(Buffer.from(`00${bodyHash(openBody)}`, 'hex'))
        .digest('hex');
      const { slot } = of.opening;
      return {
        ...of,
        openBody,
        opening: { ...of.opening, root: leaf, count: 1 },
        openingProof: { state: 'present', proof: { slot, index: 0, size: 1, path: [] } },
      };
    },
    noticed: ['peers-agree', 'linked', 'consent'],
  },
  'another place in the opening': {
    tell: (of) =>
      of.openingProof.state === 'present'
        ? {
            ...of,
            openingProof: {
              state: 'present',
              proof: { ...of.openingProof.proof, slot: of.openingProof.proof.slot + 1 },
            },
          }
        : of,
    noticed: ['opening'],
  },
  'an opening that has not its number': {
    tell: (of) => ({ ...of, opening: { ...of.opening, first: of.opening.first + 64 } }),
    noticed: ['peers-agree', 'number-opened', 'opening'],
  },
  'another Merkle root': { tell: otherRoot, noticed: ['peers-agree', 'batch', 'header'] },
  'another place in the batch': {
    tell: (of) => ({ ...of, ...(of.proof && { proof: { ...of.proof, size: of.proof.size + 1 } }) }),
    noticed: ['batch', 'number'],
  },
  'a session that no valid transaction wrote': {
    tell: (of) => ({ ...of, transactions: of.transactions.map((each) => ({ ...each, valid: false })) }),
    noticed: ['committed'],
  },
  'a session whose end no valid transaction wrote': {
    tell: (of) => ({
      ...of,
      transactions: of.transactions.filter(({ blockNumber }) => blockNumber !== of.record.endedBlock),
    }),
    noticed: ['committed'],
  },
};
