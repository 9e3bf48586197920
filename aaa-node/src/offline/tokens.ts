import { formatMicros } from '@roamgrid/domain';
import type { IssuerRegistry } from '@roamgrid/service-kit/registry';
import type { AgreementTerms, OfflineMeans, OfflineToken, OfflineTokenRequest, Signer } from '@roamgrid/wire';
import type { Selectable } from 'kysely';
import { keptRate } from '../booking/wishes.ts';
import type { GatewayClient } from '../gateway/client.ts';
import { lockAccount, placeHold } from '../hcp/accounts.ts';
import { aaaError } from '../problems.ts';
import type { Db, Trx } from '../store/database.ts';
import { derivedId } from '../store/ids.ts';
import { lockCard } from './card.ts';
import type { OfflineSettings } from './config.ts';
import { openConsent } from './consent.ts';
import { issue } from './issue.ts';
import { heldFor, offlineMeansOf, requireMeans } from './means.ts';
import type { createTokenIssuer, TokenIssuer } from './own-key.ts';
import { lockCustomer, phoneOf } from './phones.ts';
import { mostMicrosOf, readQuote } from './standing-quote.ts';
import type { OfflineTokenTable } from './tables.ts';

export interface OfflineTokensOptions {
  readonly db: Db;
  readonly registry: Pick<IssuerRegistry, 'issuer'>;
  readonly gateway: Pick<GatewayClient, 'tellLeave'>;
  readonly issuer: ReturnType<typeof createTokenIssuer>;
  readonly channel: string;
  readonly signer: Signer;
  readonly settings: OfflineSettings;
  readonly nowMs: () => number;
}

/** How long a customer sees what became of a token. */
const SHOWN_MS = 90 * 86_400_000;

type Row = Selectable<OfflineTokenTable>;

const shown = (row: Row, nowMs: number): OfflineToken => {
  const { audience, fromMs, untilMs, energyWh, currency, vun } = readQuote(row.signed_quote);
  return {
    ...{ tokenId: row.token_id, token: row.token, signedLeave: row.signed_leave },
    ...{ signedQuote: row.signed_quote, vun },
    ...{ phoneId: row.phone_id, audience, fromMs, untilMs, energyWh, currency },
    costMicros: row.cost_micros,
    state: row.state !== 'settled' && row.held_until_ms <= nowMs ? 'lapsed' : row.state,
    heldUntilMs: row.held_until_ms,
  };
};

/** @throws ServiceError OFFLINE_TOKENS_OPEN */
const requireRoom = async (trx: Trx, customerId: string, most: number, nowMs: number): Promise<void> => {
  const open = await trx
    .selectFrom('offline_token')
    .select('token_id')
    .where('customer_id', '=', customerId)
    .where('state', '=', 'open')
    .where('until_ms', '>', nowMs)
    .execute();
  if (open.length >= most)
    throw aaaError('OFFLINE_TOKENS_OPEN', `${open.length} tokens are open, as many as may be`);
};

/** @throws ServiceError OFFLINE_COST_TOO_MUCH */
const requireBounds = (
  cost: { readonly costMicros: bigint; readonly heldMicros: bigint },
  terms: AgreementTerms,
  { mostCostMicros }: OfflineSettings,
): void => {
  const { maxSessionMicros, exposureLimitMicros, currency } = terms;
  const agreed = maxSessionMicros < exposureLimitMicros ? maxSessionMicros : exposureLimitMicros;
  if (cost.costMicros > agreed)
    throw aaaError(
      'OFFLINE_COST_TOO_MUCH',
      `the agreement allows ${formatMicros(agreed)} ${currency} at most`,
    );
  if (cost.heldMicros > BigInt(mostCostMicros))
    throw aaaError(
      'OFFLINE_COST_TOO_MUCH',
      `a token may cost ${formatMicros(BigInt(mostCostMicros))} of the account’s currency at most`,
    );
};

