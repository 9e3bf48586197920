import { proposedAdjustmentPpm } from '@roamgrid/domain';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import {
  canonicalJson,
  convert,
  DOCUMENT_TYPE,
  exchange as exchangeSchema,
  offlineAsk,
  offlineQuoteRequest,
  signDocument,
  type AgreementTerms,
  type Exchange,
  type OfflineAsk,
  type OfflineOffer,
  type OfflineQuoteRequest,
  type Signer,
  type UtilityRecord,
} from '@roamgrid/wire';
import { keptRate, rateFor } from '../booking/wishes.ts';
import { homeRuleInForce } from '../crp/lookup.ts';
import type { GatewayClient } from '../gateway/client.ts';
import { lockAccount } from '../hcp/accounts.ts';
import { aaaError } from '../problems.ts';
import type { Db } from '../store/database.ts';
import { derivedId } from '../store/ids.ts';
import { requireCard, type OfflineCard } from './card.ts';
import type { OfflineSettings } from './config.ts';
import { offlineMeansOf } from './means.ts';
import { mostMicrosOf, openQuote, readQuote } from './standing-quote.ts';

export interface OfflineQuotesOptions {
  readonly db: Db;
  readonly registry: Pick<IssuerRegistry, 'issuer'>;
  readonly gateway: Pick<GatewayClient, 'standingQuote'>;
  readonly utilityId: string;
  readonly channel: string;
  /** Key under which the ledger's registry knows the utility. */
  readonly signer: Signer;
  readonly settings: OfflineSettings;
  readonly nowMs: () => number;
}

/** How long the chargers' utility may take with an ask. */
const ASK_VALID_MS = 5 * 60_000;
const MS_PER_S = 1_000;

/** @throws ServiceError OFFLINE_WINDOW_INVALID, OFFLINE_ENERGY_TOO_MUCH */
const requireBounds = (
  { fromMs, untilMs, energyWh }: OfflineQuoteRequest,
  { longest, ahead, mostEnergyWh }: OfflineSettings,
  nowMs: number,
): void => {
  const invalid = (message: string) => aaaError('OFFLINE_WINDOW_INVALID', message);
  if (fromMs % MS_PER_S !== 0 || untilMs % MS_PER_S !== 0)
    throw invalid('the hours begin and end with whole seconds');
  if (untilMs <= fromMs || untilMs <= nowMs) throw invalid('the hours are over, or end before they begin');
  if (untilMs - fromMs > longest) throw invalid(`the hours may be ${longest / MS_PER_S} s long`);
  if (untilMs > nowMs + ahead) throw invalid(`the hours may end ${ahead / MS_PER_S} s from now`);
  if (energyWh <= 0n || energyWh > BigInt(mostEnergyWh))
    throw aaaError('OFFLINE_ENERGY_TOO_MUCH', `a token has from 1 to ${mostEnergyWh} Wh`);
};

interface Partner {
  readonly utility: UtilityRecord;
  readonly agreementId: string;
  readonly terms: AgreementTerms;
}

