import { z } from 'zod';
import { meterJwk } from '../codec/meter-jwk.ts';
import {
  energyWhCodec,
  evseId,
  instantMs,
  publicJwk,
  recordId,
  salt,
  sha256Hex,
  utilityId,
  compactJws,
} from '../codec/scalars.ts';
import { datedKey } from '../ledger/dated-keys.ts';
import { commandId, LEDGER_LIMITS } from '../ledger/envelope.ts';
import { localId } from './allocation.ts';
import { signedInterval } from './compute.ts';
import { noticeCode } from './tampering.ts';

/**
 * What a house's energy panel did and measured, in batches that its panel signs (PANEL-10): a root on the channel, the entries with two
 * utilities, the one that the house is a customer of (HUN) and the one whose grid serves it (VUN). A house has a pseudonym for a time.
 */

export const HOUSE_LIMITS = {
  /** How long one pseudonym serves at most, ms: a quarter of a year and a week to change it in. */
  pseudonymMs: 99 * 86_400_000,
  meters: 32,
  /** Present keys of one panel: two while it changes them. */
  keys: 2,
  entries: LEDGER_LIMITS.batchItems,
} as const;

/** A house for some months: SHA-256 keyed by a secret of its home utility, so that nobody else knows whose it is or that two are one. */
export const houseRef = sha256Hex;

/** What energy comes from or goes to, as seen from the house. */
export const houseSource = z.enum(['grid', 'renewable', 'ess', 'ev']);
export type HouseSource = z.infer<typeof houseSource>;

/** A meter whose signed register counts what comes `in` to the house from a source, or goes `out` to it. */
const houseMeter = z.strictObject({
  meterRef: localId,
  of: houseSource,
  counts: z.enum(['in', 'out']),
  meterId: z.string().max(64),
  evseId,
  publicKey: meterJwk,
});
export type HouseMeter = z.infer<typeof houseMeter>;

/** Private body of a house, in both parties' implicit collections under `house:<houseRef>`. Meters would tell whose it is. */
export const houseBody = z.strictObject({
  houseRef,
  meters: z.array(houseMeter).max(HOUSE_LIMITS.meters),
  salt,
});
export type HouseBody = z.infer<typeof houseBody>;

/** What the channel sees of a house. */
export const houseRecord = z.strictObject({
  type: z.literal('house'),
  version: z.int().min(1),
  houseRef,
  agreementId: recordId,
  /** Whose grid serves it, and whose customer it is. */
  vun: utilityId,
  hun: utilityId,
  fromMs: instantMs,
  /** End of the pseudonym: nothing later is recorded under it. */
  untilMs: instantMs,
  /** Keys that its panel signs batches with, each of this house alone. */
  panelKeys: z.array(datedKey),
  bodyHash: sha256Hex,
});
export type HouseRecord = z.infer<typeof houseRecord>;

/** Whose panel a key is of, by `meterKeyId`: a key speaks for one house. */
export const panelKeyRecord = z.strictObject({
  type: z.literal('panelKey'),
  version: z.literal(1),
  houseRef,
});

const at = { atMs: instantMs, salt };
/** Something that the panel did, or that happened at it, and why. */
const panelEvent = z.strictObject({
  ...at,
  kind: z.literal('event'),
  code: noticeCode,
  /** The circuit, source or setting. */
  of: localId,
  to: z.string().max(64).exactOptional(),
  reason: z.string().max(240),
});
/** State of charge of a battery. */
const stateOfCharge = z.strictObject({
  ...at,
  kind: z.literal('soc'),
  of: z.enum(['ess', 'ev']),
  /** The battery for the time of the house's pseudonym: SHA-256 keyed by a secret of the panel. */
  batteryRef: sha256Hex,
  storedWh: energyWhCodec,
  capacityWh: energyWhCodec,
});
/** What the grid's signal said: its demand, parts per thousand of what it is built for. */
const gridDemand = z.strictObject({ ...at, kind: z.literal('demand'), demandPermille: z.int().min(0) });
/** What a meter counted from `atMs` until `untilMs`; signed where its register is, or else what the panel read. */
const meteredFlow = z.strictObject({
  ...at,
  kind: z.literal('flow'),
  untilMs: instantMs,
  meterRef: localId,
  of: houseSource,
  counts: z.enum(['in', 'out']),
  energyWh: energyWhCodec,
  signed: signedInterval.exactOptional(),
  /** Who earns the energy as a credit: a key of the vehicle (`creditHolder`). Of signed energy in from a car or the sun. */
  creditTo: sha256Hex.exactOptional(),
});
export const houseEntry = z.discriminatedUnion('kind', [panelEvent, stateOfCharge, gridDemand, meteredFlow]);
export type HouseEntry = z.infer<typeof houseEntry>;
export type MeteredFlow = z.infer<typeof meteredFlow>;

