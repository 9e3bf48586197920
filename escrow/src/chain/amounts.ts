/** A thousandth of a thousandth of the currency's unit has six decimals; a token has its own number of them. */
const MICROS_DECIMALS = 6;
/** Tokens with more do not exist in use, and the powers stay small. */
const MOST_DECIMALS = 36;

const factorOf = (decimals: number): { readonly up: bigint; readonly down: bigint } => {
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > MOST_DECIMALS)
    throw new RangeError(`a token has 0 to ${MOST_DECIMALS} decimals, not ${decimals}`);
  return {
    up: 10n ** BigInt(Math.max(0, decimals - MICROS_DECIMALS)),
    down: 10n ** BigInt(Math.max(0, MICROS_DECIMALS - decimals)),
  };
};

const requireNatural = (amount: bigint): void => {
  if (amount < 0n) throw new RangeError(`an amount that is paid is not negative: ${amount}`);
};

/**
 * What to transfer for an amount: one token is one unit of the currency. A token with fewer decimals than micros cannot
 * carry the last digits: the transfer is rounded down, and what is left over is given back to be asked for with the next
 * amount, so over any number of payments nothing is lost and nobody pays ahead.
 */
export const toBaseUnits = (
  micros: bigint,
  decimals: number,
  carriedMicros = 0n,
): { readonly baseUnits: bigint; readonly carriedMicros: bigint } => {
  requireNatural(micros);
  requireNatural(carriedMicros);
  const { up, down } = factorOf(decimals);
  const dueMicros = micros + carriedMicros;
  return { baseUnits: (dueMicros / down) * up, carriedMicros: dueMicros % down };
};

/**
 * What a transfer is worth: rounded down where the token has more decimals than micros, with the base units left over given
 * back to be counted with the next transfer.
 */
export const toMicros = (
  baseUnits: bigint,
  decimals: number,
  carriedBaseUnits = 0n,
): { readonly micros: bigint; readonly carriedBaseUnits: bigint } => {
  requireNatural(baseUnits);
  requireNatural(carriedBaseUnits);
  const { up, down } = factorOf(decimals);
  const held = baseUnits + carriedBaseUnits;
  return { micros: (held / up) * down, carriedBaseUnits: held % up };
};
