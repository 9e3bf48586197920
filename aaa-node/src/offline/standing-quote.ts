import { costMicros } from '@roamgrid/offline';
import {
  DOCUMENT_TYPE,
  keysAbout,
  openDatedDocument,
  standingQuote,
  statedQuote,
  type AgreementTerms,
  type OfflineAsk,
  type StandingQuote,
  type UtilityRecord,
} from '@roamgrid/wire';
import { aaaError } from '../problems.ts';
import { differing } from '../roaming/differing.ts';

/** A price as the utility of the chargers signed it. */

/** Of one that was verified when it came. */
export const readQuote = (signed: string): StandingQuote => {
  const quote = statedQuote(signed);
  if (quote === undefined) throw new Error('a kept quote cannot be read');
  return quote;
};

/** @throws ServiceError OFFLINE_NO_QUOTE when it is not what was asked for */
export const openQuote = async (
  signed: string,
  ask: OfflineAsk,
  vun: Pick<UtilityRecord, 'signingKeys'>,
  terms: AgreementTerms,
): Promise<StandingQuote> => {
  const opened = await openDatedDocument(
    standingQuote,
    DOCUMENT_TYPE.standingQuote,
    signed,
    vun.signingKeys,
    ({ issuedAtMs }) => issuedAtMs,
    keysAbout,
  );
  if (!opened.ok) throw aaaError('OFFLINE_NO_QUOTE', `${ask.aud} answers nonsense: ${opened.error.message}`);
  const quote = opened.value;
  const different = differing([
    ['channel', quote.channel, ask.channel],
    ['quoteId', quote.quoteId, ask.askId],
    ['vun', quote.vun, ask.aud],
    ['hun', quote.hun, ask.iss],
    ['agreementId', quote.agreementId, ask.agreementId],
    ['cinRef', quote.cinRef, ask.cinRef],
    ['loyalty', quote.loyalty, ask.loyalty],
    ['audience', JSON.stringify(quote.audience), JSON.stringify(ask.audience)],
    ['fromMs', quote.fromMs, ask.fromMs],
    ['untilMs', quote.untilMs, ask.untilMs],
    ['energyWh', quote.energyWh, ask.energyWh],
    ['sessions', quote.sessions, ask.sessions],
    ['currency', quote.currency, terms.currency],
  ]);
  if (different !== undefined)
    throw aaaError('OFFLINE_NO_QUOTE', `${ask.aud} answers something else: ${different}`);
  const { minPpm, maxPpm } = terms.adjustment[quote.loyalty];
  if (quote.adjustmentPpm < minPpm || quote.adjustmentPpm > maxPpm)
    throw aaaError('OFFLINE_NO_QUOTE', `${ask.aud} states a price outside the agreement`);
  return quote;
};

/**
 * The most that all sessions of a quote come to: all of the energy, and as many sessions as are allowed, which last together as long as the hours
 * are, as a car is at one outlet at a time.
 */
export const mostMicrosOf = (quote: StandingQuote): bigint =>
  costMicros(
    { ...quote, quoteHash: new Uint8Array() },
    quote.energyWh,
    BigInt(quote.untilMs - quote.fromMs),
  ) +
  BigInt(quote.sessions - 1) * quote.microsPerSession;
