import { OcppFault } from './fault.ts';

/** A station's instant. The schemas let texts pass that are no time, such as a leap second. */
export const instantOf = (text: string): number => {
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) throw new OcppFault('PropertyConstraintViolation', `${text} is no instant`);
  return atMs;
};

export const instantText = (atMs: number): string => new Date(atMs).toISOString();
