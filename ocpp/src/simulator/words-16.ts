import type { EndReason } from '@roamgrid/domain';
import { instantText } from '../edge/instant.ts';
import type { Told, Words } from './words.ts';

const STATES = {
  available: 'Available',
  occupied: 'Charging',
  reserved: 'Reserved',
  unavailable: 'Unavailable',
  faulted: 'Faulted',
} as const;

const REASONS: Readonly<Partial<Record<EndReason, string>>> = {
  driver: 'Local',
  'cable-out': 'EVDisconnected',
  operator: 'Remote',
  revoked: 'DeAuthorized',
  'power-cut': 'PowerLoss',
};

const wattHours = (milliWh: bigint): number => Number(milliWh / 1_000n);
const milliText = (milliWh: bigint): string =>
  `${milliWh / 1_000n}.${(milliWh % 1_000n).toString().padStart(3, '0')}`;

const signedValue = (signed: string, context: string): object => ({
  value: signed,
  format: 'SignedData',
  context,
  measurand: 'Energy.Active.Import.Register',
});

/** What 1.6 has, and nothing of what it has not: a message says not that it is late. */
export const words16: Words = {
  boot: ({ vendor, model, serial }) => ({
    action: 'BootNotification',
    payload: {
      chargePointVendor: vendor,
      chargePointModel: model,
      chargePointSerialNumber: serial,
      firmwareVersion: '1.0.0',
    },
  }),
  status: (evse, state, atMs) => ({
    action: 'StatusNotification',
    payload: {
      connectorId: evse,
      errorCode: 'NoError',
      status: STATES[state],
      timestamp: instantText(atMs),
    },
  }),
  authorize: ({ idToken }) => ({ action: 'Authorize', payload: { idTag: idToken } }),
  began: ({ evse, token, registerMilliWh, atMs, reservation }) => ({
    action: 'StartTransaction',
    payload: {
      connectorId: evse,
      idTag: token?.idToken ?? '',
      meterStart: wattHours(registerMilliWh),
      timestamp: instantText(atMs),
      ...(reservation === undefined ? {} : { reservationId: reservation }),
    },
  }),
  moved: ({ evse, transactionId, registerMilliWh, atMs }) => ({
    action: 'MeterValues',
    payload: {
      connectorId: evse,
      transactionId: Number(transactionId),
      meterValue: [
        {
          timestamp: instantText(atMs),
          sampledValue: [{ value: milliText(registerMilliWh), unit: 'Wh', context: 'Sample.Periodic' }],
        },
      ],
    },
  }),
  ended: ({ transactionId, registerMilliWh, atMs, signed, endReason, token }: Told) => ({
    action: 'StopTransaction',
    payload: {
      transactionId: Number(transactionId),
      meterStop: wattHours(registerMilliWh),
      timestamp: instantText(atMs),
      reason: REASONS[endReason ?? 'driver'] ?? 'Other',
      ...(token === undefined ? {} : { idTag: token.idToken }),
      ...(signed === undefined
        ? {}
        : {
            transactionData: [
              { timestamp: instantText(atMs), sampledValue: [signedValue(signed, 'Transaction.End')] },
            ],
          }),
    },
  }),
  numberIn: (answer) => {
    const { transactionId } = answer as { readonly transactionId?: number };
    return transactionId?.toString();
  },
  isAccepted: (answer) => {
    const { idTagInfo } = answer as { readonly idTagInfo?: { readonly status: string } };
    return idTagInfo?.status === 'Accepted';
  },
  groupIn: (answer) => {
    const { idTagInfo } = answer as { readonly idTagInfo?: { readonly parentIdTag?: string } };
    return idTagInfo?.parentIdTag;
  },
};
