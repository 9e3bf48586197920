import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const streetStation = z.strictObject({
  /** Where stations connect, without their id. */
  url: z.url(),
  stationId: z.string(),
  password: z.string(),
  /** What its driver shows there. */
  token: z.string(),
});
/** What one needs to be that station. */
export type StreetStation = z.output<typeof streetStation>;

const fileOf = (stateDir: string): string => join(stateDir, 'street.json');

/** @returns undefined where `npm start` left none in this folder */
export const readStreetStation = (stateDir: string): StreetStation | undefined => {
  let text: string;
  try {
    text = readFileSync(fileOf(stateDir), 'utf8');
  } catch {
    return undefined;
  }
  return streetStation.parse(JSON.parse(text));
};

/** It holds the password, so that nobody else reads it. */
export const keepStreetStation = (stateDir: string, station: StreetStation): void => {
  const aside = `${fileOf(stateDir)}.new`;
  writeFileSync(aside, JSON.stringify(station), { mode: 0o600 });
  renameSync(aside, fileOf(stateDir));
};
