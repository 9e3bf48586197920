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
