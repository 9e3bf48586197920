import { PeriodId, periodSpan } from '@roamgrid/domain';
import { z } from 'zod';
import {
  currencyCode,
  instantMs,
  microsCodec,
  naturalMicrosCodec,
  recordId,
  salt,
  utilityId,
} from '../codec/scalars.ts';
import { blindingText, commitmentText } from './balance-commitment.ts';
import { commandId } from './envelope.ts';

/**
 * Netting of a period. Each pair commits to what it owes on balance; each member shows what its balances come to together;
 * from that all payments follow. Nobody learns another pair's amount. How and why: `docs/decisions/netting.md`.
 */

/** How long silence is waited for, ms, and when payments are due. */
export const NETTING_TIMES = {
  /** From the call, or the period's end if that is later, until pairs that did not close are carried over. */
  closeMs: 24 * 3_600_000,
  /** From then until members that did not state their position are gone on without. */
  positionMs: 24 * 3_600_000,
  /** From the netting until its payments are due. */
  payMs: 3 * 24 * 3_600_000,
  /** From then until who has not paid can be said to be in default. */
  graceMs: 24 * 3_600_000,
} as const;

/** A document that says what one utility owes another: `invoice:<id>`, `credit:<id>` or `charge:<id>`; its record has `state`, `payableHash`, `version`. */
export const documentKey = z
  .string()
  .regex(/^[a-z]+:[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a document, such as invoice:i1');

/** Documents that a pair may have waiting in a period; the next round of it makes room. */
export const MAX_PENDING_DOCUMENTS = 1_000;

/** A settlement period. */
export const settlementPeriod = z
  .string()
  .regex(PeriodId.pattern, PeriodId.expects)
  .refine((text) => periodSpan(text) !== undefined, 'a month or day of the calendar');

/** What a pair's balance of one currency is, in both parties' collections under `balance:<period>:<low>:<high>:<round>`. */
export const pairBalance = z.strictObject({
  currency: currencyCode,
  /** Above zero the pair's lower id owes its higher one. */
  lowOwesMicros: microsCodec,
  blinding: salt,
});
export type PairBalance = z.infer<typeof pairBalance>;

export const pairBalances = z.strictObject({
  periodId: recordId,
  round: z.int().min(1),
  low: utilityId,
  high: utilityId,
  balances: z.array(pairBalance).max(20),
});
export type PairBalances = z.infer<typeof pairBalances>;

/** What a pair said when it closed a round of a period: all its documents, each netted or carried over. */
export const pairStatement = z.strictObject({
  round: z.int().min(1),
  /** One a currency, in the order of their codes; none when nothing was accepted. */
  balances: z
    .array(
      z.strictObject({
        currency: currencyCode,
        commitment: commitmentText,
        documents: z.array(documentKey).max(MAX_PENDING_DOCUMENTS),
        /** Set when the netting went on without the pair, and its documents wait again. */
        returned: z.literal(true).exactOptional(),
      }),
    )
    .max(20),
  closedAtMs: instantMs,
});
export type PairStatement = z.infer<typeof pairStatement>;

/** Everything that is to be netted between two utilities for a period: written by whatever makes a document, and by `close`. */
export const pairPeriodRecord = z.strictObject({
  type: z.literal('pairPeriod'),
  version: z.int().min(1),
  periodId: recordId,
  low: utilityId,
  high: utilityId,
  /** Documents that no statement has netted: new ones, and those that were carried over. */
  pending: z.array(documentKey).max(MAX_PENDING_DOCUMENTS),
  /** One a round that the pair closed, in their order. */
  statements: z.array(pairStatement).max(200),
});
export type PairPeriodRecord = z.infer<typeof pairPeriodRecord>;

/** Where the netting of a period stands. */
export const periodRecord = z.strictObject({
  type: z.literal('period'),
  version: z.int().min(1),
  periodId: recordId,
  /** The round that is called, or was netted last. */
  round: z.int().min(1),
  state: z.enum(['called', 'netted']),
  calledBy: utilityId,
  /** When the times of silence begin: at the call, or at the period's end. */
  fromMs: instantMs,
});
export type PeriodRecord = z.infer<typeof periodRecord>;

/** What a member's balances of one currency come to, with what proves it. */
export const positionRecord = z.strictObject({
  type: z.literal('position'),
  version: z.int().min(1),
  periodId: recordId,
  round: z.int().min(1),
  currency: currencyCode,
  utilityId,
  /** Members whose pairs are left out. */
  without: z.array(utilityId).max(64),
  netMicros: microsCodec,
  blinding: blindingText,
});
export type PositionRecord = z.infer<typeof positionRecord>;

export const nettedPosition = z.strictObject({
  utilityId,
  /** What its balances come to; above zero it receives. All of a netting sum to zero. */
  netMicros: microsCodec,
  /** What earlier nettings of the currency left over and this one takes in. They sum to zero. */
  broughtMicros: microsCodec,
  /** Of payments of the netting that this one replaces: paid less received. They sum to zero. */
  stoodMicros: microsCodec,
  /** What it is paid or pays now, a whole number of the currency's smallest payable unit. They sum to zero. */
  payableMicros: microsCodec,
  /** net + brought + stood − payable: goes on to the next netting of the currency. They sum to zero. */
  carriedMicros: microsCodec,
});
export type NettedPosition = z.infer<typeof nettedPosition>;

/** Net positions of a period's round and currency, and the payments that settle them. Written once. */
export const nettingRecord = z.strictObject({
  type: z.literal('netting'),
  version: z.literal(1),
  nettingId: recordId,
  periodId: recordId,
  round: z.int().min(1),
  currency: currencyCode,
  /** 1, and one more for each member that did not pay. */
  cast: z.int().min(1),
  /** Members whose pairs are left out: silent ones, and those in default. */
  without: z.array(utilityId).max(64),
  /** Pairs whose balances are in. */
  pairs: z.array(z.strictObject({ low: utilityId, high: utilityId, commitment: commitmentText })).max(2_500),
  /** Pairs of the period whose documents all go over to the next round: they did not close, or one of them is left out. */
  carriedPairs: z.array(z.strictObject({ low: utilityId, high: utilityId })).max(2_500),
  positions: z.array(nettedPosition).max(200),
  payments: z
    .array(
      z.strictObject({
        paymentId: recordId,
        payer: utilityId,
        payee: utilityId,
        amountMicros: naturalMicrosCodec,
      }),
    )
    .max(200),
  dueAtMs: instantMs,
  nettedAtMs: instantMs,
});
export type NettingRecord = z.infer<typeof nettingRecord>;

/** What each member has left over in a currency: less than one payable unit each, all together nothing. */
export const carryRecord = z.strictObject({
  type: z.literal('carry'),
  version: z.int().min(1),
  currency: currencyCode,
  nettingId: recordId,
  left: z.array(z.strictObject({ utilityId, carriedMicros: microsCodec })).max(200),
});
export type CarryRecord = z.infer<typeof carryRecord>;

/** A member that did not pay a netting by its date and the grace. */
export const defaultRecord = z.strictObject({
  type: z.literal('default'),
  version: z.literal(1),
  nettingId: recordId,
  utilityId,
  paymentId: recordId,
  saidBy: utilityId,
  saidAtMs: instantMs,
});
export type DefaultRecord = z.infer<typeof defaultRecord>;

/** What was paid towards or by a member in default: it stays with the pair, whose next balance takes it in. */
export const onAccountRecord = z.strictObject({
  type: z.literal('onAccount'),
  version: z.int().min(1),
  paymentId: recordId,
  periodId: recordId,
  currency: currencyCode,
  payer: utilityId,
  payee: utilityId,
  amountMicros: naturalMicrosCodec,
  /** The round of the period whose balance of the pair has it in. */
  inRound: z.int().min(1).exactOptional(),
});
export type OnAccountRecord = z.infer<typeof onAccountRecord>;

const round = z.int().min(1);

/** `netting` contract. */
export const nettingCommands = {
  /** Role operator of an active utility. Begins a round of a period: 1, or one after the last that was netted. */
  call: z.strictObject({ commandId, utilityId, periodId: settlementPeriod, round }),
  /**
   * Role operator or aaa of either party; endorsed by both. Transient `payables`: PayableStatement of each accepted
   * document, in the order in which the pair has them; `balances`: PairBalances. The contract computes the same from the payables.
   */
  close: z.strictObject({
    commandId,
    periodId: settlementPeriod,
    round,
    low: utilityId,
    high: utilityId,
    commitments: z.array(z.strictObject({ currency: currencyCode, commitment: commitmentText })).max(20),
  }),
  /** Role operator or aaa of the utility. What its closed balances come to; opens the sum of their commitments. */
  position: z.strictObject({
    commandId,
    periodId: settlementPeriod,
    round,
    utilityId,
    currency: currencyCode,
    without: z.array(utilityId).max(64),
    netMicros: microsCodec,
    blinding: blindingText,
  }),
  /** Role operator or aaa of any active utility. Everything of the round, one netting a currency; `without` names who was silent. */
  net: z.strictObject({
    commandId,
    utilityId,
    periodId: settlementPeriod,
    round,
    without: z.array(utilityId).max(64),
  }),
  /** Role operator of an unpaid payee. */
  default: z.strictObject({ commandId, nettingId: recordId, paymentId: recordId }),
  /** Role operator or aaa of any active utility: nets anew what is left without the members in default. */
  recast: z.strictObject({
    commandId,
    utilityId,
    nettingId: recordId,
    without: z.array(utilityId).min(1).max(64),
  }),
} as const;

export const nettingQueries = {
  getNetting: z.strictObject({ nettingId: recordId }),
  getPeriod: z.strictObject({ periodId: settlementPeriod }),
  getPair: z.strictObject({ periodId: settlementPeriod, low: utilityId, high: utilityId }),
} as const;

/** Id of a netting: one a period, round, currency and cast. */
export const nettingIdOf = (periodId: string, roundNumber: number, currency: string, cast = 1): string =>
  `net-${periodId}-${roundNumber}-${currency}${cast === 1 ? '' : `-c${cast}`}`;

/** Two utilities in the order in which a pair's records name them. */
export const pairOf = (one: string, other: string): { readonly low: string; readonly high: string } =>
  one < other ? { low: one, high: other } : { low: other, high: one };
