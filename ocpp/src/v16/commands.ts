import { readComposite } from '../commands/composite.ts';
import type { CommandAnswer } from '../commands/answer.ts';
import type { ChargingProfile } from '../commands/profile.ts';
import { readStatus, type Sayings } from '../commands/say.ts';
import { instantText } from '../edge/instant.ts';

const PURPOSES = {
  'station-max': 'ChargePointMaxProfile',
  'transaction-default': 'TxDefaultProfile',
  transaction: 'TxProfile',
} as const satisfies Readonly<Record<ChargingProfile['purpose'], string>>;

const KINDS = {
  absolute: { chargingProfileKind: 'Absolute' },
  daily: { chargingProfileKind: 'Recurring', recurrencyKind: 'Daily' },
  weekly: { chargingProfileKind: 'Recurring', recurrencyKind: 'Weekly' },
  relative: { chargingProfileKind: 'Relative' },
} as const satisfies Readonly<Record<ChargingProfile['kind'], object>>;

const TENTHS = 10;
const optional = (name: string, value: unknown): object => (value === undefined ? {} : { [name]: value });
const instant = (name: string, atMs: number | undefined): object =>
  atMs === undefined ? {} : { [name]: instantText(atMs) };

/** Transactions of 1.6 go by numbers, ours, or −1 of a station that got none: another id is no transaction of this station. */
const numberOf = (transactionId: string): number | undefined =>
  /^-?\d{1,10}$/.test(transactionId) ? Number(transactionId) : undefined;

const profileOf = (profile: ChargingProfile): object => ({
  chargingProfileId: profile.profileId,
  ...optional('transactionId', numberOf(profile.transactionId ?? '')),
  stackLevel: profile.stackLevel,
  chargingProfilePurpose: PURPOSES[profile.purpose],
  ...KINDS[profile.kind],
  ...instant('validFrom', profile.validFromMs),
  ...instant('validTo', profile.validToMs),
  chargingSchedule: {
    ...optional('duration', profile.durationS),
    ...instant('startSchedule', profile.startMs),
    chargingRateUnit: profile.unit,
    ...(profile.minTenths === undefined ? {} : { minChargingRate: profile.minTenths / TENTHS }),
    chargingSchedulePeriod: profile.periods.map(({ startS, limitTenths, phases }) => ({
      startPeriod: startS,
      limit: limitTenths / TENTHS,
      ...optional('numberPhases', phases),
    })),
  },
});

const TRIGGERS: Readonly<Record<string, string>> = {
  boot: 'BootNotification',
  heartbeat: 'Heartbeat',
  status: 'StatusNotification',
  'meter-values': 'MeterValues',
  'firmware-status': 'FirmwareStatusNotification',
  'log-status': 'DiagnosticsStatusNotification',
};

interface Composite {
  readonly status: string;
  readonly scheduleStart?: string;
  readonly chargingSchedule?: {
    readonly duration?: number;
    readonly startSchedule?: string;
    readonly chargingRateUnit: 'A' | 'W';
    readonly chargingSchedulePeriod: readonly { readonly startPeriod: number; readonly limit: number }[];
  };
}

const readCompositeOf =
  (askedS: number) =>
  ({ status, scheduleStart, chargingSchedule: told }: Composite): CommandAnswer =>
    readComposite(
      status,
      told && {
        start: scheduleStart ?? told.startSchedule,
        durationS: told.duration ?? askedS,
        unit: told.chargingRateUnit,
        periods: told.chargingSchedulePeriod,
      },
    );

interface Configuration {
  readonly configurationKey?: readonly { readonly key: string; readonly value?: string }[];
  readonly unknownKey?: readonly string[];
}

const readConfiguration = ({ configurationKey = [], unknownKey = [] }: Configuration): CommandAnswer => ({
  outcome: 'accepted',
  settings: [
    ...configurationKey.map(({ key, value }) => ({ name: key, ...(value === undefined ? {} : { value }) })),
    ...unknownKey.map((name) => ({ name, said: 'UnknownKey' })),
  ],
});

