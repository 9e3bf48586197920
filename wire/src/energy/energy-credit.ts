import { hash } from 'node:crypto';
import { z } from 'zod';
import {
  channelName,
  compactJws,
  energyWhCodec,
  instantMs,
  publicJwk,
  recordId,
  sha256Hex,
  utilityId,
  type PublicJwk,
} from '../codec/scalars.ts';
import { commandId } from '../ledger/envelope.ts';
import { houseHeader, houseRef } from './house-record.ts';

/**
 * Credits between vehicles (PANEL-14): Wh that a car or the sun gave to a house, by a meter's signature, held by a vehicle's key and
 * passed on by its signature. Each Wh of a credit has a number and is in one holding at any time, as with certificates of generation.
 */

/** A vehicle as the ledger knows it: SHA-256 of a public key of its owner, who may have as many as he likes. Spec: RFC 7638 §3. */
export const creditHolder = ({ crv, kty, x, y }: PublicJwk): string =>
  hash('sha256', JSON.stringify({ crv, kty, x, y }), 'hex');

/** SHA-256 of the meter's record that it was earned by: the same energy is a credit once. */
const creditId = sha256Hex;
const holder = sha256Hex;
/** Parts of one move. */
const MOVE_PARTS = 100;

/** How a credit came to be: written once. */
export const creditGrantRecord = z.strictObject({
  type: z.literal('creditGrant'),
  version: z.literal(1),
  creditId,
  agreementId: recordId,
  vun: utilityId,
  hun: utilityId,
  /** The batch whose root has the metered flow. */
  houseRef,
  number: houseHeader.shape.number,
  wh: energyWhCodec,
  holder,
  grantedAtMs: instantMs,
});
export type CreditGrantRecord = z.infer<typeof creditGrantRecord>;

/** The Wh of a credit from one number to before another, and whose they are. */
export const energyCreditRecord = z.strictObject({
  type: z.literal('energyCredit'),
  version: z.int().min(1),
  creditId,
  fromWh: energyWhCodec,
  toWh: energyWhCodec,
  holder,
});
export type EnergyCreditRecord = z.infer<typeof energyCreditRecord>;

/** What the owner signs (`DOCUMENT_TYPE.creditMove`): these Wh go to another key. It moves once, by its id, on this channel. */
export const creditMove = z.strictObject({
  moveId: recordId,
  channel: channelName,
  to: holder,
  parts: z
    .array(
      z.strictObject({
        creditId,
        /** First Wh of the holding that they are taken from. */
        holdingFromWh: energyWhCodec,
        fromWh: energyWhCodec,
        toWh: energyWhCodec,
      }),
    )
    .min(1)
    .max(MOVE_PARTS),
  /** Not moved later. */
  validUntilMs: instantMs,
});
export type CreditMove = z.infer<typeof creditMove>;

/** That it was moved, with the owner's own word: written once. */
export const creditMoveRecord = z.strictObject({
  type: z.literal('creditMove'),
  version: z.literal(1),
  moveId: recordId,
  from: holder,
  to: holder,
  wh: energyWhCodec,
  order: compactJws,
  key: publicJwk,
  movedAtMs: instantMs,
});
export type CreditMoveRecord = z.infer<typeof creditMoveRecord>;

export const creditCommands = {
  /**
   * Role station or aaa of either party of the house. Transient `entry`: the flow of the house's batch, `path`: the way to its root. The
   * flow is signed by its meter, comes in from a car or the sun, and names the holder.
   */
  grantCredit: z.strictObject({
    commandId,
    agreementId: recordId,
    vun: utilityId,
    hun: utilityId,
    creditId,
    houseRef,
    number: houseHeader.shape.number,
    wh: energyWhCodec,
    holder,
  }),
  /** Role aaa of any member, for whoever signed. `order`: compact JWS of `CreditMove`, by `key`, whose `creditHolder` holds the Wh. */
  moveCredit: z.strictObject({ commandId, order: compactJws, key: publicJwk }),
} as const;

export const creditQueries = {
  getCreditMove: z.strictObject({ from: holder, moveId: recordId }),
  listCredit: z.strictObject({
    creditId,
    pageSize: z.int().min(1).max(100),
    bookmark: z.string(),
  }),
} as const;
