import { rateSession, resolveZone } from '@roamgrid/domain';
import { readTariffJson } from '@roamgrid/wire';

const HOUR_MS = 3_600_000;
const WH_PER_KWH = 1_000n;

export interface PricedHour {
  readonly startMs: number;
  readonly microsPerKWh: bigint;
}

/** Energy price before tax of each hour: what the rating engine makes of one kilowatt-hour in it. */
export function priceHours(
  tariffJson: string,
  timeZone: string,
  fromMs: number,
  hours: number,
): readonly PricedHour[] {
  const tariff = readTariffJson(tariffJson);
  const firstMs = Math.floor(fromMs / HOUR_MS) * HOUR_MS;
  const zone = resolveZone(timeZone, firstMs, firstMs + hours * HOUR_MS);
  if (!tariff.ok || !zone.ok) return [];
  return Array.from({ length: hours }, (_, hour) => {
    const startMs = firstMs + hour * HOUR_MS;
    const rated = rateSession({
      tariff: tariff.value,
      readings: [
        { atMs: startMs, energyWh: 0n, state: 'charging' },
        { atMs: startMs + HOUR_MS, energyWh: WH_PER_KWH, state: 'charging' },
      ],
      zoneOffsets: zone.value,
    });
    return { startMs, microsPerKWh: rated.ok ? rated.value.energy.micros : 0n };
  });
}
