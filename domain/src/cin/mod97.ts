/** Two check digits over decimal digits. Spec: ISO 7064 MOD 97-10. Finds every wrong digit and every adjacent swap. */

const MODULUS = 97n;

/** The two digits, 02 to 98, that make `content` followed by them congruent to one modulo 97. */
export const mod97CheckDigits = (content: string): string =>
  (98n - ((BigInt(content) * 100n) % MODULUS)).toString().padStart(2, '0');

/** True when the last two digits check those before them. 00, 01 and 99 are congruent to right ones and refused. */
export const isMod97Consistent = (digits: string): boolean =>
  mod97CheckDigits(digits.slice(0, -2)) === digits.slice(-2);
