import type { DriverText } from '../model/station-desk.ts';

/** What every version of 2.x can show. */
const LONGEST = 512;

/** Spec: OCPP 2.0.1 part 2, MessageContentType. */
export const messageContent = ({ language, text }: DriverText): object => ({
  format: 'UTF8',
  language,
  content: text.slice(0, LONGEST),
});

/** Money as the JSON number that 2.x wants: six decimal places of the currency’s unit. */
export const costNumber = (micros: bigint): number => {
  const plain = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return Number(`${micros < 0n ? '-' : ''}${plain.slice(0, -6)}.${plain.slice(-6)}`);
};
