import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { asker, type Ask } from '../system/ask.ts';
import { storedKey } from '../system/key-ring.ts';

/** Who takes something away: each role has a key and a file of its own. */
export type DoorRole = 'auditor' | 'authority';

/** Where somebody asks, and with which key: of a consortium on this machine, or of any that gave one. */
export const roleDoors = z.strictObject({
  /** The name under which the gateways trust the key in the role. */
  iss: z.string().min(1).max(64),
  key: storedKey,
  /** Gateways by utility; several, so that a checkpoint is not one utility's word. */
  utilities: z.array(z.strictObject({ utilityId: z.string(), gateway: z.url() })).min(1),
});
export type RoleDoors = z.output<typeof roleDoors>;

/** One gateway, asked in a role. */
export interface Door {
  readonly utilityId: string;
  readonly url: string;
  readonly ask: Ask;
}

const fileOf = (stateDir: string, role: DoorRole): string => join(stateDir, `${role}-doors.json`);

/** Writes down where somebody asks a consortium on this machine; it holds the role's key. */
export const keepDoors = (stateDir: string, role: DoorRole, doors: RoleDoors): void => {
  writeFileSync(fileOf(stateDir, role), JSON.stringify(doors), { mode: 0o600 });
};

export const doorsOf = ({ iss, key, utilities }: RoleDoors, role: DoorRole): readonly Door[] =>
  utilities.map(({ utilityId, gateway }) => ({
    utilityId,
    url: gateway,
    ask: asker(key, iss, utilityId, role),
  }));

/** @throws Error when there is no such file, or it is none of doors */
export const readDoors = (file: string, role: DoorRole): readonly Door[] =>
  doorsOf(roleDoors.parse(JSON.parse(readFileSync(file, 'utf8'))), role);

/** Doors of a consortium that was started in this folder. */
export const doorsIn = (stateDir: string, role: DoorRole): readonly Door[] =>
  readDoors(fileOf(stateDir, role), role);
