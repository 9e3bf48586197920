import { createHash } from 'node:crypto';

/** What a bank does with a transfer that it should not, or that nobody wants. */
export const MISDEEDS = [
  'none',
  'closed', // rejects it: the payee's account is closed
  'no-funds', // rejects it: there is not enough on the account, today
  'late', // books it days later
  'twice', // books it twice
  'short', // keeps a charge of what arrives
  'other-currency', // pays it out in another currency
  'taken-back', // books it, and takes it back
  'nameless', // loses the end-to-end id
] as const;
export type Misdeed = (typeof MISDEEDS)[number];

/** Decides on each transfer, the first time that an end-to-end id is seen and later, by whose account it is from too. */
export type Temper = (endToEndId: string, time: number, from: string) => Misdeed;

export const honest: Temper = () => 'none';

/** The same for the same seed and transfer, on every machine; whatever was done wrong once is done right the second time. */
export const seededTemper =
  (seed: string): Temper =>
  (endToEndId, time) => {
    if (time > 1) return 'none';
    const [byte = 0] = createHash('sha256').update(`${seed}\n${endToEndId}`).digest();
    return MISDEEDS[byte % MISDEEDS.length] ?? 'none';
  };
