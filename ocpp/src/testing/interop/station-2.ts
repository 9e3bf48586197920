import type { RegisterReading } from '../../model/reports.ts';
import type { Stage } from '../stage.ts';
import type { Say } from './exercise.ts';

const AT = '2026-06-01T10:00:00Z';
const ACCEPTED = { status: 'Accepted' } as const;
const VARIABLE = {
  component: { name: 'OCPPCommCtrlr' },
  variable: { name: 'HeartbeatInterval' },
} as const;

/** What a station of 2.0.1 answers to what it is asked. */
export const ANSWERS_2: Readonly<Record<string, object>> = {
  CancelReservation: ACCEPTED,
  ChangeAvailability: ACCEPTED,
  ClearChargingProfile: ACCEPTED,
  ClearDisplayMessage: ACCEPTED,
  CostUpdated: {},
  GetCompositeSchedule: {
    ...ACCEPTED,
    schedule: {
      ...{ evseId: 1, duration: 3_600, scheduleStart: AT, chargingRateUnit: 'A' },
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
    },
  },
  GetLog: { ...ACCEPTED, filename: 'station.log' },
  GetVariables: { getVariableResult: [{ attributeStatus: 'Accepted', attributeValue: '300', ...VARIABLE }] },
  RequestStartTransaction: ACCEPTED,
  RequestStopTransaction: ACCEPTED,
  ReserveNow: ACCEPTED,
  Reset: ACCEPTED,
  SetChargingProfile: ACCEPTED,
  SetDisplayMessage: ACCEPTED,
  SetVariables: { setVariableResult: [{ attributeStatus: 'Accepted', ...VARIABLE }] },
  TriggerMessage: ACCEPTED,
  UnlockConnector: { status: 'Unlocked' },
  UpdateFirmware: ACCEPTED,
};
export const ANSWERS_21: Readonly<Record<string, object>> = {
  ...ANSWERS_2,
  ChangeTransactionTariff: ACCEPTED,
  ClearTariffs: { clearTariffsResult: [{ tariffId: 'T-1', ...ACCEPTED }] },
  GetTariffs: {
    ...ACCEPTED,
    tariffAssignments: [{ tariffId: 'T-1', tariffKind: 'DefaultTariff', evseIds: [1] }],
  },
  GetVariables: {
    getVariableResult: [
      { attributeStatus: 'Accepted', attributeValue: '300', ...VARIABLE },
      {
        ...{ attributeStatus: 'Accepted', attributeValue: 'true' },
        ...{ component: { name: 'TariffCostCtrlr' }, variable: { name: 'Enabled', instance: 'Tariff' } },
      },
    ],
  },
  NotifyAllowedEnergyTransfer: ACCEPTED,
  SetDefaultTariff: ACCEPTED,
};

interface Told {
  readonly say: Say;
  readonly heard: Stage['heard'];
}

const isAccepted = ({ idTokenInfo }: Readonly<Record<string, unknown>>): boolean =>
  (idTokenInfo as { readonly status?: string } | undefined)?.status === 'Accepted';

const sample = (value: number, context: string, direction: 'Import' | 'Export'): object => ({
  ...{ value, context, measurand: `Energy.Active.${direction}.Register` },
  unitOfMeasure: { unit: 'Wh', multiplier: 0 },
});
const reading = (value: number, context: string): object => ({
  timestamp: AT,
  sampledValue: [sample(value, context, 'Import'), sample(250, context, 'Export')],
});

const registers = (readings: readonly RegisterReading[] = []): readonly string[] =>
  readings.map(({ direction, registerMilliWh }) => `${direction} ${registerMilliWh}`);

/** A transaction, told as a station of 2.x tells it. */
const transaction = async ({ say, heard }: Told, idToken: object): Promise<string> => {
  const transactionId = 'a3f0c6de-1';
  const last = () => heard.transactions.at(-1)?.report;
  const event = (eventType: string, seqNo: number, about: object, meterValue: object): object => ({
    ...{ eventType, timestamp: AT, seqNo, meterValue: [meterValue], evse: { id: 1, connectorId: 1 } },
    ...about,
  });
  const charging = { transactionId, chargingState: 'Charging' };
  await say(
    'TransactionEvent',
    event(
      'Started',
      0,
      { triggerReason: 'Authorized', transactionInfo: charging, idToken },
      reading(1_000, 'Transaction.Begin'),
    ),
    (answer) => isAccepted(answer) && last()?.phase === 'began' && last()?.isCharging === true,
  );
  await say(
    'TransactionEvent',
    event(
      'Updated',
      1,
      { triggerReason: 'MeterValuePeriodic', transactionInfo: charging },
      reading(1_500.5, 'Sample.Periodic'),
    ),
    () =>
      last()?.phase === 'moved' && registers(last()?.readings).join(' ') === 'import 1500500 export 250000',
  );
  const over = { transactionId, stoppedReason: 'Local' };
  await say(
    'TransactionEvent',
    event(
      'Ended',
      2,
      { triggerReason: 'StopAuthorized', transactionInfo: over },
      reading(2_000, 'Transaction.End'),
    ),
    () => last()?.phase === 'ended' && last()?.endReason === 'driver',
  );
  return transactionId;
};

