import type { SignedSample } from './sample.ts';

const OCMF = 'OCMF';
const isOcmf = (text: string): boolean => text.startsWith(`${OCMF}|`);
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

/**
 * The text that a meter signed: stations send OCMF as it is or, as 2.x wants it, in base64. Any other format stays as it came,
 * under the name that the station gives it.
 */
export const signedText = ({ data, encoding }: SignedSample): { text: string; encoding: string } => {
  if (isOcmf(data)) return { text: data, encoding: OCMF };
  if (BASE64.test(data)) {
    const inside = Buffer.from(data, 'base64').toString('utf8');
    if (isOcmf(inside)) return { text: inside, encoding: OCMF };
  }
  return { text: data, encoding };
};
