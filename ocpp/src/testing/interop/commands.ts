import type { StationCommand } from '../../commands/command.ts';

const TOKEN = { type: 'rfid', value: '04A2B3C4' } as const;
const OUTLET = { evse: 1 } as const;
const AT_MS = Date.parse('2030-06-01T10:00:00Z');

/** Each thing that operators may ask of a station, once; what ends the peer comes last. */
export const COMMANDS = (transactionId: string): readonly StationCommand[] => [
  { kind: 'get-settings', names: ['HeartbeatInterval'] },
  { kind: 'set-setting', name: 'OCPPCommCtrlr.HeartbeatInterval', value: '600' },
  { kind: 'set-availability', outlet: OUTLET, isOperative: true },
  { kind: 'reserve', reservationId: 7, outlet: OUTLET, token: TOKEN, untilMs: AT_MS },
  { kind: 'cancel-reservation', reservationId: 7 },
  {
    kind: 'set-profile',
    outlet: OUTLET,
    profile: {
      ...{ profileId: 1, stackLevel: 0, purpose: 'transaction-default', kind: 'absolute', unit: 'A' },
      ...{ startMs: AT_MS, periods: [{ startS: 0, limitTenths: 160 }] },
    },
  },
  { kind: 'composite-schedule', outlet: OUTLET, durationS: 3_600, unit: 'A' },
  { kind: 'clear-profile', profileId: 1 },
  { kind: 'trigger', message: 'heartbeat' },
  { kind: 'unlock', outlet: OUTLET },
  { kind: 'get-log', requestId: 1, log: 'diagnostics', location: 'ftp://127.0.0.1/logs' },
  { kind: 'get-log', requestId: 2, log: 'security', location: 'ftp://127.0.0.1/logs' },
  { kind: 'update-firmware', requestId: 3, location: 'ftp://127.0.0.1/firmware', retrieveAtMs: AT_MS },
  {
    kind: 'update-firmware',
    ...{ requestId: 4, location: 'ftp://127.0.0.1/firmware', retrieveAtMs: AT_MS },
    signing: { certificate: 'certificate', signature: 'signature' },
  },
  { kind: 'show', messageId: 5, text: { language: 'en', text: '0.30 USD/kWh' } },
  { kind: 'clear-shown', messageId: 5 },
  { kind: 'start', outlet: OUTLET, token: TOKEN, remoteStart: 1_000_000_000 },
  { kind: 'stop', transactionId },
  { kind: 'reset', when: 'idle' },
];

/** What 2.1 has beyond it. */
export const VEHICLE_TO_GRID = (transactionId: string): StationCommand => ({
  kind: 'allow-energy-transfer',
  transactionId,
  modes: ['DC', 'DC_BPT'],
});
