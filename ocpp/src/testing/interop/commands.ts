import { UTC_OFFSETS, unwrap } from '@roamgrid/domain';
import { readTariffJson } from '@roamgrid/wire';
import type { StationCommand } from '../../commands/command.ts';
import type { DriverPrice } from '../../model/driver-price.ts';

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

const TARIFF_JSON = JSON.stringify({
  ...{
    country_code: 'US',
    party_id: 'DUK',
    id: 'T-1',
    currency: 'USD',
    last_updated: '2026-01-01T00:00:00Z',
  },
  elements: [{ price_components: [{ type: 'ENERGY', price: 0.3, vat: 7, step_size: 1 }] }],
});

/** By which the peer’s driver charges. */
export const PRICE: DriverPrice = {
  tariff: unwrap(readTariffJson(TARIFF_JSON)),
  ...{ adjustmentPpm: -50_000n, currency: 'USD', zoneOffsets: UTC_OFFSETS },
};

/** What 2.1 has beyond it. */
export const COMMANDS_21 = (transactionId: string): readonly StationCommand[] => [
  { kind: 'allow-energy-transfer', transactionId, modes: ['DC', 'DC_BPT'] },
  {
    ...{ kind: 'set-default-tariff', outlet: OUTLET, tariffJson: TARIFF_JSON },
    texts: [{ language: 'en', text: '0.30 USD/kWh' }],
  },
  { kind: 'get-tariffs', outlet: OUTLET },
  { kind: 'clear-tariffs', tariffIds: ['T-1'], outlet: OUTLET },
];
