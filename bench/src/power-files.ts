import { readFileSync } from 'node:fs';
import { parseDecimal } from '@roamgrid/domain';
import type { Site, Stay } from '@roamgrid/energy-controller';
import { columnAt, readTable } from '@roamgrid/service-kit/csv';
import { Command } from 'commander';

/** Which columns of a file of sessions are what, and which days count. */
export interface SessionFile {
  readonly sessions: string;
  readonly station: string;
  readonly arrival: string;
  readonly departure: string;
  readonly energy: string;
  /** First day that is learnt from, and the day after the last one. */
  readonly history: string;
  readonly to: string;
}

/** A command that measures on such a file, counted from a day on. */
export const onSessions = (name: string): Command =>
  new Command(name)
    .requiredOption('--sessions <csv>', 'file of sessions')
    .option('--station <name>', 'column', 'station_id')
    .option('--arrival <name>', 'column', 'plug_in')
    .option('--departure <name>', 'column', 'plug_out')
    .option('--energy <name>', 'column, kWh', 'energy_kwh')
    .requiredOption('--history <day>', 'first day that is learnt from')
    .requiredOption('--from <day>', 'first day that counts')
    .requiredOption('--to <day>', 'the day after the last one');

const HOUR_MS = 3_600_000;
const STAMP_LENGTH = 19;

/** Clock times are taken as they stand, without their offsets: two hours of a year are an hour off. */
const clockMs = (text: string): number => Date.parse(`${text.slice(0, STAMP_LENGTH).replace(' ', 'T')}Z`);

export const readSessions = (file: SessionFile): readonly Stay[] => {
  const { sessions, station, arrival, departure, energy, history, to } = file;
  const table = readTable(readFileSync(sessions), { columns: [station, arrival, departure, energy] });
  if (!table.ok) throw new Error(table.error.message);
  const { header, rows } = table.value;
  const at = [station, arrival, departure, energy].map((name) => columnAt(header, name));
  return rows.flatMap(({ cells }) => {
    const [stationId = '', from = '', until = '', kWh = ''] = at.map((column) => cells[column] ?? '');
    const [arrivalMs, departureMs] = [clockMs(from), clockMs(until)];
    const energy = parseDecimal(kWh, 3, 'half-up');
    const energyWh = energy.ok ? energy.value : 0n;
    const isIn = arrivalMs >= Date.parse(history) && arrivalMs < Date.parse(to);
    const isGood = departureMs > arrivalMs && departureMs - arrivalMs < 7 * 24 * HOUR_MS && energyWh > 0n;
    return isIn && isGood ? [{ stationId, arrivalMs, departureMs, energyWh }] : [];
  });
};

/** `20x1` is 20 kW on one phase. */
export const siteOf = (text: string): Site => {
  const [limit = '0', phases = '1'] = text.split('x');
  return {
    stepMinutes: 5,
    volts: 230n,
    phases: phases === '3' ? 3 : 1,
    limitW: BigInt(limit) * 1000n,
    outletW: 7_400n,
    minAmps: 6n,
    isWholeAmps: true,
  };
};

export const percent = (part: bigint, whole: bigint): number => Number((part * 1_000_000n) / whole) / 10_000;
