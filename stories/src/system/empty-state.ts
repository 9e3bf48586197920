import { rm } from 'node:fs/promises';
import { removeDatabase } from '@roamgrid/service-kit';

/** Begins a state folder anew: whoever is root may have its database elsewhere, where PostgreSQL's user can get. */
export async function emptyState(stateDir: string): Promise<void> {
  await removeDatabase(stateDir);
  await rm(stateDir, { recursive: true, force: true });
}
