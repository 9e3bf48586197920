import { z } from 'zod';

/**
 * A visited utility takes a charge record of its own back: home disputes it on the ledger, and the visited utility answers with
 * what it said. Told again it is told once; each answers 204, and what cannot be now is a problem with status 503 or 504.
 * `POST /internal/v1/sessions/{sessionId}/take-back` (AAA node → own gateway), `POST /router/v1/sessions/{sessionId}/take-back`
 * (gateway → own router), `POST /roaming/v1/sessions/{sessionId}/take-back` (router → home's AAA node).
 */
export const takeBackRequest = z.strictObject({
  /** Why; it stands on the ledger as the dispute's evidence. */
  statement: z.string().min(1).max(1_000),
});
export type TakeBackRequest = z.output<typeof takeBackRequest>;
