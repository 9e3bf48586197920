import { readFileSync } from 'node:fs';
import {
  fail,
  layoutOptions,
  loadCsv,
  ok,
  type CsvOptions,
  type DataError,
  type LoadedData,
  type Result,
  type Zone,
} from '@roamgrid/tariff-service';
import { EXIT, type Io } from './io.ts';
import { type DataOptions, toldOptionsOf } from './options.ts';
import { lackingFlags, type TableFileOptions } from './table-options.ts';
import { readWeather } from './read-weather.ts';
import { parseZone } from './zone.ts';

/** Tells why a command gives up, in words and as JSON when asked, and which exit code that is. */
export const refuserOf =
  (io: Io, isJson: boolean) =>
  (code: string, message: string): void => {
    if (isJson) io.out(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`);
    io.err(`error: ${message} (${code})\n`);
    io.exitCode(code === 'BAD_OPTION' || code === 'NO_COLUMN' ? EXIT.usage : EXIT.badInput);
  };

/** How a load file is read: as its publisher's layout says, or as the options alone do. */
export function csvOptionsOf(
  bytes: Uint8Array,
  { layout, zone: toldZone }: Pick<TableFileOptions, 'layout' | 'zone'>,
  told: Partial<CsvOptions>,
): Result<{ readonly csv: CsvOptions; readonly zone: Zone }, DataError> {
  const laid = layout === undefined ? undefined : layoutOptions(bytes, layout, told);
  if (laid?.ok === false) return laid;
  const { zone: usual, ...known } = laid?.value ?? { zone: undefined, ...told };
  const zone = toldZone ?? (usual === undefined ? undefined : parseZone(usual));
  const lacking = lackingFlags(known, zone);
  if (lacking.length > 0 || zone === undefined)
    return fail({
      code: 'BAD_OPTION',
      message: `${lacking.join(', ')} is missing: give it, or a --layout that has it`,
    });
  return ok({ csv: { bareStamps: 'local', ...known } as CsvOptions, zone });
}

/** The load history and the weather that the options name, checked; undefined when it was refused. */
export async function readData(
  options: DataOptions,
  refuse: (code: string, message: string) => void,
): Promise<LoadedData | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(options.load);
  } catch {
    refuse('FILE_UNREADABLE', `cannot read ${options.load}`);
    return undefined;
  }
  const how = csvOptionsOf(bytes, options, toldOptionsOf(options));
  const load = how.ok ? loadCsv(bytes, how.value.zone, how.value.csv) : how;
  const data = load.ok ? await readWeather(load.value, options) : load;
  if (data.ok) return data.value;
  refuse(data.error.code, data.error.message);
  return undefined;
}

/** `HH:MM` of a time of day in minutes. */
export const clockOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
