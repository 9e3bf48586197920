import type { Dialect, Heard } from '../edge/heard.ts';
import { instantOf, instantText } from '../edge/instant.ts';
import type { StatusReport } from '../model/reports.ts';
import type { BootNotification, StatusNotification } from './messages.ts';
import { authorize, meterValues, startTransaction, stopTransaction } from './transactions.ts';

const boot = async (message: BootNotification, heard: Heard): Promise<object> => {
  const { stationId, receivedAtMs, desk, notes, heartbeatS } = heard;
  const serial = message.chargePointSerialNumber ?? message.chargeBoxSerialNumber;
  const firmware = message.firmwareVersion;
  const about = {
    vendor: message.chargePointVendor,
    model: message.chargePointModel,
    ...(firmware === undefined ? {} : { firmware }),
  };
  notes.note(stationId, { ...about, bootedAtMs: receivedAtMs });
  await desk.booted(stationId, {
    ...about,
    ...(serial === undefined ? {} : { serial }),
    ...(message.meterSerialNumber === undefined ? {} : { meterSerial: message.meterSerialNumber }),
  });
  return { currentTime: instantText(receivedAtMs), interval: heartbeatS, status: 'Accepted' };
};

/** Spec: OCPP 1.6 §7.7, ChargePointStatus. */
const STATES: Readonly<Record<string, Pick<StatusReport, 'state' | 'isCharging'>>> = {
  Available: { state: 'available', isCharging: false },
  Preparing: { state: 'occupied' },
  Charging: { state: 'occupied', isCharging: true },
  SuspendedEV: { state: 'occupied', isCharging: false },
  SuspendedEVSE: { state: 'occupied', isCharging: false },
  Finishing: { state: 'occupied', isCharging: false },
  Reserved: { state: 'reserved' },
  Unavailable: { state: 'unavailable' },
  Faulted: { state: 'faulted' },
};
const OTHER = { state: 'faulted' } as const;

const status = async (message: StatusNotification, heard: Heard): Promise<object> => {
  const detail = message.info ?? message.vendorErrorCode;
  const report: StatusReport = {
    outlet: { evse: message.connectorId },
    atMs: message.timestamp === undefined ? heard.receivedAtMs : instantOf(message.timestamp),
    ...(STATES[message.status] ?? OTHER),
    ...(message.errorCode === 'NoError' ? {} : { errorCode: message.errorCode }),
    ...(detail === undefined ? {} : { detail }),
  };
  heard.notes.status(heard.stationId, report);
  await heard.desk.statusChanged(heard.stationId, report);
  return {};
};

interface Said {
  readonly status: string;
}
const firmwareStatus = ({ status: firmware }: Said, { notes, stationId }: Heard): object => {
  notes.note(stationId, { firmwareStatus: firmware });
  return {};
};
const logStatus = ({ status: log }: Said, { notes, stationId }: Heard): object => {
  notes.note(stationId, { logStatus: log });
  return {};
};

interface SecurityEventNotification {
  readonly type: string;
  readonly timestamp: string;
  readonly techInfo?: string;
}
const securityEvent = (message: SecurityEventNotification, { notes, stationId }: Heard): object => {
  const { type, timestamp, techInfo } = message;
  notes.security(stationId, {
    type,
    atMs: instantOf(timestamp),
    ...(techInfo === undefined ? {} : { info: techInfo }),
  });
  return {};
};

/** What a station of 1.6 may say. Certificates are given out by the utility's station CA by hand, never over this wire. */
export const dialect16: Dialect = {
  answers: {
    Authorize: authorize,
    BootNotification: boot,
    DataTransfer: () => ({ status: 'UnknownVendorId' }),
    DiagnosticsStatusNotification: logStatus,
    FirmwareStatusNotification: firmwareStatus,
    Heartbeat: (_message, { receivedAtMs }) => ({ currentTime: instantText(receivedAtMs) }),
    LogStatusNotification: logStatus,
    MeterValues: meterValues,
    SecurityEventNotification: securityEvent,
    SignCertificate: () => ({ status: 'Rejected' }),
    SignedFirmwareStatusNotification: firmwareStatus,
    StartTransaction: startTransaction,
    StatusNotification: status,
    StopTransaction: stopTransaction,
  },
  unsupported: [],
};