/** Issues tokens to customers' phones; each is paid for beforehand by what is put aside for it. */
export const createOfflineTokens = (options: OfflineTokensOptions) => {
  const { db, registry, gateway, issuer, channel, signer, settings, nowMs } = options;
  const lowMicros = BigInt(settings.lowMicros);

  const issuedBefore = async (
    of: Db | Trx,
    sub: string,
    { requestId, quoteId, phoneId }: OfflineTokenRequest,
  ): Promise<Row | undefined> => {
    const row = await of
      .selectFrom('offline_token')
      .innerJoin('customer', 'customer.customer_id', 'offline_token.customer_id')
      .selectAll('offline_token')
      .where('customer.sub', '=', sub)
      .where('request_id', '=', requestId)
      .executeTakeFirst();
    if (row !== undefined && (row.quote_id !== quoteId || row.phone_id !== phoneId))
      throw aaaError('OFFLINE_REQUEST_REUSED', 'another token was issued under this id');
    return row;
  };

  const agreedQuote = async (trx: Trx, customerId: string, quoteId: string) => {
    const kept = await trx
      .selectFrom('offline_quote')
      .selectAll()
      .where('quote_id', '=', quoteId)
      .where('customer_id', '=', customerId)
      .forUpdate()
      .executeTakeFirst();
    if (kept === undefined) throw aaaError('OFFLINE_QUOTE_UNKNOWN', 'no price was shown under this id');
    const used = await trx
      .selectFrom('offline_token')
      .select('token_id')
      .where('quote_id', '=', quoteId)
      .executeTakeFirst();
    if (used !== undefined) throw aaaError('OFFLINE_QUOTE_OVER', 'a token was issued for it');
    if (kept.valid_until_ms <= nowMs())
      throw aaaError('OFFLINE_QUOTE_OVER', `it stood until ${new Date(kept.valid_until_ms).toISOString()}`);
    return kept;
  };

  const issueOne = async (
    trx: Trx,
    sub: string,
    request: OfflineTokenRequest,
    by: { readonly issuer: TokenIssuer; readonly terms: (vun: string) => Promise<AgreementTerms> },
  ): Promise<Row> => {
    const atMs = nowMs();
    const customerId = await lockCustomer(trx, sub);
    const before = await issuedBefore(trx, sub, request);
    if (before !== undefined) return before;
    const kept = await agreedQuote(trx, customerId, request.quoteId);
    const phone = await phoneOf(trx, customerId, request.phoneId);
    if (phone === undefined) throw aaaError('OFFLINE_PHONE_UNKNOWN', 'no phone of yours has this id');
    if (phone.state === 'revoked') throw aaaError('OFFLINE_PHONE_REVOKED', 'its key was taken back');
    const quote = readQuote(kept.signed_quote);
    const signedQuote = kept.signed_quote;
    const consent = await openConsent(request.consent, phone.key, { channel, signedQuote }, atMs);
    const card = await lockCard(trx, { sub, cinRef: kept.cin_ref, vun: kept.vun }, atMs);
    await requireRoom(trx, customerId, settings.tokensOpen, atMs);
    const most = mostMicrosOf(quote);
    const costMicros = consent.costMicros < most ? consent.costMicros : most;
    if (costMicros === 0n) throw aaaError('OFFLINE_CONSENT_INVALID', 'nothing can be charged for nothing');
    const heldMicros = heldFor(costMicros, keptRate(kept.exchange));
    const terms = await by.terms(kept.vun);
    requireBounds({ costMicros, heldMicros }, terms, settings);
    const means = await lockAccount(trx, customerId, atMs);
    if (means === undefined) throw new Error(`customer ${customerId} has no account`);
    requireMeans(offlineMeansOf(means, lowMicros), heldMicros);
    const issued = await issue(
      { quote, card, phoneKey: phone.key, costMicros, nowMs: atMs },
      by.issuer,
      signer,
    );
    const heldUntilMs = quote.untilMs + Math.max(settings.recordWithin, terms.cdrBoundMs);
    const holdId = derivedId('offline', issued.tokenId);
    const { accountId } = means;
    const hold = { holdId, accountId, micros: heldMicros, expiresAtMs: heldUntilMs, offerOf: null };
    await placeHold(trx, hold, atMs);
    return trx
      .insertInto('offline_token')
      .values({
        ...{ token_id: issued.tokenId, customer_id: customerId, request_id: request.requestId },
        ...{ phone_id: request.phoneId, cin_ref: kept.cin_ref, quote_id: kept.quote_id, vun: kept.vun },
        ...{ hold_id: holdId, token: issued.token, signed_quote: signedQuote },
        ...{ signed_leave: issued.signedLeave, consent: request.consent },
        exchange: kept.exchange === null ? null : JSON.stringify(kept.exchange),
        ...{ energy_wh: quote.energyWh, currency: quote.currency, cost_micros: costMicros },
        ...{ sessions: quote.sessions, state: 'open', issued_at_ms: atMs },
        ...{ from_ms: quote.fromMs, until_ms: quote.untilMs, held_until_ms: heldUntilMs, told_at_ms: null },
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  };

  const meansOf = async (sub: string): Promise<OfflineMeans> =>
    db.transaction().execute(async (trx) => {
      const means = await lockAccount(trx, await lockCustomer(trx, sub), nowMs());
      if (means === undefined) throw new Error('an active customer has no account');
      return offlineMeansOf(means, lowMicros);
    });

  const termsWith = async (vun: string): Promise<AgreementTerms> => {
    const found = await registry.issuer(vun);
    if (!found.ok || found.entry.terms === undefined)
      throw aaaError('ISSUER_REFUSED', `there is no agreement with ${vun} any more`);
    return found.entry.terms;
  };

  /** Before the phone has the token, so that what comes of it can be booked whoever brings it. */
  const tell = async ({ token_id, signed_leave }: Row): Promise<void> => {
    await gateway.tellLeave(signed_leave);
    await db
      .updateTable('offline_token')
      .set({ told_at_ms: nowMs() })
      .where('token_id', '=', token_id)
      .execute();
  };

  return {
    /** Puts money aside and issues a token for a price that the account's holder agreed to. The same request id gets the same token. */
    async issue(
      sub: string,
      request: OfflineTokenRequest,
    ): Promise<{ readonly token: OfflineToken; readonly means: OfflineMeans }> {
      const by = { issuer: await issuer(), terms: termsWith };
      const row =
        (await issuedBefore(db, sub, request)) ??
        (await db.transaction().execute((trx) => issueOne(trx, sub, request, by)));
      if (row.told_at_ms === null) await tell(row);
      return { token: shown(row, nowMs()), means: await meansOf(sub) };
    },

    async list(sub: string): Promise<{ readonly tokens: OfflineToken[]; readonly means: OfflineMeans }> {
      const rows = await db
        .selectFrom('offline_token')
        .innerJoin('customer', 'customer.customer_id', 'offline_token.customer_id')
        .selectAll('offline_token')
        .where('customer.sub', '=', sub)
        .where('told_at_ms', 'is not', null)
        .where('until_ms', '>', nowMs() - SHOWN_MS)
        .orderBy('issued_at_ms', 'desc')
        .orderBy('token_id')
        .execute();
      return { tokens: rows.map((row) => shown(row, nowMs())), means: await meansOf(sub) };
    },
  };
};
