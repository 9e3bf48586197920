const MICROS_PLACES = 6;

/** Micros as people read an amount. */
export const amountText = (micros: bigint): string => {
  const digits = micros.toString().padStart(MICROS_PLACES + 1, '0');
  return `${digits.slice(0, -MICROS_PLACES)}.${digits.slice(-MICROS_PLACES)}`;
};
