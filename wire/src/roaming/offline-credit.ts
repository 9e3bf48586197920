import { z } from 'zod';
import { currencyCode, instantMs, naturalMicrosCodec, recordId } from '../codec/scalars.ts';
import { chargerMember } from '../gateway/offline-carry.ts';

/**
 * The credit ledger of a phone, as it tells home of it: access tokens of scope `offline`. Texts are COSE_Sign1 in base64url. Spec: SECURE-5,
 * docs/offline/credit.md.
 */

const base64url = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\w-]+$/, 'base64url');

/** Entries in one request. */
export const CREDIT_ENTRIES = 100;

/** `GET /driver/v1/offline/phones/{phoneId}/credit` */
export const phoneCreditStanding = z.strictObject({
  /** 16 bytes that the phone's next word answers. */
  challenge: base64url(32),
  /** Entries that home has. */
  seq: z.int().min(0),
  /** Home's keys for tokens, by which its word is verified. */
  home: z.array(chargerMember),
});

/** `POST /driver/v1/offline/phones/{phoneId}/credit`: told again, with the challenge of now, it changes nothing. */
export const phoneCreditTold = z.strictObject({
  /** Where the phone stands, with the challenge. */
  head: base64url(1_000),
  /** Those after what home has, the first first. */
  entries: z.array(base64url(22_000)).max(CREDIT_ENTRIES),
});
export type PhoneCreditTold = z.output<typeof phoneCreditTold>;

export const phoneCreditAnswer = z.strictObject({
  /** Home's word: where it stands, what is billed, which tokens are over. */
  ack: base64url(8_000),
  challenge: phoneCreditStanding.shape.challenge,
  seq: phoneCreditStanding.shape.seq,
});

/**
 * `forked`: the key signed two different entries of one number; `rolled-back`: the phone stands before what it told already; `unsaid`: a session began by
 * the key that the ledger does not have; all three are of a phone that was copied or set back, and its key is taken back. `broken`: an entry breaks the ledger's rules.
 */
export const phoneCreditFaultKind = z.enum(['forked', 'rolled-back', 'unsaid', 'broken']);

export const phoneCreditFault = z.strictObject({
  phoneId: recordId,
  kind: phoneCreditFaultKind,
  detail: z.string().max(500),
  foundAtMs: instantMs,
  /** What could still be spent by the phone's tokens when it was found. */
  exposure: z.array(
    z.strictObject({
      currency: currencyCode,
      /** By the customer, whatever happens where: what is held. */
      atHomeMicros: naturalMicrosCodec,
      /** At all chargers together, which do not hear of each other; what is beyond the other sum is the chargers' utility's. */
      atChargersMicros: naturalMicrosCodec,
    }),
  ),
  /** Until then, unless the chargers hear of a later epoch. */
  openUntilMs: instantMs.exactOptional(),
});
export type PhoneCreditFault = z.output<typeof phoneCreditFault>;

/** `GET /operator/v1/offline/credit-faults` (role operator): the latest first; `cursor` of one page is `before` of the next, absent on the last. */
export const phoneCreditFaults = z.strictObject({
  faults: z.array(z.strictObject({ ...phoneCreditFault.shape, customerId: z.string() })),
  cursor: z.string().exactOptional(),
});
export type PhoneCreditFaults = z.output<typeof phoneCreditFaults>;
