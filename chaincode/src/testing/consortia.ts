import { shares, splitSession, sumSplits, unwrap, type SessionSplit } from '@roamgrid/domain';
import { pairOf } from '@roamgrid/wire';

/** Random consortia with what was charged among them, the same for the same seed. */

export interface RandomInvoice {
  readonly vun: string;
  readonly hun: string;
  readonly cdrMicros: readonly bigint[];
  readonly split: SessionSplit;
  readonly payableMicros: bigint;
  /** Taken back by credit notes, at most what is payable. */
  readonly creditMicros: bigint;
}

/** Numbers of 32 bits from a seed (xorshift). */
export const randomOf = (seed: number): ((below: number) => number) => {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return (below) => {
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    return state % below;
  };
};

const splitOf = (random: (below: number) => number) => {
  const hun = BigInt(random(300_000));
  const infrastructure = BigInt(random(300_000));
  const driver = BigInt(random(100_000));
  return unwrap(shares({ hun, infrastructure, driver, vun: 1_000_000n - hun - infrastructure - driver }));
};

/** Invoices of one period between 2 to 9 utilities. */
export const randomInvoices = (seed: number): readonly RandomInvoice[] => {
  const random = randomOf(seed);
  const members = Array.from({ length: 2 + random(8) }, (_, at) => `US${(100 + at).toString()}`);
  const invoices: RandomInvoice[] = [];
  for (const vun of members) {
    for (const hun of members) {
      if (vun === hun || random(3) === 0) continue;
      const parts = splitOf(random);
      const cdrMicros = Array.from({ length: 1 + random(4) }, () => BigInt(random(90_000_000)));
      const split = sumSplits(cdrMicros.map((micros) => splitSession(micros, parts)));
      const payableMicros = split.vun + split.infrastructure;
      const creditMicros = random(5) === 0 ? (payableMicros * BigInt(random(1_001))) / 1_000n : 0n;
      invoices.push({ vun, hun, cdrMicros, split, payableMicros, creditMicros });
    }
  }
  return invoices;
};

/** Payables of a pair, credit notes as what the creditor owes back. */
export const payablesByPair = (invoices: readonly RandomInvoice[]) => {
  const pairs = new Map<string, { low: string; high: string; payables: (readonly [string, Payable])[] }>();
  for (const [at, { vun, hun, payableMicros, creditMicros }] of invoices.entries()) {
    const { low, high } = pairOf(vun, hun);
    const known = pairs.get(`${low} ${high}`) ?? { low, high, payables: [] };
    pairs.set(`${low} ${high}`, known);
    known.payables.push([`invoice:i${at}`, { currency: 'USD', debtor: hun, payableMicros }]);
    if (creditMicros > 0n)
      known.payables.push([`credit:i${at}`, { currency: 'USD', debtor: vun, payableMicros: creditMicros }]);
  }
  return [...pairs.values()];
};
interface Payable {
  readonly currency: string;
  readonly debtor: string;
  readonly payableMicros: bigint;
}
