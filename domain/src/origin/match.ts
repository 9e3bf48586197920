import { allocateMicros } from '../money/index.ts';

/** A range of the Wh of one certificate that its holder may cancel. */
export interface Supply {
  readonly certificateId: string;
  readonly quarterMs: number;
  readonly wh: bigint;
}

/** What a session took in a quarter-hour. */
export interface Demand {
  readonly sessionId: string;
  readonly quarterMs: number;
  readonly wh: bigint;
}

/** Wh of a certificate that are matched to a session. */
export interface Match {
  readonly certificateId: string;
  readonly sessionId: string;
  readonly quarterMs: number;
  readonly wh: bigint;
}

const sumWh = (parts: readonly { readonly wh: bigint }[]): bigint =>
  parts.reduce((sum, { wh }) => sum + wh, 0n);

const byQuarter = <T extends { readonly quarterMs: number }>(
  parts: readonly T[],
): ReadonlyMap<number, T[]> => {
  const quarters = new Map<number, T[]>();
  for (const part of parts) {
    const quarter = quarters.get(part.quarterMs);
    if (quarter === undefined) quarters.set(part.quarterMs, [part]);
    else quarter.push(part);
  }
  return quarters;
};

/** Fills the wishes one after the other from the supplies one after the other. */
const fill = (supplies: readonly Supply[], wishes: readonly Demand[]): readonly Match[] => {
  const matches: Match[] = [];
  let at = 0;
  let leftWh = supplies[0]?.wh ?? 0n;
  for (const { sessionId, quarterMs, wh } of wishes) {
    let openWh = wh;
    while (openWh > 0n) {
      const supply = supplies[at];
      if (supply === undefined) break;
      const takenWh = openWh < leftWh ? openWh : leftWh;
      if (takenWh > 0n)
        matches.push({ certificateId: supply.certificateId, sessionId, quarterMs, wh: takenWh });
      openWh -= takenWh;
      leftWh -= takenWh;
      if (leftWh === 0n) {
        at += 1;
        leftWh = supplies[at]?.wh ?? 0n;
      }
    }
  }
  return matches;
};

/**
 * Matches certificates to sessions, each quarter-hour for itself. Where there is less than was charged, every session gets
 * the same part of its energy (largest remainder to a whole Wh, ties by order), whoever charged first. No certificate
 * gives more than it has, no session takes more than it charged, and nothing is left over where both are there.
 */
export const matchOrigin = (supplies: readonly Supply[], demands: readonly Demand[]): readonly Match[] => {
  const suppliesOf = byQuarter(supplies);
  return [...byQuarter(demands)].flatMap(([quarterMs, wanted]) => {
    const offered = suppliesOf.get(quarterMs) ?? [];
    const offeredWh = sumWh(offered);
    if (offeredWh >= sumWh(wanted)) return fill(offered, wanted);
    const shares = allocateMicros(
      offeredWh,
      wanted.map(({ wh }) => wh),
    );
    return fill(
      offered,
      wanted.map((demand, index) => ({ ...demand, wh: shares[index] ?? 0n })),
    );
  });
};
