import type { Answerer, Dialect, Heard } from '../edge/heard.ts';
import { instantOf, instantText } from '../edge/instant.ts';
import type { StatusReport } from '../model/reports.ts';
import type { BootNotification, Settlement, StatusNotification } from './messages.ts';
import { authorize, transactionEvent } from './transactions.ts';

const boot = async (message: BootNotification, heard: Heard): Promise<object> => {
  const { stationId, receivedAtMs, desk, notes, heartbeatS } = heard;
  const {
    vendorName: vendor,
    model,
    firmwareVersion: firmware,
    serialNumber: serial,
  } = message.chargingStation;
  const about = { vendor, model, ...(firmware === undefined ? {} : { firmware }) };
  notes.note(stationId, { ...about, bootedAtMs: receivedAtMs });
  await desk.booted(stationId, {
    ...about,
    ...(serial === undefined ? {} : { serial }),
    reason: message.reason,
  });
  return { currentTime: instantText(receivedAtMs), interval: heartbeatS, status: 'Accepted' };
};

/** Spec: OCPP 2.0.1 part 2, ConnectorStatusEnumType. */
const STATES: Readonly<Record<string, StatusReport['state']>> = {
  Available: 'available',
  Occupied: 'occupied',
  Reserved: 'reserved',
  Unavailable: 'unavailable',
  Faulted: 'faulted',
};

const status = async (message: StatusNotification, heard: Heard): Promise<object> => {
  const { evseId, connectorId, timestamp, connectorStatus } = message;
  const report: StatusReport = {
    outlet: { evse: evseId, connector: connectorId },
    atMs: instantOf(timestamp),
    state: STATES[connectorStatus] ?? 'faulted',
  };
  heard.notes.status(heard.stationId, report);
  await heard.desk.statusChanged(heard.stationId, report);
  return {};
};

interface Said {
  readonly status: string;
}
interface SecurityEvent {
  readonly type: string;
  readonly timestamp: string;
  readonly techInfo?: string;
}
interface ReservationUpdate {
  readonly reservationId: number;
  readonly reservationUpdateStatus: string;
}

const noted: Readonly<Record<string, Answerer>> = {
  FirmwareStatusNotification: ({ status: firmwareStatus }: Said, { notes, stationId }: Heard) => {
    notes.note(stationId, { firmwareStatus });
    return {};
  },
  LogStatusNotification: ({ status: logStatus }: Said, { notes, stationId }: Heard) => {
    notes.note(stationId, { logStatus });
    return {};
  },
  SecurityEventNotification: ({ type, timestamp, techInfo }: SecurityEvent, { notes, stationId }: Heard) => {
    const info = techInfo === undefined ? {} : { info: techInfo };
    notes.security(stationId, { type, atMs: instantOf(timestamp), ...info });
    return {};
  },
  ReservationStatusUpdate: (update: ReservationUpdate, { notes, stationId }: Heard) => {
    notes.reservation(stationId, update.reservationId, update.reservationUpdateStatus);
    return {};
  },
};

/** Taken note of by the answer alone: nothing here depends on what they tell. */
const HEARD_ONLY = [
  'ClearedChargingLimit',
  'MeterValues',
  'NotifyChargingLimit',
  'NotifyCustomerInformation',
  'NotifyDisplayMessages',
  'NotifyEvent',
  'NotifyMonitoringReport',
  'NotifyReport',
  'PublishFirmwareStatusNotification',
  'ReportChargingProfiles',
];
const nothing: Answerer = () => ({});

/** What a station of 2.0.1 or 2.1 may say. Spec: OCPP 2.0.1 part 2 §1, OCPP 2.1 part 2 §1. */
export const dialect2: Dialect = {
  answers: {
    ...Object.fromEntries(HEARD_ONLY.map((action) => [action, nothing])),
    ...noted,
    Authorize: authorize,
    BootNotification: boot,
    DataTransfer: () => ({ status: 'UnknownVendorId' }),
    Heartbeat: (_message, { receivedAtMs }) => ({ currentTime: instantText(receivedAtMs) }),
    NotifyEVChargingNeeds: () => ({ status: 'Rejected' }),
    NotifyEVChargingSchedule: () => ({ status: 'Accepted' }),
    SignCertificate: () => ({ status: 'Rejected' }),
    StatusNotification: status,
    TransactionEvent: transactionEvent,
  },
  unsupported: ['Get15118EVCertificate', 'GetCertificateStatus'],
};

/**
 * A station that takes money by a terminal of its own settles it with whoever runs the terminal. Nothing here was authorised by it,
 * so that nothing is billed or receipted for it; who runs the station sees that it was.
 */
const settled = (message: Settlement, { notes, stationId }: Heard): object => {
  const { status: said, settlementAmount, settlementTime, transactionId } = message;
  notes.settlement(stationId, {
    ...{ status: said, amount: String(settlementAmount), atMs: instantOf(settlementTime) },
    ...(transactionId === undefined ? {} : { transactionId }),
  });
  return {};
};

/** What 2.1 has beyond it, and what of that is not done here. */
export const dialect21: Dialect = {
  answers: { ...dialect2.answers, NotifySettlement: settled },
  unsupported: [
    ...dialect2.unsupported,
    'BatterySwap',
    'GetCertificateChainStatus',
    'NotifyDERAlarm',
    'NotifyDERStartStop',
    'NotifyPriorityCharging',
    'NotifyWebPaymentStarted',
    'OpenPeriodicEventStream',
    'ClosePeriodicEventStream',
    'PullDynamicScheduleUpdate',
    'ReportDERControl',
    'VatNumberValidation',
  ],
};
