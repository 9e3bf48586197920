import type { StandInCardTable } from '../../store/schema.ts';

/** From the partner's yes to the offer that is made on it. */
const OFFERED_WITHIN_MS = 60_000;

/** The partner's last yes to a card, where the session can be of it: it began after the yes, and within its offer's life. */
export const referenceOf = (
  { reference, reference_at_ms: givenAtMs }: Pick<StandInCardTable, 'reference' | 'reference_at_ms'>,
  { issuedAtMs, validUntilMs }: { readonly issuedAtMs: number; readonly validUntilMs: number },
  startMs: number,
): string | undefined => {
  if (reference === null || givenAtMs === null || givenAtMs > startMs) return undefined;
  const lastsMs = validUntilMs - issuedAtMs + OFFERED_WITHIN_MS;
  return startMs - givenAtMs <= lastsMs ? reference : undefined;
};
