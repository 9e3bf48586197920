import type { OcmfReading } from './ocmf-document.ts';

/**
 * Import registers that can be billed from, the one that counts first: what reached the car before what the meter saw, for a
 * cable's losses are not the driver's, and a register that only grows before one that starts with each transaction. Spec:
 * OCMF 1.4, table 25, and the OBIS codes that meters in the field write. Codes of the group C are exports and never count.
 */
const REGISTERS = [
  ['device', /^b1\.0?8\.0?0([*.](ff|255))?$/],
  ['device-transaction', /^b3\.0?8\.0?0([*.](ff|255))?$/],
  ['import', /^0?1\.0?8\.(0?0|e)([*.](ff|255))?$/],
  ['import-transaction', /^0?1\.0?8\.0?0\*198$/],
  ['mains', /^b0\.0?8\.0?0([*.](ff|255))?$/],
  ['mains-transaction', /^b2\.0?8\.0?0([*.](ff|255))?$/],
] as const;

export type BillingRegister = (typeof REGISTERS)[number][0];

/** Medium electricity, channel none, `b` or `0B` as examples write it. */
const MEDIUM = /^0?1-(b|0b|00?):/;

/** Which billable register an OBIS code names; undefined for any other quantity. */
export const registerOf = (obis: string): BillingRegister | undefined => {
  const code = obis.toLowerCase();
  const [medium] = MEDIUM.exec(code) ?? [];
  if (medium === undefined) return undefined;
  return REGISTERS.find(([, pattern]) => pattern.test(code.slice(medium.length)))?.[0];
};

/** The readings of the register that counts, on one side of a transaction; a register that both sides have goes before. */
export const countingReadings = (
  readings: readonly OcmfReading[],
  side: (reading: OcmfReading) => boolean,
  otherSide: (reading: OcmfReading) => boolean,
): { readonly register?: BillingRegister; readonly readings: readonly OcmfReading[] } => {
  const of = (register: BillingRegister, which: (reading: OcmfReading) => boolean) =>
    readings.filter((reading) => which(reading) && registerOf(reading.obis ?? '') === register);
  const here = REGISTERS.map(([register]) => register).filter((register) => of(register, side).length > 0);
  const register = here.find((each) => of(each, otherSide).length > 0) ?? here[0];
  return register === undefined ? { readings: [] } : { register, readings: of(register, side) };
};
