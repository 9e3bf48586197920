import { divide, linearPrice, negotiate, ok, type LinearPrice, type Result } from '@roamgrid/domain';
import {
  DOCUMENT_TYPE,
  energyPriceRange,
  laneIdOf,
  standingQuote,
  readTariffJson,
  signDocument,
  type AgreementTerms,
  type OfflineAnswer,
  type OfflineAsk,
  type Signer,
  type TariffRecord,
} from '@roamgrid/wire';
import type { Registry } from '../registry/registry.ts';
import { zoneOffsetsAt } from '../station-api/estimate.ts';
import type { RouterClient } from '../station-api/router-client.ts';
import { noQuote, openAsk, type NoQuote } from './ask.ts';
import { outletsOf, tariffForHours } from './audience.ts';

export interface QuoteContext {
  readonly utilityId: string;
  readonly channel: string;
  readonly registry: Registry;
  readonly router: Pick<RouterClient, 'partnerRange'>;
  /** Key under which the ledger's registry knows the utility. */
  readonly signer: Signer;
  /** How long the account's holder may think about it. */
  readonly quoteValidMs: number;
  readonly nowMs: () => number;
}

const PPM = 1_000_000n;

/** What measured demand of the grid may put on an energy price at most, parts per million. */
const mostMovedPpm = ({ adaptation }: Pick<AgreementTerms, 'adaptation'>): bigint =>
  (adaptation?.bands ?? []).reduce((most, { movePpm }) => {
    const moved = divide(movePpm * (adaptation?.driver.upPpm ?? 0n), PPM, 'ceiling');
    return moved > most ? moved : most;
  }, 0n);

type Priced = LinearPrice & { readonly adjustmentPpm: bigint; readonly currency: string };

const priceOf = async (
  { router }: QuoteContext,
  ask: OfflineAsk,
  terms: AgreementTerms,
  record: TariffRecord,
  nowMs: number,
): Promise<Result<Priced, NoQuote>> => {
  const tariff = readTariffJson(record.tariffJson);
  if (!tariff.ok) return noQuote('OFFLINE_NO_PRICE', tariff.error.message);
  if (tariff.value.currency !== terms.currency)
    return noQuote(
      'OFFLINE_NO_PRICE',
      `the tariff is in ${tariff.value.currency}, the agreement in ${terms.currency}`,
    );
  const { minMicrosPerKWh, maxMicrosPerKWh } = energyPriceRange(tariff.value);
  const agreed = terms.adjustment[ask.loyalty];
  const range = await router.partnerRange(ask.iss, nowMs);
  const { proposedPpm, customerClass, loyalty, paymentMethod } = ask;
  const charge = negotiate(
    {
      minEnergyMicrosPerKWh: minMicrosPerKWh,
      maxEnergyMicrosPerKWh: maxMicrosPerKWh,
      adjustment:
        range === undefined ? agreed : { minPpm: range.minAdjustmentPpm, maxPpm: range.maxAdjustmentPpm },
    },
    // Home's rules stay at home: what they came to is what it asks for.
    {
      byClass: { residential: proposedPpm, commercial: proposedPpm },
      byLoyalty: { none: 0n, gold: 0n, diamond: 0n, platinum: 0n },
      byPayment: { postpaid: 0n, prepaid: 0n, debit: 0n, 'credit-card': 0n, crypto: 0n },
    },
    terms,
    { customerClass, loyalty, paymentMethod },
  );
  if (!charge.ok) return noQuote('OFFLINE_NO_PRICE', charge.error.message);
  const { adjustmentPpm } = charge.value;
  const price = linearPrice(tariff.value, adjustmentPpm);
  if (price.microsPerKWh < 0n || price.microsPerHour < 0n || price.microsPerSession < 0n)
    return noQuote('OFFLINE_NO_PRICE', 'a price below nothing cannot be counted without network');
  const microsPerKWh = divide(price.microsPerKWh * (PPM + mostMovedPpm(terms)), PPM, 'ceiling');
  return ok({ ...price, microsPerKWh, adjustmentPpm, currency: terms.currency });
};

/** Says what charging costs in hours to come. Nothing is kept of it: what stands is what is signed. */
export const answerAsk = async (context: QuoteContext, signed: string): Promise<OfflineAnswer> => {
  const { registry, utilityId, channel, signer, quoteValidMs } = context;
  const nowMs = context.nowMs();
  const refused = ({ code, message }: NoQuote): OfflineAnswer => ({
    outcome: 'refused',
    code,
    message: message.slice(0, 500),
  });
  const opened = await openAsk(context, signed);
  if (!opened.ok) return refused(opened.error);
  const { ask, terms } = opened.value;
  const outlets = outletsOf(registry, utilityId, ask);
  if (!outlets.ok) return refused(outlets.error);
  const tariff = tariffForHours(registry, utilityId, outlets.value, ask);
  if (!tariff.ok) return refused(tariff.error);
  const priced = await priceOf(context, ask, terms, tariff.value, nowMs);
  if (!priced.ok) return refused(priced.error);
  const { audience, fromMs, untilMs, energyWh, sessions, cinRef, loyalty, agreementId } = ask;
  const [{ station }] = outlets.value;
  const quote = {
    ...{ channel, quoteId: ask.askId, vun: utilityId, hun: ask.iss, agreementId, cinRef, loyalty },
    ...{ audience, fromMs, untilMs, energyWh, sessions },
    outlets: outlets.value.map(({ station: { stationId }, evseId }) => ({ stationId, evseId })),
    laneId: laneIdOf(utilityId, ask.iss, station.group),
    zoneOffsets: zoneOffsetsAt(station.timeZone, fromMs),
    ...{ tariffId: tariff.value.tariffId, tariffVersion: tariff.value.version },
    ...priced.value,
    issuedAtMs: nowMs,
    validUntilMs: Math.min(nowMs + quoteValidMs, untilMs),
  };
  return {
    outcome: 'quoted',
    signedQuote: await signDocument(standingQuote, DOCUMENT_TYPE.standingQuote, quote, signer),
  };
};
