import type { CommandAnswer } from '../commands/answer.ts';
import type { StationCommand } from '../commands/command.ts';
import { readComposite } from '../commands/composite.ts';
import { readStatus, type Sayings } from '../commands/say.ts';
import { instantOf, instantText } from '../edge/instant.ts';
import type { OutletNumber } from '../model/reports.ts';
import { idTokenOf } from '../token/write-token.ts';
import { profileOf, PURPOSES } from './charging-profile.ts';
import { defaultTariff } from './tariff/default-tariff.ts';
import { getVariables, readVariables, setVariable } from './variables.ts';
import { messageContent } from './texts.ts';

const optional = (name: string, value: unknown): object => (value === undefined ? {} : { [name]: value });
const instant = (name: string, atMs: number | undefined): object =>
  atMs === undefined ? {} : { [name]: instantText(atMs) };

const evseOf = ({ evse, connector }: OutletNumber): object => ({
  id: evse,
  ...optional('connectorId', connector),
});
/** The whole station goes without an EVSE. */
const placeOf = (outlet: { readonly evse: number; readonly connector?: number | undefined } | undefined) =>
  outlet === undefined || outlet.evse === 0 ? {} : { evse: evseOf(plain(outlet)) };
const plain = ({ evse, connector }: { readonly evse: number; readonly connector?: number | undefined }) =>
  connector === undefined ? { evse } : { evse, connector };

const TRIGGERS = {
  boot: 'BootNotification',
  heartbeat: 'Heartbeat',
  status: 'StatusNotification',
  'meter-values': 'MeterValues',
  transaction: 'TransactionEvent',
  'firmware-status': 'FirmwareStatusNotification',
  'log-status': 'LogStatusNotification',
} as const satisfies Readonly<
  Record<Extract<StationCommand, { readonly kind: 'trigger' }>['message'], string>
>;

interface Composite {
  readonly status: string;
  readonly schedule?: {
    readonly scheduleStart: string;
    readonly duration: number;
    readonly chargingRateUnit: 'A' | 'W';
    readonly chargingSchedulePeriod: readonly { readonly startPeriod: number; readonly limit?: number }[];
  };
}
const readCompositeOf = ({ status, schedule: told }: Composite): CommandAnswer =>
  readComposite(
    status,
    told && {
      start: told.scheduleStart,
      durationS: told.duration,
      unit: told.chargingRateUnit,
      periods: told.chargingSchedulePeriod,
    },
  );

