import type { Heard } from '../edge/heard.ts';
import { instantOf, instantText } from '../edge/instant.ts';
import { messageKey } from '../edge/message-key.ts';
import { readSamples } from '../metering/read-samples.ts';
import { scaled } from '../metering/scaled.ts';
import type { StationCost, TransactionReport } from '../model/reports.ts';
import type { AuthorizeAnswer, DriverText } from '../model/station-desk.ts';
import type { DriverToken, TokenStatus } from '../model/token.ts';
import { tokenOf, type IdToken } from '../token/read-token.ts';
import { STATUS_2 } from '../token/write-token.ts';
import { endReasonOf } from './end-reasons.ts';
import type { CostDetails, TransactionEvent } from './messages.ts';
import { sampledOf } from './sampled.ts';
import { driverTariff } from './tariff/driver-tariff.ts';
import type { TariffType } from './tariff/tariff-type.ts';
import { costNumber, messageContent } from './texts.ts';

const tokenInfo = (
  status: TokenStatus,
  texts: readonly DriverText[],
  validUntilMs?: number,
): Readonly<Record<string, unknown>> => {
  const [text] = texts;
  return {
    status: STATUS_2[status],
    ...(validUntilMs === undefined ? {} : { cacheExpiryDateTime: instantText(validUntilMs) }),
    ...(text === undefined ? {} : { language1: text.language, personalMessage: messageContent(text) }),
  };
};

interface AuthorizeCall {
  readonly idToken: IdToken;
}

/** The price as an object, where the station takes it and it can be said so; who runs the station sees why where not. */
const tariffOf = (
  { price, texts }: AuthorizeAnswer,
  { stationId, notes, abilities }: Heard,
): { readonly tariff?: TariffType } => {
  const able = abilities();
  if (price === undefined || able?.takesTariffs !== true) return {};
  const tariff = driverTariff(price, texts, able);
  if (typeof tariff !== 'string') return { tariff };
  notes.note(stationId, { priceAsText: tariff });
  return {};
};

export const authorize = async ({ idToken }: AuthorizeCall, heard: Heard): Promise<object> => {
  const { stationId, receivedAtMs, desk } = heard;
  const token = tokenOf(idToken);
  if (token === undefined || token === 'invalid') return { idTokenInfo: tokenInfo('invalid', []) };
  const answer: AuthorizeAnswer = await desk.authorize(stationId, {
    ...{ token, atMs: receivedAtMs },
    ...(heard.abilities()?.takesTariffs === true && { wantsPrice: true }),
  });
  const { group } = answer;
  const idTokenInfo = {
    ...tokenInfo(answer.status, answer.texts, answer.validUntilMs),
    ...(group !== undefined && { groupIdToken: { idToken: group, type: 'Central' } }),
  };
  // Only a station of 2.1 says what it can do, and only there is the field known.
  const modes = heard.abilities() === undefined ? undefined : answer.transferModes;
  return {
    idTokenInfo,
    ...tariffOf(answer, heard),
    ...(modes !== undefined && { allowedEnergyTransfer: modes }),
  };
};

const MICROS_PLACES = 6;
/** A calculation that failed has come to nothing, whatever stands in it. */
const costOf = ({ totalCost, failureToCalculate }: CostDetails): StationCost => {
  const { currency, total } = totalCost;
  const told = failureToCalculate === true ? undefined : total.inclTax;
  const totalMicros = told === undefined ? undefined : scaled(String(told), MICROS_PLACES);
  return { currency, ...(totalMicros !== undefined && { totalMicros }) };
};

const PHASES = { Started: 'began', Updated: 'moved', Ended: 'ended' } as const;

const reportOf = (
  message: TransactionEvent,
  token: DriverToken | undefined,
  receivedAtMs: number,
): TransactionReport => {
  const { transactionInfo: info, evse } = message;
  const endReason = message.eventType === 'Ended' ? endReasonOf(info.stoppedReason) : undefined;
  return {
    phase: PHASES[message.eventType],
    transaction: { by: 'station', id: info.transactionId },
    sequence: message.seqNo,
    messageKey: messageKey('TransactionEvent', message),
    ...(evse === undefined
      ? {}
      : {
          outlet: {
            evse: evse.id,
            ...(evse.connectorId === undefined ? {} : { connector: evse.connectorId }),
          },
        }),
    ...(token === undefined ? {} : { token }),
    atMs: instantOf(message.timestamp),
    receivedAtMs,
    isOffline: message.offline === true,
    ...(info.chargingState === undefined ? {} : { isCharging: info.chargingState === 'Charging' }),
    ...readSamples(sampledOf(message.meterValue ?? [])),
    ...(endReason === undefined ? {} : { endReason }),
    ...(message.reservationId === undefined ? {} : { reservation: message.reservationId }),
    ...(info.remoteStartId === undefined ? {} : { remoteStart: info.remoteStartId }),
    ...(info.tariffId === undefined ? {} : { tariffId: info.tariffId }),
    ...(message.costDetails === undefined ? {} : { stationCost: costOf(message.costDetails) }),
  };
};

/** A token that nobody may charge by is told as none, and answered by `Invalid`: the station ends what it began. */
export const transactionEvent = async (message: TransactionEvent, heard: Heard): Promise<object> => {
  const told = message.idToken === undefined ? undefined : tokenOf(message.idToken);
  const token = told === 'invalid' ? undefined : told;
  const report = reportOf(message, token, heard.receivedAtMs);
  const { status, totalCostMicros, texts } = await heard.desk.transaction(heard.stationId, report);
  const [text] = texts;
  const said: TokenStatus | undefined = told === 'invalid' ? 'invalid' : status;
  return {
    ...(totalCostMicros === undefined ? {} : { totalCost: costNumber(totalCostMicros) }),
    ...(said === undefined ? {} : { idTokenInfo: tokenInfo(said, []) }),
    ...(text === undefined ? {} : { updatedPersonalMessage: messageContent(text) }),
  };
};
