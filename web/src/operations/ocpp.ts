import { h } from '../shared/dom.ts';
import { day, decimalText, energy, money, sentence } from '../shared/format.ts';
import { table, type Cell } from '../shared/table.ts';
import type {
  OcppOutletView,
  OcppStationView,
  OcppTransactionView,
  OcppUnbilledView,
  OcppView,
} from './state.ts';

/** Stations that speak OCPP: who is connected and what each says of itself, what flowed and by whose word it is billed. */

const OUTLET: { readonly [S in OcppOutletView['state']]: string } = {
  available: 'free',
  occupied: 'occupied',
  reserved: 'reserved',
  unavailable: 'out of use',
  faulted: 'faulty',
};

const REFUSED: { readonly [C in OcppUnbilledView['code']]: string } = {
  refused: 'Home or the gateway said no',
  'no-consent': 'The driver agreed to no price',
  'no-token': 'Nobody was named',
  'began-missing': 'Its begin was never told',
  'over-before-authorised': 'It was over before anybody was asked',
  'gateway-away': 'The gateway was away',
  'before-consent': 'It flowed before the driver agreed',
  'over-limit': 'It flowed past what was agreed, or after a stop',
  'register-jump': 'More than the outlet can have carried',
  'after-end': 'Told after the end',
  'end-refused': 'The gateway did not take the end',
  'too-many': 'More transactions than one station may have',
  'too-old': 'Told so late that it may have been told before',
};

/** `OCPP 2.0.1` out of a WebSocket subprotocol. */
const versionText = (protocol: string): string => protocol.replace(/^ocpp/, 'OCPP ');

/** Energy of a register that counts milliwatt-hours; shown to the watt-hour, rounded down. */
const milliEnergy = (milliWh: string): string => energy((BigInt(milliWh) / 1_000n).toString());

const lineText = ({ connection }: OcppStationView): Cell =>
  connection === undefined
    ? h('span', { class: 'bad' }, 'not connected')
    : `${versionText(connection.protocol)} since ${day(connection.sinceMs)}`;

const outletText = ({ at, state, isCharging, errorCode, detail }: OcppOutletView): string => {
  const fault = [errorCode, detail].filter((each) => each !== undefined && each !== 'NoError').join(', ');
  return `${at}: ${OUTLET[state]}${isCharging === true ? ', charging' : ''}${fault === '' ? '' : ` (${fault})`}`;
};

const stationRow = (station: OcppStationView): Cell[] => [
  h('span', { class: 'id' }, station.stationId),
  lineText(station),
  [station.vendor, station.model, station.firmware].filter((each) => each !== undefined).join(' ') ||
    'not told',
  station.outlets.length === 0 ? 'not told' : station.outlets.map(outletText).join('; '),
];

const clause = (words: string): string => words.charAt(0).toLowerCase() + words.slice(1);

const stateText = ({ state, isCharging, refusal, end }: OcppTransactionView): string => {
  if (refusal !== null) return `nobody pays: ${clause(REFUSED[refusal])}`;
  if (end?.state === 'taken') return 'billed';
  if (end?.state === 'due') return 'ended, the bill is still to come';
  if (end?.state === 'dropped') return 'nobody pays: its session was closed without it';
  return state === 'open' ? (isCharging ? 'charging' : 'plugged in') : 'not begun yet';
};

const wordText = ({ end }: OcppTransactionView, utilityName: string): string =>
  end === null ? '–' : end.meteredBy === 'meter' ? 'the meter signed it' : `${utilityName} vouches for it`;

const totalText = ({ end }: OcppTransactionView): string =>
  end === null || end.totalMicros === null ? '–' : money(end.totalMicros, end.currency);

const transactionRow =
  (utilityName: string) =>
  (each: OcppTransactionView): Cell[] => [
    each.sessionId === null ? 'no session' : h('span', { class: 'id' }, each.sessionId),
    each.evseId === null ? each.stationId : `${each.stationId}, outlet ${each.evseId}`,
    day(each.beganAtMs ?? each.lastAtMs),
    stateText(each),
    wordText(each, utilityName),
    milliEnergy(each.milliWh),
    totalText(each),
  ];

const lostText = (unbilled: readonly OcppUnbilledView[]): string =>
  `${decimalText(unbilled.reduce((sum, { milliWh }) => sum + BigInt(milliWh), 0n).toString(), 6)} kWh in the rows below: nobody is billed for it.`;

const tables = ({ stations, transactions, unbilled }: OcppView, utilityName: string): readonly Node[] => [
  table('Stations', ['Station', 'Line', 'What it is', 'Outlets'], stations.map(stationRow)),
  ...(transactions.length === 0
    ? [h('p', { class: 'lead' }, 'Nobody has charged there yet.')]
    : [
        table(
          'What they charged, newest first',
          ['Session', 'Station', 'Began', 'State', 'Whose word', 'Energy', 'Total'],
          transactions.map(transactionRow(utilityName)),
          5,
        ),
      ]),
  ...(unbilled.length === 0
    ? []
    : [
        h('p', { class: 'bad' }, lostText(unbilled)),
        table(
          'Energy there that nobody is billed for, newest first',
          ['Station', 'Energy', 'Why', 'Noted'],
          unbilled.map((each) => [
            each.evseId === null ? each.stationId : `${each.stationId}, outlet ${each.evseId}`,
            milliEnergy(each.milliWh),
            `${REFUSED[each.code]}. ${sentence(each.detail)}`,
            day(each.notedAtMs),
          ]),
        ),
      ]),
];

/** What the card shows below its title. */
export const ocppParts = (view: OcppView | undefined, utilityName: string): readonly Node[] =>
  view === undefined
    ? [h('p', { class: 'bad' }, 'The door to these stations does not answer.')]
    : tables(view, utilityName);
