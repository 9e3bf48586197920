const MICROS_PLACES = 6;

/** Micros as people read an amount. */
export const amountText = (micros: bigint): string => {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(MICROS_PLACES + 1, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -MICROS_PLACES)}.${digits.slice(-MICROS_PLACES)}`;
};
