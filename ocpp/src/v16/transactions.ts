import { instantOf, instantText } from '../edge/instant.ts';
import { messageKey } from '../edge/message-key.ts';
import type { Heard } from '../edge/heard.ts';
import { OcppFault } from '../edge/fault.ts';
import { isRegister } from '../metering/plausible.ts';
import { readSamples } from '../metering/read-samples.ts';
import type { RegisterReading } from '../model/reports.ts';
import type { AuthorizeAnswer, TransactionAnswer } from '../model/station-desk.ts';
import type { TokenStatus } from '../model/token.ts';
import { tokenOfTag } from '../token/read-token.ts';
import { STATUS_16 } from '../token/write-token.ts';
import { endReasonOf } from './end-reasons.ts';
import type { MeterValues, StartTransaction, StopTransaction } from './messages.ts';
import { sampledOf } from './sampled.ts';

const MILLI_PER_UNIT = 1_000n;

/** `meterStart` and `meterStop` are whole watt-hours. */
const register = (wattHours: number, atMs: number, context: 'begin' | 'end'): readonly RegisterReading[] => {
  const registerMilliWh = BigInt(wattHours) * MILLI_PER_UNIT;
  return isRegister(registerMilliWh) ? [{ atMs, registerMilliWh, direction: 'import', context }] : [];
};

const tagInfo = (status: TokenStatus, validUntilMs?: number, group?: string): object => ({
  status: STATUS_16[status],
  ...(validUntilMs === undefined ? {} : { expiryDate: instantText(validUntilMs) }),
  ...(group === undefined ? {} : { parentIdTag: group }),
});

export const authorize = async ({ idTag }: { readonly idTag: string }, heard: Heard): Promise<object> => {
  const { stationId, receivedAtMs, desk } = heard;
  const answer: AuthorizeAnswer = await desk.authorize(stationId, {
    token: tokenOfTag(idTag),
    atMs: receivedAtMs,
  });
  return { idTagInfo: tagInfo(answer.status, answer.validUntilMs, answer.group) };
};

export const startTransaction = async (message: StartTransaction, heard: Heard): Promise<object> => {
  const atMs = instantOf(message.timestamp);
  const answer: TransactionAnswer = await heard.desk.transaction(heard.stationId, {
    phase: 'began',
    messageKey: messageKey('StartTransaction', message),
    outlet: { evse: message.connectorId },
    token: tokenOfTag(message.idTag),
    atMs,
    receivedAtMs: heard.receivedAtMs,
    isOffline: false,
    readings: register(message.meterStart, atMs, 'begin'),
    signed: [],
    ...(message.reservationId === undefined ? {} : { reservation: message.reservationId }),
  });
  if (answer.number === undefined) throw new OcppFault('InternalError', 'the transaction got no number');
  return { transactionId: answer.number, idTagInfo: tagInfo(answer.status ?? 'invalid') };
};

export const stopTransaction = async (message: StopTransaction, heard: Heard): Promise<object> => {
  const atMs = instantOf(message.timestamp);
  const told = readSamples(sampledOf(message.transactionData ?? []));
  const endReason = endReasonOf(message.reason);
  const { status } = await heard.desk.transaction(heard.stationId, {
    phase: 'ended',
    transaction: { by: 'us', number: message.transactionId },
    messageKey: messageKey('StopTransaction', message),
    ...(message.idTag === undefined ? {} : { token: tokenOfTag(message.idTag) }),
    atMs,
    receivedAtMs: heard.receivedAtMs,
    isOffline: false,
    ...told,
    readings: [...told.readings, ...register(message.meterStop, atMs, 'end')],
    ...(endReason === undefined ? {} : { endReason }),
  });
  return status === undefined ? {} : { idTagInfo: tagInfo(status) };
};

/** Values of the whole station are no outlet's, and are told to nobody. */
export const meterValues = async (message: MeterValues, heard: Heard): Promise<object> => {
  const sampled = sampledOf(message.meterValue);
  const latestMs = sampled.at(-1)?.atMs;
  if (latestMs === undefined || (message.connectorId === 0 && message.transactionId === undefined)) return {};
  await heard.desk.transaction(heard.stationId, {
    phase: 'moved',
    ...(message.transactionId === undefined
      ? {}
      : { transaction: { by: 'us' as const, number: message.transactionId } }),
    messageKey: messageKey('MeterValues', message),
    ...(message.connectorId === 0 ? {} : { outlet: { evse: message.connectorId } }),
    atMs: latestMs,
    receivedAtMs: heard.receivedAtMs,
    isOffline: false,
    ...readSamples(sampled),
  });
  return {};
};
