import { createHash } from 'node:crypto';
import { duration } from '@roamgrid/service-kit/runtime';
import { powerWCodec, recordId } from '@roamgrid/wire';
import { z } from 'zod';
import { LEAST_HOUSES } from './shares.ts';

export const LANES = 3;
const perPhaseW = z.array(powerWCodec).length(LANES);

const member = z.strictObject({
  houseId: recordId,
  /** Its Ed25519 key, SPKI in base64: the operator of the connection writes it down when the house joins. */
  publicKey: z.base64(),
  /** Where its agent listens. */
  url: z.url(),
  /** What it may always take by phase, W, agreed or not. It is never lent. */
  staticW: perPhaseW,
});

/** The houses of a connection, the same at each of them. */
export const communityRegister = z
  .strictObject({
    communityId: recordId,
    /** What the connection carries by phase, W. */
    connectionW: perPhaseW,
    /** Limits are multiples of this, W. */
    stepW: powerWCodec.default(250n),
    slotMs: duration(900_000),
    /** So many slots are planned, and so many of them agreed on. */
    plannedSlots: z.int().min(1).max(192).default(96),
    boundSlots: z.int().min(1).max(96).default(16),
    /** Rounds of wishes before what is claimed. */
    rounds: z.int().min(1).max(40).default(8),
    /** By how much a house's clock may be off. */
    slackMs: duration(1_000),
    members: z.array(member).min(LEAST_HOUSES).max(64),
  })
  .refine(({ stepW }) => stepW > 0n, { message: 'a step is one watt at least' })
  .refine(
    ({ connectionW, members }) =>
      connectionW.every(
        (limitW, lane) => members.reduce((sum, { staticW }) => sum + (staticW[lane] ?? 0n), 0n) <= limitW,
      ),
    { message: 'the static parts add up to more than the connection carries on a phase' },
  )
  .refine(({ members }) => new Set(members.map(({ houseId }) => houseId)).size === members.length, {
    message: 'each house once',
  });
export type CommunityRegister = z.output<typeof communityRegister>;
export type Member = CommunityRegister['members'][number];

/** Steps above the static parts that a phase has for all houses together, rounded down. */
export const freeSteps = ({ connectionW, members, stepW }: CommunityRegister, lane: number): bigint => {
  const staticW = members.reduce((sum, house) => sum + (house.staticW[lane] ?? 0n), 0n);
  return ((connectionW[lane] ?? 0n) - staticW) / stepW;
};

/** What houses with another register cannot agree by. */
export const registerHash = (register: CommunityRegister): string =>
  createHash('sha256')
    .update(JSON.stringify(communityRegister.encode(register)))
    .digest('hex');
