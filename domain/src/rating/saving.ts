import { err, ok, type Result } from '../result/index.ts';
import type { Problem, Tariff, ZoneOffsets } from '../tariff/index.ts';
import type { PricingPolicy } from './policy.ts';
import { rateSession } from './rate-session.ts';
import type { Rated } from './rated.ts';

/** What a house's own sources saved: the bill for all that it took less the bill for what it bought. Spec: PANEL-14. */

/** What one stretch of time took, Wh. */
export interface HouseUse {
  readonly untilMs: number;
  /** All that the house took, and what of it came from the grid. */
  readonly takenWh: bigint;
  readonly boughtWh: bigint;
}

interface SavingInput {
  readonly tariff: Tariff;
  readonly fromMs: number;
  /** In the order of time, each from the end of the one before. */
  readonly uses: readonly HouseUse[];
  readonly zoneOffsets: ZoneOffsets;
  readonly policy?: PricingPolicy;
}

interface Saving {
  /** As if the grid had fed the house alone, and as it was. */
  readonly without: Rated;
  readonly with: Rated;
  /** Their difference with tax; below zero where charging the batteries cost more than they spared. */
  readonly savedMicros: bigint;
}

/** A register over the stretches. */
const readingsOf = ({ fromMs, uses }: SavingInput, wattHours: (use: HouseUse) => bigint) => {
  let energyWh = 0n;
  return [
    { atMs: fromMs, energyWh },
    ...uses.map((use) => {
      energyWh += wattHours(use);
      return { atMs: use.untilMs, energyWh };
    }),
  ].map((reading) => ({ ...reading, state: 'charging' as const }));
};

/** Both bills by the rating code of every bill, and the difference to the micro. Errors: stretches out of order, energy below zero. */
export const savingOf = (input: SavingInput): Result<Saving, readonly Problem[]> => {
  const { tariff, zoneOffsets, policy } = input;
  const rate = (wattHours: (use: HouseUse) => bigint) =>
    rateSession({
      ...{ tariff, zoneOffsets, readings: readingsOf(input, wattHours) },
      ...(policy !== undefined && { policy }),
    });
  const [all, bought] = [rate(({ takenWh }) => takenWh), rate(({ boughtWh }) => boughtWh)];
  if (!all.ok) return err(all.error);
  if (!bought.ok) return err(bought.error);
  return ok({
    without: all.value,
    with: bought.value,
    savedMicros: all.value.totalInclTaxMicros - bought.value.totalInclTaxMicros,
  });
};
