import { createHash, type X509Certificate } from 'node:crypto';

/** A device's long id: the first 160 bits of its certificate's SHA-256, in hex. Spec: IEEE 2030.5-2018 §6.3.4. */
export const lfdiOf = (certificate: X509Certificate): string =>
  createHash('sha256').update(certificate.raw).digest('hex').slice(0, 40).toUpperCase();

/** The short one: 36 bits in decimal, with a digit that makes the sum of all a multiple of ten. Spec: §6.3.3. */
export const sfdiOf = (lfdi: string): string => {
  const bits = BigInt(`0x${lfdi.slice(0, 9)}`).toString();
  const sum = Array.from(bits, Number).reduce((total, digit) => total + digit, 0);
  return `${bits}${(10 - (sum % 10)) % 10}`;
};
