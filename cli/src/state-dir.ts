import { join, resolve } from 'node:path';

/** Where runs on this machine keep their state, unless told otherwise: below the folder that the command is called in. */
export const stateDirOf = (name: string, chosen?: string): string =>
  resolve(chosen ?? process.env['ROAMGRID_STATE_DIR'] ?? join('.roamgrid', name));