/** How 2.0.1 says each command. Spec: OCPP 2.0.1 part 2 §1. */
export const sayings2: Sayings = {
  start: ({ outlet, token, remoteStart }) => ({
    action: 'RequestStartTransaction',
    payload: {
      idToken: idTokenOf(token),
      remoteStartId: remoteStart,
      ...(outlet.evse === 0 ? {} : { evseId: outlet.evse }),
    },
    read: ({ status, transactionId }: { readonly status: string; readonly transactionId?: string }) => ({
      ...readStatus({ status }),
      ...optional('transactionId', transactionId),
    }),
  }),
  stop: ({ transactionId }) => ({ action: 'RequestStopTransaction', payload: { transactionId } }),
  reserve: ({ reservationId, outlet, token, untilMs }) => ({
    action: 'ReserveNow',
    payload: {
      id: reservationId,
      expiryDateTime: instantText(untilMs),
      idToken: idTokenOf(token),
      ...(outlet.evse === 0 ? {} : { evseId: outlet.evse }),
    },
  }),
  'cancel-reservation': ({ reservationId }) => ({ action: 'CancelReservation', payload: { reservationId } }),
  'set-availability': ({ outlet, isOperative }) => ({
    action: 'ChangeAvailability',
    payload: { operationalStatus: isOperative ? 'Operative' : 'Inoperative', ...placeOf(outlet) },
  }),
  'set-profile': ({ outlet, profile }) => ({
    action: 'SetChargingProfile',
    payload: { evseId: outlet.evse, chargingProfile: profileOf(profile) },
  }),
  'clear-profile': ({ profileId, outlet, purpose, stackLevel }) => ({
    action: 'ClearChargingProfile',
    payload:
      profileId === undefined
        ? {
            chargingProfileCriteria: {
              ...optional('evseId', outlet?.evse),
              ...optional('chargingProfilePurpose', purpose && PURPOSES[purpose]),
              ...optional('stackLevel', stackLevel),
            },
          }
        : { chargingProfileId: profileId },
  }),
  'composite-schedule': ({ outlet, durationS, unit }) => ({
    action: 'GetCompositeSchedule',
    payload: { evseId: outlet.evse, duration: durationS, ...optional('chargingRateUnit', unit) },
    read: readCompositeOf,
  }),
  'update-firmware': ({ requestId, location, retrieveAtMs, signing }) => ({
    action: 'UpdateFirmware',
    payload: {
      requestId,
      firmware: {
        location,
        retrieveDateTime: instantText(retrieveAtMs),
        ...optional('signingCertificate', signing?.certificate),
        ...optional('signature', signing?.signature),
      },
    },
  }),
  'get-log': ({ requestId, log, location, fromMs, untilMs }) => ({
    action: 'GetLog',
    payload: {
      requestId,
      logType: log === 'security' ? 'SecurityLog' : 'DiagnosticsLog',
      log: {
        remoteLocation: location,
        ...instant('oldestTimestamp', fromMs),
        ...instant('latestTimestamp', untilMs),
      },
    },
    read: ({ status, filename }: { readonly status: string; readonly filename?: string }) => ({
      ...readStatus({ status }),
      ...optional('fileName', filename),
    }),
  }),
  trigger: ({ message, outlet }) => ({
    action: 'TriggerMessage',
    payload: { requestedMessage: TRIGGERS[message], ...placeOf(outlet) },
  }),
  unlock: ({ outlet }) => ({
    action: 'UnlockConnector',
    payload: { evseId: outlet.evse, connectorId: outlet.connector ?? 1 },
  }),
  reset: ({ when, outlet }) => ({
    action: 'Reset',
    payload: {
      type: when === 'now' ? 'Immediate' : 'OnIdle',
      ...(outlet === undefined || outlet.evse === 0 ? {} : { evseId: outlet.evse }),
    },
  }),
  show: ({ messageId, text, transactionId, untilMs }) => ({
    action: 'SetDisplayMessage',
    payload: {
      message: {
        id: messageId,
        priority: 'InFront',
        message: messageContent(text),
        ...optional('transactionId', transactionId),
        ...instant('endDateTime', untilMs),
      },
    },
  }),
  'clear-shown': ({ messageId }) => ({ action: 'ClearDisplayMessage', payload: { id: messageId } }),
  'get-settings': ({ names }) => ({
    action: 'GetVariables',
    payload: getVariables(names),
    read: readVariables,
  }),
  'set-setting': ({ name, value }) => ({
    action: 'SetVariables',
    payload: setVariable(name, value),
    read: readVariables,
  }),
};

interface Assignments {
  readonly status: string;
  readonly tariffAssignments?: readonly {
    readonly tariffId: string;
    readonly tariffKind: string;
    readonly validFrom?: string;
    readonly evseIds?: readonly number[];
  }[];
}
/** Whose a driver's tariff is stays at the station. A station without any has answered as well. */
const readTariffs = ({ status, tariffAssignments = [] }: Assignments): CommandAnswer => ({
  outcome: status === 'Accepted' || status === 'NoTariff' ? 'accepted' : 'rejected',
  said: status,
  tariffs: tariffAssignments.map(({ tariffId, tariffKind, validFrom, evseIds }) => ({
    tariffId,
    kind: tariffKind,
    ...(evseIds !== undefined && { evses: [...evseIds] }),
    ...(validFrom !== undefined && { validFromMs: instantOf(validFrom) }),
  })),
});

interface Cleared {
  readonly clearTariffsResult: readonly { readonly tariffId?: string; readonly status: string }[];
}
/** What was not there is gone as well. */
const readCleared = ({ clearTariffsResult: results }: Cleared): CommandAnswer => ({
  outcome: results.every(({ status }) => status !== 'Rejected') ? 'accepted' : 'rejected',
  tariffs: results.map(({ tariffId, status }) => ({ ...optional('tariffId', tariffId), said: status })),
});

/** What 2.1 has beyond it: tariffs as objects, and bidirectional charging. */
export const sayings21: Sayings = {
  ...sayings2,
  'set-default-tariff': ({ outlet, ...asked }) => ({
    action: 'SetDefaultTariff',
    payload: { evseId: outlet.evse, tariff: defaultTariff(asked) },
  }),
  'get-tariffs': ({ outlet }) => ({
    action: 'GetTariffs',
    payload: { evseId: outlet.evse },
    read: readTariffs,
  }),
  'clear-tariffs': ({ tariffIds, outlet }) => ({
    action: 'ClearTariffs',
    payload: { ...optional('tariffIds', tariffIds), ...optional('evseId', outlet?.evse) },
    read: readCleared,
  }),
  'allow-energy-transfer': ({ transactionId, modes }) => ({
    action: 'NotifyAllowedEnergyTransfer',
    payload: { transactionId, allowedEnergyTransfer: modes },
  }),
};
