import type { Stage } from '../stage.ts';
import type { Say } from './exercise.ts';

const AT = '2026-06-01T10:00:00Z';
const ACCEPTED = { status: 'Accepted' } as const;

/** What a station of 1.6 answers to what it is asked. */
export const ANSWERS_16: Readonly<Record<string, object>> = {
  CancelReservation: ACCEPTED,
  ChangeAvailability: ACCEPTED,
  ChangeConfiguration: ACCEPTED,
  ClearChargingProfile: ACCEPTED,
  GetCompositeSchedule: {
    ...ACCEPTED,
    ...{ connectorId: 1, scheduleStart: AT },
    chargingSchedule: {
      ...{ duration: 3_600, chargingRateUnit: 'A' },
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
    },
  },
  GetConfiguration: { configurationKey: [{ key: 'HeartbeatInterval', readonly: false, value: '300' }] },
  GetDiagnostics: { fileName: 'diagnostics.log' },
  GetLog: { ...ACCEPTED, filename: 'security.log' },
  RemoteStartTransaction: ACCEPTED,
  RemoteStopTransaction: ACCEPTED,
  ReserveNow: ACCEPTED,
  Reset: ACCEPTED,
  SetChargingProfile: ACCEPTED,
  SignedUpdateFirmware: ACCEPTED,
  TriggerMessage: ACCEPTED,
  UnlockConnector: { status: 'Unlocked' },
  UpdateFirmware: {},
};

interface Told {
  readonly say: Say;
  readonly heard: Stage['heard'];
}

const isAccepted = ({ idTagInfo }: Readonly<Record<string, unknown>>): boolean =>
  (idTagInfo as { readonly status?: string } | undefined)?.status === 'Accepted';

/** All that a station of 1.6 says; gives the number of its transaction. Spec: OCPP 1.6 §4, security white paper. */
export const says16 = async ({ say, heard }: Told): Promise<string> => {
  const boot = { chargePointVendor: 'Foreign', chargePointModel: 'Peer', firmwareVersion: '1.0' };
  await say('BootNotification', boot, () => heard.booted.at(-1)?.report.vendor === 'Foreign');
  const status = { connectorId: 1, errorCode: 'NoError', status: 'Preparing', timestamp: AT };
  await say('StatusNotification', status, () => heard.statuses.at(-1)?.report.state === 'occupied');
  await say('Heartbeat', {}, ({ currentTime }) => typeof currentTime === 'string');
  const idTag = '04A2B3C4';
  await say(
    'Authorize',
    { idTag },
    (answer) => isAccepted(answer) && heard.asks.at(-1)?.ask.token.value === idTag,
  );
  const began = { connectorId: 1, idTag, meterStart: 1_000, timestamp: AT };
  const { transactionId } = await say('StartTransaction', began, isAccepted);
  const last = () => heard.transactions.at(-1)?.report;
  const value = { value: '1500', measurand: 'Energy.Active.Import.Register', unit: 'Wh' };
  await say(
    'MeterValues',
    { connectorId: 1, transactionId, meterValue: [{ timestamp: AT, sampledValue: [value] }] },
    () => last()?.readings[0]?.registerMilliWh === 1_500_000n,
  );
  const ended = { transactionId, idTag, meterStop: 2_000, timestamp: AT, reason: 'Local' };
  await say('StopTransaction', ended, () => last()?.phase === 'ended' && last()?.endReason === 'driver');
  await say('DataTransfer', { vendorId: 'com.example' }, ({ status: said }) => said === 'UnknownVendorId');
  await say('FirmwareStatusNotification', { status: 'Idle' });
  await say('DiagnosticsStatusNotification', { status: 'Idle' });
  await say('SecurityEventNotification', { type: 'StartupOfTheDevice', timestamp: AT, techInfo: 'none' });
  await say('LogStatusNotification', { status: 'Uploaded', requestId: 2 });
  await say('SignedFirmwareStatusNotification', { status: 'Installed', requestId: 4 });
  await say('SignCertificate', { csr: 'request' }, ({ status: said }) => said === 'Rejected');
  return String(transactionId);
};
