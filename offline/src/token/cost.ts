import type { TokenPrice } from './charge-token.ts';

const WH_PER_KWH = 1_000n;
const MS_PER_HOUR = 3_600_000n;

const upwards = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;

/**
 * What a session costs by a token's price, micros. Energy and time are each rounded up to a whole micro: a limit is never passed by what rounding
 * left out. The bill is made by the quote's own rating; it is never above this.
 */
export const costMicros = (price: TokenPrice, energyWh: bigint, lastedMs: bigint): bigint =>
  price.microsPerSession +
  upwards(energyWh * price.microsPerKWh, WH_PER_KWH) +
  upwards(lastedMs * price.microsPerHour, MS_PER_HOUR);

/** The most energy, whole Wh rounded down, that keeps a session of such a length within a cost; 0 where not even its time is paid. */
export const energyWithin = (price: TokenPrice, micros: bigint, lastedMs: bigint, mostWh: bigint): bigint => {
  const left = micros - costMicros(price, 0n, lastedMs);
  if (left < 0n) return 0n;
  if (price.microsPerKWh === 0n) return mostWh;
  const affordable = (left * WH_PER_KWH) / price.microsPerKWh;
  return affordable < mostWh ? affordable : mostWh;
};