/** How 1.6 and its security extension say each command. Spec: OCPP 1.6 §6, security white paper §4. */
export const sayings16: Sayings = {
  start: ({ outlet, token }) => ({
    action: 'RemoteStartTransaction',
    payload: { idTag: token.value, ...(outlet.evse === 0 ? {} : { connectorId: outlet.evse }) },
  }),
  stop: ({ transactionId: id }) => {
    const transactionId = numberOf(id);
    return transactionId === undefined
      ? undefined
      : { action: 'RemoteStopTransaction', payload: { transactionId } };
  },
  reserve: ({ reservationId, outlet, token, untilMs }) => ({
    action: 'ReserveNow',
    payload: {
      reservationId,
      connectorId: outlet.evse,
      idTag: token.value,
      expiryDate: instantText(untilMs),
    },
  }),
  'cancel-reservation': ({ reservationId }) => ({ action: 'CancelReservation', payload: { reservationId } }),
  'set-availability': ({ outlet, isOperative }) => ({
    action: 'ChangeAvailability',
    payload: { connectorId: outlet.evse, type: isOperative ? 'Operative' : 'Inoperative' },
  }),
  'set-profile': ({ outlet, profile }) => ({
    action: 'SetChargingProfile',
    payload: { connectorId: outlet.evse, csChargingProfiles: profileOf(profile) },
  }),
  'clear-profile': ({ profileId, outlet, purpose, stackLevel }) => ({
    action: 'ClearChargingProfile',
    payload: {
      ...optional('id', profileId),
      ...optional('connectorId', outlet?.evse),
      ...optional('chargingProfilePurpose', purpose && PURPOSES[purpose]),
      ...optional('stackLevel', stackLevel),
    },
  }),
  'composite-schedule': ({ outlet, durationS, unit }) => ({
    action: 'GetCompositeSchedule',
    payload: { connectorId: outlet.evse, duration: durationS, ...optional('chargingRateUnit', unit) },
    read: readCompositeOf(durationS),
  }),
  'update-firmware': ({ requestId, location, retrieveAtMs, signing }) =>
    signing === undefined
      ? {
          action: 'UpdateFirmware',
          payload: { location, retrieveDate: instantText(retrieveAtMs) },
          read: () => ({ outcome: 'accepted' }),
        }
      : {
          action: 'SignedUpdateFirmware',
          payload: {
            requestId,
            firmware: {
              location,
              retrieveDateTime: instantText(retrieveAtMs),
              signingCertificate: signing.certificate,
              signature: signing.signature,
            },
          },
        },
  'get-log': ({ requestId, log, location, fromMs, untilMs }) =>
    log === 'diagnostics'
      ? {
          action: 'GetDiagnostics',
          payload: { location, ...instant('startTime', fromMs), ...instant('stopTime', untilMs) },
          read: ({ fileName }: { readonly fileName?: string }) => ({
            outcome: 'accepted',
            ...optional('fileName', fileName),
          }),
        }
      : {
          action: 'GetLog',
          payload: {
            requestId,
            logType: 'SecurityLog',
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
        },
  trigger: ({ message, outlet }) => {
    const requestedMessage = TRIGGERS[message];
    if (requestedMessage === undefined) return undefined;
    const place = outlet === undefined || outlet.evse === 0 ? {} : { connectorId: outlet.evse };
    return { action: 'TriggerMessage', payload: { requestedMessage, ...place } };
  },
  unlock: ({ outlet }) => ({ action: 'UnlockConnector', payload: { connectorId: outlet.evse } }),
  reset: ({ when, outlet }) =>
    outlet === undefined || outlet.evse === 0
      ? { action: 'Reset', payload: { type: when === 'now' ? 'Hard' : 'Soft' } }
      : undefined,
  'get-settings': ({ names }) => ({
    action: 'GetConfiguration',
    payload: { key: names },
    read: readConfiguration,
  }),
  'set-setting': ({ name, value }) => ({ action: 'ChangeConfiguration', payload: { key: name, value } }),
};