const SCHEDULE = {
  ...{ id: 1, chargingRateUnit: 'A' },
  chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
} as const;
const PROFILE = {
  ...{ id: 1, stackLevel: 0, chargingProfilePurpose: 'TxDefaultProfile', chargingProfileKind: 'Relative' },
  chargingSchedule: [SCHEDULE],
} as const;
const EVENT = {
  ...{
    eventId: 1,
    timestamp: AT,
    trigger: 'Alerting',
    actualValue: 'true',
    eventNotificationType: 'CustomMonitor',
  },
  ...VARIABLE,
} as const;
const REPORT = { requestId: 1, seqNo: 0, generatedAt: AT } as const;

/** What a station tells that nothing here depends on. */
const REMARKS: readonly (readonly [action: string, payload: object])[] = [
  ['FirmwareStatusNotification', { status: 'Idle' }],
  ['LogStatusNotification', { status: 'Idle' }],
  ['MeterValues', { evseId: 1, meterValue: [reading(2_000, 'Sample.Clock')] }],
  ['SecurityEventNotification', { type: 'StartupOfTheDevice', timestamp: AT }],
  ['ReservationStatusUpdate', { reservationId: 7, reservationUpdateStatus: 'Expired' }],
  ['NotifyEVChargingNeeds', { evseId: 1, chargingNeeds: { requestedEnergyTransfer: 'AC_three_phase' } }],
  ['NotifyEVChargingSchedule', { timeBase: AT, evseId: 1, chargingSchedule: SCHEDULE }],
  [
    'NotifyChargingLimit',
    { evseId: 1, chargingLimit: { chargingLimitSource: 'EMS' }, chargingSchedule: [SCHEDULE] },
  ],
  ['ClearedChargingLimit', { evseId: 1, chargingLimitSource: 'EMS' }],
  [
    'ReportChargingProfiles',
    { requestId: 1, evseId: 1, chargingLimitSource: 'CSO', chargingProfile: [PROFILE] },
  ],
  ['NotifyEvent', { generatedAt: AT, seqNo: 0, eventData: [EVENT] }],
  ['NotifyReport', REPORT],
  ['NotifyMonitoringReport', REPORT],
  ['NotifyCustomerInformation', { ...REPORT, data: 'none' }],
  ['NotifyDisplayMessages', { requestId: 1 }],
  ['PublishFirmwareStatusNotification', { status: 'Idle' }],
];

/** All that a station of 2.x says; gives the id of its transaction. Spec: OCPP 2.0.1 part 2 §1. */
export const says2 = async (told: Told): Promise<string> => {
  const { say, heard } = told;
  const chargingStation = { vendorName: 'Foreign', model: 'Peer', firmwareVersion: '1.0' };
  await say(
    'BootNotification',
    { reason: 'PowerUp', chargingStation },
    () => heard.booted.at(-1)?.report.vendor === 'Foreign',
  );
  const status = { evseId: 1, connectorId: 1, connectorStatus: 'Occupied', timestamp: AT };
  await say('StatusNotification', status, () => heard.statuses.at(-1)?.report.state === 'occupied');
  await say('Heartbeat', {}, ({ currentTime }) => typeof currentTime === 'string');
  const idToken = { idToken: '04A2B3C4', type: 'ISO14443' };
  await say(
    'Authorize',
    { idToken },
    (answer) => isAccepted(answer) && heard.asks.at(-1)?.ask.token.value === '04A2B3C4',
  );
  const transactionId = await transaction(told, idToken);
  await say('DataTransfer', { vendorId: 'com.example' }, ({ status: said }) => said === 'UnknownVendorId');
  await say('SignCertificate', { csr: 'request' }, ({ status: said }) => said === 'Rejected');
  for (const [action, payload] of REMARKS) await say(action, payload);
  return transactionId;
};
