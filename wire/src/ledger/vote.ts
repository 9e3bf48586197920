import { z } from 'zod';
import { instantMs, mspId, utilityId } from '../codec/scalars.ts';

/** What the members of a consortium decide about one of them. */
export const voteDecision = z.enum([
  'admit', // an applicant becomes a member, and the prefix its own
  'suspend', // a member takes part in nothing new
  'reinstate', // a suspended member takes part again
  'issuer', // the OpenID issuer and AAA address that a member asked for take the place of the present ones
  'appoint-registrar', // a member certifies others' generation
  'dismiss-registrar', // it does so no longer; what it issued stands
]);
export type VoteDecision = z.infer<typeof voteDecision>;

/** One organisation's vote; it may change it until the matter is decided. */
export const voteRecord = z.strictObject({
  type: z.literal('vote'),
  version: z.int().min(1),
  utilityId,
  decision: voteDecision,
  /** Version of what is voted on. */
  onVersion: z.int().min(1),
  /** Who votes: an organisation has one vote, however many utilities it runs. */
  mspId,
  yes: z.boolean(),
  votedAtMs: instantMs,
});
export type VoteRecord = z.infer<typeof voteRecord>;

/**
 * Whether so many votes in favour decide among so many voters: more than half. None is suspended by one other alone: of
 * two members either would hold the other's fate, and they have their agreement's notice to part.
 */
export const carries = (decision: VoteDecision, inFavour: number, voters: number): boolean =>
  2 * inFavour > voters && inFavour >= (decision === 'suspend' ? 2 : 1);
