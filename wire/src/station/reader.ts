/**
 * What a card reader and its station say to each other: one JSON object a line, over a socket of the station's own machine.
 * Every line of the reader gets one line in answer, in order.
 */
import { z } from 'zod';

export const READER_VERSION = 1;

export const READER_LIMITS = {
  /** Of one line, with its end. */
  lineBytes: 1_024,
  connections: 2,
  linesPerSecond: 20,
} as const;

/** Why a card that was there could not be read. */
export const readErrors = ['unreadable', 'several-cards', 'removed-too-soon'] as const;

const v = z.literal(READER_VERSION);

export const readerMessage = z.discriminatedUnion('type', [
  /** A card's text record, as it is. Its serial number is no credential and is not sent. */
  z.strictObject({ v, type: z.literal('card'), content: z.string().min(1).max(256) }),
  /** A card was there and could not be read. */
  z.strictObject({
    v,
    type: z.literal('read-error'),
    reason: z.enum(readErrors),
  }),
  /** The card has left the reader. */
  z.strictObject({ v, type: z.literal('removed') }),
]);
export type ReaderMessage = z.infer<typeof readerMessage>;
export type ReadError = Extract<ReaderMessage, { type: 'read-error' }>['reason'];

export const readerRefusalCode = z.enum([
  'LINE_TOO_LONG', // the connection ends
  'NOT_JSON',
  'VERSION_UNSUPPORTED',
  'MESSAGE_INVALID',
  'TOO_FAST', // the connection ends
  'TOO_MANY_READERS', // the connection ends
  'OUTLET_BUSY', // another driver is being served
]);
export type ReaderRefusalCode = z.infer<typeof readerRefusalCode>;

export const readerAnswer = z.discriminatedUnion('ok', [
  /** The screen that the outlet shows now: of a card, an offer or a refusal. */
  z.strictObject({ v, ok: z.literal(true), screen: z.string() }),
  z.strictObject({ v, ok: z.literal(false), code: readerRefusalCode, message: z.string() }),
]);
export type ReaderAnswer = z.infer<typeof readerAnswer>;
