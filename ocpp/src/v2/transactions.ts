import type { Heard } from '../edge/heard.ts';
import { instantOf, instantText } from '../edge/instant.ts';
import { messageKey } from '../edge/message-key.ts';
import { readSamples } from '../metering/read-samples.ts';
import type { TransactionReport } from '../model/reports.ts';
import type { AuthorizeAnswer, DriverText } from '../model/station-desk.ts';
import type { DriverToken, TokenStatus } from '../model/token.ts';
import { tokenOf, type IdToken } from '../token/read-token.ts';
import { STATUS_2 } from '../token/write-token.ts';
import { endReasonOf } from './end-reasons.ts';
import type { TransactionEvent } from './messages.ts';
import { sampledOf } from './sampled.ts';
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

export const authorize = async ({ idToken }: AuthorizeCall, heard: Heard): Promise<object> => {
  const { stationId, receivedAtMs, desk } = heard;
  const token = tokenOf(idToken);
  if (token === undefined || token === 'invalid') return { idTokenInfo: tokenInfo('invalid', []) };
  const answer: AuthorizeAnswer = await desk.authorize(stationId, { token, atMs: receivedAtMs });
  return { idTokenInfo: tokenInfo(answer.status, answer.texts, answer.validUntilMs) };
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
