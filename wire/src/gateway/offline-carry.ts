import { z } from 'zod';
import { compactJws, evseId, instantMs, publicJwk, utilityId } from '../codec/scalars.ts';
import { base64url, count } from './offline-scalars.ts';

/** What phones carry between a utility and its chargers that hear of nobody: `/offline/v1`, which anyone may ask. */

/** Records and leaves in one request. */
export const CARRIED_RECORDS = 20;

/**
 * `PUT /operator/v1/offline/chargers/{evseId}/certificate` (role operator) and `PUT /station/v1/offline/chargers/{evseId}/certificate` (the station of
 * the outlet): the key of the charger, made there. Another key takes the place of the one before.
 */
export const chargerCertificateRequest = z.strictObject({ key: publicJwk });

/** What a charger is set up with. */
export const chargerCertificate = z.strictObject({
  /** COSE_Sign1 in base64url, as the two below. */
  certificate: base64url(1_000),
  fromMs: instantMs,
  untilMs: instantMs,
  operator: z.strictObject({
    kid: base64url(64),
    key: publicJwk.omit({ kid: true }),
    /** For whom records are sealed: a whole point, 65 bytes. */
    readerPoint: base64url(100),
  }),
  /** Whose tokens it believes. */
  issuers: base64url(200_000),
});
export type SetUpCharger = z.infer<typeof chargerCertificate>;

/** A member's key that vouches for chargers, as phones have it: by it a phone believes a charger's certificate. */
export const chargerMember = z.strictObject({
  utilityId,
  kid: base64url(64),
  key: publicJwk.omit({ kid: true }),
  fromS: z.int().min(0),
  untilS: z.int().min(0),
});

/** A word of the utility, which chargers take when its version is later than what holds. */
const versionedWord = z.strictObject({ version: count, word: base64url(20_000) });

/** `GET /offline/v1/carried?evseId=` */
export const carriedWords = z.strictObject({
  issuers: z.strictObject({ version: count, list: base64url(200_000) }),
  members: z.array(chargerMember),
  /** Of the outlet that was named, as those that follow: which of its sessions it may forget. */
  receipt: base64url(4_000).exactOptional(),
  /** What holds there, and who has reserved it. */
  rules: versionedWord.exactOptional(),
  slots: versionedWord.exactOptional(),
  /** At which chargers of its site nobody may start. */
  unavailable: versionedWord.exactOptional(),
  /** How much its site's chargers may give, and when. */
  caps: versionedWord.exactOptional(),
  /** A release that its charger lacks, as far as it was heard of. */
  firmware: z.strictObject({ model: z.string().max(48), version: count }).exactOptional(),
});
export type CarriedWords = z.infer<typeof carriedWords>;

/** `POST /offline/v1/records`: what a phone took from chargers, its own sessions or others'; it cannot read them. */
export const carriedRecords = z.strictObject({
  records: z
    .array(z.strictObject({ evseId, number: count, sealed: base64url(8_192) }))
    .min(1)
    .max(CARRIED_RECORDS),
  /** An `offlineLeave` of each own token, where the phone has it. */
  leaves: z.array(compactJws).max(CARRIED_RECORDS).default([]),
});
export type CarriedRecords = z.output<typeof carriedRecords>;

export const carriedState = z.strictObject({
  evseId,
  number: count,
  /** `taken`: it is kept here, and will be booked; `booked`: it is on the ledger; `refused`: it never will be. */
  state: z.enum(['taken', 'booked', 'refused']),
  code: z.string().exactOptional(),
  message: z.string().exactOptional(),
});
export type CarriedState = z.infer<typeof carriedState>;

export const carriedAnswer = z.strictObject({
  /** In the order of the request. */
  records: z.array(carriedState),
  /** For the chargers of records that are booked. */
  receipts: z.array(z.strictObject({ evseId, receipt: base64url(4_000) })),
});
export type CarriedAnswer = z.infer<typeof carriedAnswer>;

/** `GET /operator/v1/offline/records?evseId=&state=&limit=` (role operator) */
export const keptRecord = z.strictObject({
  evseId,
  number: count,
  /** 16 bytes in hex. */
  tokenId: z.string().regex(/^[0-9a-f]{32}$/),
  state: carriedState.shape.state,
  takenAtMs: instantMs,
  code: z.string().exactOptional(),
  message: z.string().exactOptional(),
});
export type KeptRecord = z.infer<typeof keptRecord>;
export const keptRecords = z.strictObject({ records: z.array(keptRecord) });

/** `POST /offline/v1/time`: what time it is, for the challenge that a charger showed. */
export const timeQuestion = z.strictObject({
  evseId,
  bootCounter: count,
  monotonicMs: z.int().min(0),
});
export const timeAnswer = z.strictObject({ word: base64url(1_000) });

/**
 * `POST /internal/v1/offline/leaves` (role aaa), and on the way there `/router/v1/offline/leaves` and `/roaming/v1/offline/leaves`: home tells the
 * utility of the chargers what it signed beside a token, so that a record can be booked whoever brings it. Told again it changes nothing.
 */
export const leaveNotice = z.strictObject({ leave: compactJws });
