import { z } from 'zod';
import { instantMs } from '../codec/scalars.ts';
import { sessionId } from '../ledger/lane.ts';

/** What a driver contests of his bill, and what becomes of it. */

/**
 * `POST /driver/v1/contests` at home's gateway (scope `bills`), `POST /internal/v1/customers/{sub}/contests` at its AAA node: a
 * session on a bill of the customer's own, once; answers `driverContest`.
 */
export const contestRequest = z.strictObject({ sessionId, statement: z.string().trim().min(1).max(2_000) });
export type ContestRequest = z.output<typeof contestRequest>;

export const driverContest = z.strictObject({
  sessionId,
  statement: z.string(),
  contestedAtMs: instantMs,
  /**
   * `open`: home looks at it. `answered`: home answered by itself. `raised`: home disputes the record with the visited utility.
   * Then what that came to: the record stands, costs less, or nothing.
   */
  state: z.enum(['open', 'answered', 'raised', 'upheld', 'revised', 'credited']),
  /** Home's own words. */
  answer: z.string().exactOptional(),
  /** Of an open one: why the ledger did not take home's dispute of the record, so that home answers by itself. */
  refusal: z.string().exactOptional(),
});
export type DriverContest = z.output<typeof driverContest>;

/** `GET` of the same paths: the latest first. */
export const driverContests = z.strictObject({ contests: z.array(driverContest) });
