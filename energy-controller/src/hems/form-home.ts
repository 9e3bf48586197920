import type { Claim, Forecast, Horizon, PowerState } from '@roamgrid/domain/power';
import type { EnergySignal, HomePlanMessage } from '@roamgrid/wire';
import type { Expected } from '../home/expected.ts';
import type { HomeConfig } from './config.ts';
import type { LedgerPrice } from './tariff-book.ts';
import { surgesOf, toldPrice } from './told-world.ts';

/** Above every price: what is bought while the grid is short, besides its price. */
const SURGE_MICROS_PER_KWH = 1_000_000n;
/** An outage is taken to last so long. */
const OUTAGE_MS = 4 * 3_600_000;
/** By then nobody knows which course comes. */
const SHARED_MS = 6 * 3_600_000;
/** More than a house has. */
const PLENTY_W = 1_000_000n;

export interface SlotPrice {
  readonly microsPerKWh: bigint;
  readonly exportMicrosPerKWh: bigint | undefined;
  readonly tariff: LedgerPrice['tariff'] | undefined;
}

export interface Priced {
  readonly config: HomeConfig;
  readonly signals: readonly EnergySignal[];
  readonly ledgerPrice: (startMs: number, endMs: number) => LedgerPrice | undefined;
}

/** The price of each slot: the ledger's where the house is billed by a tariff, else what was told, else what is configured. */
export const pricesOf = ({ config, signals, ledgerPrice }: Priced, startMs: number): readonly SlotPrice[] =>
  Array.from({ length: config.slots }, (_, at) => {
    const slotStartMs = startMs + at * config.slotMs;
    const ledger = ledgerPrice(slotStartMs, slotStartMs + config.slotMs);
    const told = toldPrice(signals, slotStartMs);
    return {
      microsPerKWh: ledger?.microsPerKWh ?? told?.microsPerKWh ?? config.priceMicrosPerKWh,
      exportMicrosPerKWh: told?.exportMicrosPerKWh,
      tariff: ledger?.tariff,
    };
  });

export interface HomeScene {
  readonly state: PowerState;
  readonly config: HomeConfig;
  readonly signals: readonly EnergySignal[];
  readonly prices: readonly SlotPrice[];
  readonly expected: readonly Expected[];
  readonly caps: readonly HomePlanMessage['caps'][number][];
  readonly startMs: number;
}

const isLoad = ({ kind }: Claim): boolean => kind === 'circuit' || kind === 'compute';

/** What all of some things do is expected of the first of them. */
const ofFirst = (
  ids: readonly string[],
  watts: readonly bigint[],
): Readonly<Record<string, readonly bigint[]>> =>
  Object.fromEntries(ids.map((id, at) => [id, at === 0 ? watts : [0n]]));

/** What is asked of a solver: prices, what may come of load and sun, what events leave, and what things are worth. */
export const horizonOf = ({
  state,
  config,
  signals,
  prices,
  expected,
  caps,
  startMs,
}: HomeScene): Horizon => {
  const { slotMs, slots } = config;
  const at = (slot: number): { readonly beginMs: number; readonly endMs: number } => ({
    beginMs: startMs + slot * slotMs,
    endMs: startMs + (slot + 1) * slotMs,
  });
  const each = <T>(of: (slot: number) => T): readonly T[] =>
    Array.from({ length: slots }, (_, slot) => of(slot));
  const isIn = (span: { readonly startMs: number; readonly endMs: number }, slot: number): boolean => {
    const { beginMs, endMs } = at(slot);
    return span.startMs < endMs && beginMs < span.endMs;
  };
  const grid = state.sources.find(({ kind }) => kind === 'grid');
  const gridW = each((slot) => {
    const hasW =
      state.signals.outage !== true ? (grid?.availableW ?? 0n) : slot * slotMs < OUTAGE_MS ? 0n : PLENTY_W;
    return caps.reduce((least, cap) => (isIn(cap, slot) && cap.capW < least ? cap.capW : least), hasW);
  });
  const surges = surgesOf(signals, config);
  const dear = each((slot) => (surges.some((surge) => isIn(surge, slot)) ? SURGE_MICROS_PER_KWH : 0n));
  const bought = state.claims.filter(({ kind, fromKinds }) => kind === 'charge' && fromKinds === undefined);
  const loads = state.claims.filter(isLoad).map(({ claimId }) => claimId);
  const roofs = state.sources.filter(({ kind }) => kind === 'renewable').map(({ sourceId }) => sourceId);
  const isExported = prices.some(({ exportMicrosPerKWh }) => exportMicrosPerKWh !== undefined);
  const forecast = ({ loadW, solarW }: Expected): Forecast => ({
    priceMicrosPerKWh: prices.map(({ microsPerKWh }) => microsPerKWh),
    ...(isExported && {
      exportMicrosPerKWh: prices.map(({ exportMicrosPerKWh = 0n }) => exportMicrosPerKWh),
    }),
    loadW: ofFirst(loads, loadW),
    availableW: {
      ...ofFirst(roofs, solarW),
      ...(grid !== undefined && { [grid.sourceId]: gridW }),
    },
    ...(surges.length > 0 && {
      chargeMicrosPerKWh: Object.fromEntries(bought.map(({ claimId }) => [claimId, dear])),
    }),
  });
  const scenarios = expected.map(forecast);
  return {
    ...{ slotMs, slots, forecast: scenarios[0] ?? {} },
    ...(scenarios.length > 1 && { scenarios, sharedSlots: Math.min(slots, SHARED_MS / slotMs) }),
    weights: {
      // More than any price, and less than that for who is served a slot later.
      unmetMicrosPerKWh: 100_000_000n,
      softMicrosPerKWh: 100_000_000n,
      peakMicrosPerKW: 0n,
      peakSoFarW: 0n,
      wearMicrosPerKWh: config.wearMicrosPerKWh,
      laterMicrosPerKWh: 2n,
    },
  };
};
