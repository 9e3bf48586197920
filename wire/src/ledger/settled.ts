import { fastShape } from '../codec/fast-shape.ts';
import { z } from 'zod';
import {
  sessionCloseBody,
  sessionOpenBody,
  type Quote,
  type SessionCloseBody,
  type SessionOpenBody,
} from './session.ts';

/**
 * A settled session: its opening and its close in one text, whose SHA-256 is a leaf of its batch. The opening's text is a
 * part of it, so that its own hash, a leaf of the opening, is that of the part.
 */

/** The text of a settled session from the canonical texts of its parts. */
export const settledText = (closeText: string, openText: string): string =>
  `{"close":${closeText},"open":${openText}}`;

const shape = fastShape(z.strictObject({ close: sessionCloseBody, open: sessionOpenBody }));
const openShape = fastShape(sessionOpenBody);

type WireOpen = z.input<typeof sessionOpenBody>;
type WireClose = z.input<typeof sessionCloseBody>;

/** A settled session, read. */
export interface Settled {
  readonly text: string;
  readonly open: SessionOpenBody;
  readonly close: SessionCloseBody;
  /** Texts as they were hashed and signed. */
  readonly openText: string;
  readonly quoteText: string;
}

/** What a text is refused for: always the sender's mistake. */
export class SettledMalformed extends Error {}

const quoteOf = (quote: WireOpen['quote']): Quote => ({
  ...quote,
  adjustmentPpm: BigInt(quote.adjustmentPpm),
  requestedEnergyWh: BigInt(quote.requestedEnergyWh),
  estimateMicros: BigInt(quote.estimateMicros),
  capMicros: BigInt(quote.capMicros),
});

const openOf = ({ offer, offline, ...body }: WireOpen): SessionOpenBody => ({
  ...body,
  quote: quoteOf(body.quote),
  ...(offline && { offline: { ...offline, askedWh: BigInt(offline.askedWh) } }),
  ...(offer && {
    offer: {
      estimateMicros: BigInt(offer.estimateMicros),
      maxAdjustmentPpm: BigInt(offer.maxAdjustmentPpm),
      maxMicrosPerKWh: BigInt(offer.maxMicrosPerKWh),
      minAdjustmentPpm: BigInt(offer.minAdjustmentPpm),
      minMicrosPerKWh: BigInt(offer.minMicrosPerKWh),
      requestedEnergyWh: BigInt(offer.requestedEnergyWh),
      validUntilMs: offer.validUntilMs,
    },
  }),
});

const closeOf = (body: WireClose): SessionCloseBody => ({
  ...body,
  readings: body.readings.map((reading) => ({
    ...reading,
    registerMilliWh: BigInt(reading.registerMilliWh),
  })),
});

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new SettledMalformed('the text is not JSON');
  }
};

/** Doubled keys and odd spellings would make two readers hash one text and read two things. */
const requireOneForm = (text: string, form: string): void => {
  if (form !== text) throw new SettledMalformed('the text is not in the one form that is hashed');
};

/** @throws SettledMalformed */
export const parseSettled = (text: string): Settled => {
  const value = parse(text);
  if (!shape.matches(value)) throw new SettledMalformed(shape.fault());
  const openText = JSON.stringify(value.open);
  requireOneForm(text, settledText(JSON.stringify(value.close), openText));
  return {
    text,
    open: openOf(value.open),
    close: closeOf(value.close),
    openText,
    quoteText: JSON.stringify(value.open.quote),
  };
};

/** An open body alone. @throws SettledMalformed */
export const parseOpened = (text: string): Pick<Settled, 'open' | 'openText' | 'quoteText'> => {
  const value = parse(text);
  if (!openShape.matches(value)) throw new SettledMalformed(openShape.fault());
  requireOneForm(text, JSON.stringify(value));
  return { open: openOf(value), openText: text, quoteText: JSON.stringify(value.quote) };
};
