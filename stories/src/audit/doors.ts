import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { asker, type Ask } from '../system/ask.ts';
import { storedKey } from '../system/key-ring.ts';

/** Where an auditor asks, and with which key: of a consortium on this machine, or of any that gave him one. */
export const auditorDoors = z.strictObject({
  /** The name under which the gateways trust the key in role `auditor`. */
  iss: z.string().min(1).max(64),
  key: storedKey,
  /** Gateways by utility; several, so that a checkpoint is not one utility's word. */
  utilities: z.array(z.strictObject({ utilityId: z.string(), gateway: z.url() })).min(1),
});
export type AuditorDoors = z.output<typeof auditorDoors>;

/** One gateway, asked as the auditor. */
export interface Door {
  readonly utilityId: string;
  readonly url: string;
  readonly ask: Ask;
}

const fileOf = (stateDir: string): string => join(stateDir, 'auditor-doors.json');

/** Writes down where the auditor of a consortium on this machine asks; it holds his key. */
export const keepDoors = (stateDir: string, doors: AuditorDoors): void => {
  writeFileSync(fileOf(stateDir), JSON.stringify(doors), { mode: 0o600 });
};

export const doorsOf = ({ iss, key, utilities }: AuditorDoors): readonly Door[] =>
  utilities.map(({ utilityId, gateway }) => ({
    utilityId,
    url: gateway,
    ask: asker(key, iss, utilityId, 'auditor'),
  }));

/** @throws Error when there is no such file, or it is none of doors */
export const readDoors = (file: string): readonly Door[] =>
  doorsOf(auditorDoors.parse(JSON.parse(readFileSync(file, 'utf8'))));

/** Doors of a consortium that was started in this folder. */
export const doorsIn = (stateDir: string): readonly Door[] => readDoors(fileOf(stateDir));
