import { OCPP_REASONS } from '@roamgrid/domain';
import { instantText } from '../edge/instant.ts';
import type { Told, Words } from './words.ts';

const STATES = {
  available: 'Available',
  occupied: 'Occupied',
  reserved: 'Reserved',
  unavailable: 'Unavailable',
  faulted: 'Faulted',
} as const;

const WATT_HOUR_PLACES = 3;
/** JSON has numbers only; the register’s own decimal places are kept. */
const wattHours = (milliWh: bigint): number => {
  const text = milliWh.toString().padStart(WATT_HOUR_PLACES + 1, '0');
  return Number(`${text.slice(0, -WATT_HOUR_PLACES)}.${text.slice(-WATT_HOUR_PLACES)}`);
};

const event = (
  eventType: 'Started' | 'Updated' | 'Ended',
  context: string,
  about: { readonly triggerReason: string; readonly chargingState: string },
  told: Told,
): { readonly action: string; readonly payload: object } => ({
  action: 'TransactionEvent',
  payload: {
    eventType,
    timestamp: instantText(told.atMs),
    triggerReason: about.triggerReason,
    seqNo: told.sequence,
    ...(told.isOffline ? { offline: true } : {}),
    ...(told.reservation === undefined ? {} : { reservationId: told.reservation }),
    transactionInfo: {
      transactionId: told.transactionId,
      chargingState: about.chargingState,
      ...(told.remoteStart === undefined ? {} : { remoteStartId: told.remoteStart }),
      ...(told.endReason === undefined ? {} : { stoppedReason: OCPP_REASONS[told.endReason] }),
    },
    evse: { id: told.evse, connectorId: 1 },
    ...(told.token === undefined ? {} : { idToken: told.token }),
    meterValue: [
      {
        timestamp: instantText(told.atMs),
        sampledValue: [
          {
            value: wattHours(told.registerMilliWh),
            context,
            measurand: 'Energy.Active.Import.Register',
            unitOfMeasure: { unit: 'Wh' },
            ...(told.signed === undefined
              ? {}
              : {
                  signedMeterValue: {
                    signedMeterData: Buffer.from(told.signed).toString('base64'),
                    signingMethod: 'ECDSA-secp256r1-SHA256',
                    encodingMethod: 'OCMF',
                    publicKey: '',
                  },
                }),
          },
        ],
      },
    ],
  },
});

export const words2: Words = {
  boot: ({ vendor, model, serial }) => ({
    action: 'BootNotification',
    payload: {
      reason: 'PowerUp',
      chargingStation: { vendorName: vendor, model, serialNumber: serial, firmwareVersion: '1.0.0' },
    },
  }),
  status: (evse, state, atMs) => ({
    action: 'StatusNotification',
    payload: {
      evseId: evse,
      connectorId: 1,
      connectorStatus: STATES[state],
      timestamp: instantText(atMs),
    },
  }),
  authorize: (idToken) => ({ action: 'Authorize', payload: { idToken } }),
  began: (told) =>
    event(
      'Started',
      'Transaction.Begin',
      {
        triggerReason: told.remoteStart === undefined ? 'Authorized' : 'RemoteStart',
        chargingState: 'Charging',
      },
      told,
    ),
  moved: (told) =>
    event(
      'Updated',
      'Sample.Periodic',
      { triggerReason: 'MeterValuePeriodic', chargingState: 'Charging' },
      told,
    ),
  ended: (told) =>
    event('Ended', 'Transaction.End', { triggerReason: 'StopAuthorized', chargingState: 'Idle' }, told),
  numberIn: () => undefined,
  isAccepted: (answer) => {
    const { idTokenInfo } = answer as { readonly idTokenInfo?: { readonly status: string } };
    return idTokenInfo === undefined || idTokenInfo.status === 'Accepted';
  },
  groupIn: (answer) => {
    const { idTokenInfo } = answer as {
      readonly idTokenInfo?: { readonly groupIdToken?: { readonly idToken: string } };
    };
    return idTokenInfo?.groupIdToken?.idToken;
  },
};