/** Prices ahead of time for this utility's own customers, at its own chargers and at partners'. */
export const createOfflineQuotes = (options: OfflineQuotesOptions) => {
  const { db, registry, gateway, utilityId, channel, signer, settings, nowMs } = options;

  const partnerOf = async (vun: string): Promise<Partner> => {
    const found = await registry.issuer(vun);
    if (!found.ok) throw aaaError('ISSUER_REFUSED', `${vun} is ${found.why} in the registry`);
    const { utility, agreement, terms } = found.entry;
    if (agreement === undefined || terms === undefined)
      throw aaaError('OFFLINE_NOT_OFFERED', `there is no agreement with ${vun}`);
    return { utility, agreementId: agreement.agreementId, terms };
  };

  const askOf = async (
    quoteId: string,
    request: OfflineQuoteRequest,
    card: OfflineCard,
    { agreementId }: Partner,
  ): Promise<OfflineAsk> => {
    const { customerClass, loyalty, paymentMethod, cinRef } = card;
    // What the grid adds is of the moment: a price for hours to come goes without it.
    const inForce = await homeRuleInForce(db, customerClass, nowMs());
    if (inForce === undefined)
      throw aaaError('OFFLINE_NOT_OFFERED', 'your utility has no charging rule in force for the contract');
    const { vun, audience, fromMs, untilMs, energyWh, sessions } = request;
    return {
      ...{ iss: utilityId, aud: vun, channel, askId: quoteId, agreementId, cinRef },
      ...{ customerClass, loyalty, paymentMethod, audience, fromMs, untilMs, energyWh, sessions },
      proposedPpm: proposedAdjustmentPpm(inForce.rule, { customerClass, loyalty, paymentMethod }),
      issuedAtMs: nowMs(),
      validUntilMs: nowMs() + ASK_VALID_MS,
    };
  };

  const shown = async (
    customerId: string,
    row: { readonly quote_id: string; readonly signed_quote: string; readonly exchange: unknown },
  ): Promise<OfflineOffer> => {
    const quote = readQuote(row.signed_quote);
    const rate = keptRate(row.exchange);
    const mostMicros = mostMicrosOf(quote);
    const means = await db.transaction().execute((trx) => lockAccount(trx, customerId, nowMs()));
    if (means === undefined) throw new Error(`customer ${customerId} has no account`);
    const { currency, microsPerKWh, microsPerHour, microsPerSession, validUntilMs } = quote;
    return {
      ...{ quoteId: row.quote_id, signedQuote: row.signed_quote, currency },
      ...{ microsPerKWh, microsPerHour, microsPerSession, mostMicros, validUntilMs },
      ...(rate && { exchanged: { ...rate, mostMicros: convert(mostMicros, rate) } }),
      means: offlineMeansOf(means, BigInt(settings.lowMicros)),
    };
  };

  const asked = (request: OfflineQuoteRequest): string =>
    canonicalJson(offlineQuoteRequest.encode(request) as Parameters<typeof canonicalJson>[0]);

  const kept = async (quoteId: string, customerId: string, text: string) => {
    const row = await db
      .selectFrom('offline_quote')
      .selectAll()
      .where('quote_id', '=', quoteId)
      .executeTakeFirst();
    if (row !== undefined && (row.customer_id !== customerId || row.asked !== text))
      throw aaaError('OFFLINE_REQUEST_REUSED', 'another price was asked for under this id');
    return row;
  };

  return {
    /** Asks what charging costs in hours to come. Nothing is put aside, nothing is agreed to. */
    async ask(sub: string, request: OfflineQuoteRequest): Promise<OfflineOffer> {
      requireBounds(request, settings, nowMs());
      const card = await requireCard(db, { sub, cinRef: request.cinRef, vun: request.vun }, nowMs());
      const { customerId } = card;
      const quoteId = derivedId('price', customerId, request.requestId);
      const text = asked(request);
      const before = await kept(quoteId, customerId, text);
      if (before !== undefined && before.valid_until_ms > nowMs()) return shown(customerId, before);
      const partner = await partnerOf(request.vun);
      const { currency, profileLifetimeMs } = partner.terms;
      if (request.untilMs - request.fromMs > profileLifetimeMs)
        throw aaaError('OFFLINE_WINDOW_INVALID', `the agreement lets them be ${profileLifetimeMs} ms long`);
      const rate: Exchange | undefined = await rateFor(db, { customerId, currency }, nowMs());
      const ask = await askOf(quoteId, request, card, partner);
      const answer = await gateway.standingQuote(
        await signDocument(offlineAsk, DOCUMENT_TYPE.offlineAsk, ask, signer),
      );
      if (answer.outcome === 'refused')
        throw aaaError('OFFLINE_NO_QUOTE', `${answer.code}: ${answer.message}`);
      const quote = await openQuote(answer.signedQuote, ask, partner.utility, partner.terms);
      const row = {
        quote_id: quoteId,
        customer_id: customerId,
        cin_ref: request.cinRef,
        vun: request.vun,
        asked: text,
        signed_quote: answer.signedQuote,
        exchange: rate === undefined ? null : JSON.stringify(exchangeSchema.encode(rate)),
        valid_until_ms: quote.validUntilMs,
      };
      const { signed_quote, exchange, valid_until_ms } = row;
      // What was agreed to stays as it was shown.
      const written = await db
        .insertInto('offline_quote')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .column('quote_id')
            .doUpdateSet({ signed_quote, exchange, valid_until_ms })
            .where('offline_quote.valid_until_ms', '<=', nowMs())
            .where((where) =>
              where.not(
                where.exists(
                  where
                    .selectFrom('offline_token')
                    .select('token_id')
                    .whereRef('offline_token.quote_id', '=', 'offline_quote.quote_id'),
                ),
              ),
            ),
        )
        .returning(['quote_id', 'signed_quote', 'exchange'])
        .executeTakeFirst();
      const now = written ?? (await kept(quoteId, customerId, text));
      if (now === undefined) throw new Error(`price ${quoteId} was not kept`);
      return shown(customerId, now);
    },
  };
};
