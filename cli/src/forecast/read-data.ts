import { readFileSync } from 'node:fs';
import { loadCsv, type LoadedData } from '@roamgrid/tariff-service';
import { EXIT, type Io } from './io.ts';
import { csvOptionsOf, type DataOptions } from './options.ts';

/** Tells why a command gives up, in words and as JSON when asked, and which exit code that is. */
export const refuserOf =
  (io: Io, isJson: boolean) =>
  (code: string, message: string): void => {
    if (isJson) io.out(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`);
    io.err(`error: ${message} (${code})\n`);
    io.exitCode(code === 'BAD_OPTION' || code === 'NO_COLUMN' ? EXIT.usage : EXIT.badInput);
  };

/** The load history that the options name, checked; undefined when it was refused. */
export function readData(
  options: DataOptions,
  refuse: (code: string, message: string) => void,
): LoadedData | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(options.load);
  } catch {
    refuse('FILE_UNREADABLE', `cannot read ${options.load}`);
    return undefined;
  }
  const data = loadCsv(bytes, options.zone, csvOptionsOf(options));
  if (data.ok) return data.value;
  refuse(data.error.code, data.error.message);
  return undefined;
}

/** `HH:MM` of a time of day in minutes. */
export const clockOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
