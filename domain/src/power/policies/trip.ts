/** A way that somebody means to drive. */
export interface Trip {
  readonly km: bigint;
  readonly whPerKm: bigint;
  readonly isRain: boolean;
  readonly isDenseTraffic: boolean;
}

/** In parts per thousand: what is kept above what the way takes, and by how much rain and dense traffic make it longer; the last two are ours. */
const SPARE_PERMILLE = 1_200n;
const RAIN_PERMILLE = 1_100n;
const TRAFFIC_PERMILLE = 1_150n;
const WHOLE = 1_000n;

/** What a car keeps for a trip, Wh rounded up. Spec: PANEL-9. */
export const tripReserveWh = ({ km, whPerKm, isRain, isDenseTraffic }: Trip): bigint => {
  const weather = isRain ? RAIN_PERMILLE : WHOLE;
  const traffic = isDenseTraffic ? TRAFFIC_PERMILLE : WHOLE;
  const whole = WHOLE * WHOLE * WHOLE;
  return (km * whPerKm * SPARE_PERMILLE * weather * traffic + whole - 1n) / whole;
};