/** Private body of a batch, in both parties' implicit collections under `houseBatch:<houseRef>:<number>`. */
export const houseHeader = z.strictObject({
  houseRef,
  /** From 1 on, without a gap. */
  number: z.int().min(1),
  /** `headerHash` of the batch before; absent in the first. */
  previousHash: sha256Hex.exactOptional(),
  fromMs: instantMs,
  untilMs: instantMs,
  /** Σ of the flows of the grid: bought and exported. */
  gridInWh: energyWhCodec,
  gridOutWh: energyWhCodec,
  merkleRoot: sha256Hex,
  salt,
});
export type HouseHeader = z.infer<typeof houseHeader>;

/** What a panel signs of a batch (`DOCUMENT_TYPE.houseBatch`). */
export const houseSeal = z.strictObject({
  houseRef,
  number: houseHeader.shape.number,
  headerHash: sha256Hex,
});

const stated = {
  houseRef,
  number: houseHeader.shape.number,
  previousHash: sha256Hex.exactOptional(),
  headerHash: sha256Hex,
  merkleRoot: sha256Hex,
  /** Compact JWS of `houseSeal` by a key of the panel. */
  seal: compactJws,
};

/** What the channel sees of a batch: written once. */
export const houseBatchRecord = z.strictObject({
  type: z.literal('houseBatch'),
  version: z.literal(1),
  ...stated,
  agreementId: recordId,
  vun: utilityId,
  hun: utilityId,
  entries: z.int().min(1).max(HOUSE_LIMITS.entries),
  fromMs: instantMs,
  untilMs: instantMs,
  recordedAtMs: instantMs,
});
export type HouseBatchRecord = z.infer<typeof houseBatchRecord>;

/** A batch by its name. */
export const houseBatchRef = z.strictObject({ houseRef, number: houseHeader.shape.number });

/** Where a house's batches stand. */
export const houseChainRecord = z.strictObject({
  type: z.literal('houseChain'),
  version: z.int().min(1),
  houseRef,
  number: houseHeader.shape.number,
  headerHash: sha256Hex,
  untilMs: instantMs,
});

const pair = { agreementId: recordId, vun: utilityId, hun: utilityId };

export const houseCommands = {
  /**
   * Role operator or aaa of the HUN. States the present panel keys: one that is left out ends now. Transient `house`: HouseBody. Pair,
   * agreement and time of a house never change; none of its keys is another house's.
   */
  registerHouse: z.strictObject({
    commandId,
    ...pair,
    houseRef,
    untilMs: instantMs,
    panelKeys: z.array(publicJwk).max(HOUSE_LIMITS.keys),
    bodyHash: sha256Hex,
  }),
  /**
   * Role station or aaa of either party. Transient `header`: HouseHeader, `entries`: packed HouseEntries in time order, `house`. A batch
   * begins where the one before it ended, and its entries lie within it. What a signed register counted is what the flow says.
   */
  recordHouse: z.strictObject({
    commandId,
    ...pair,
    ...stated,
    count: z.int().min(1).max(HOUSE_LIMITS.entries),
  }),
} as const;

export const houseQueries = {
  getHouse: z.strictObject({ houseRef }),
  getHouseBatch: houseBatchRef,
  /** Of the caller's own organisation: ask its own peer. */
  getHouseHeader: houseBatchRef,
} as const;
