import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SITE_PARTS } from './parts.ts';
import { reportOf, type Lived, type SiteReport } from './report.ts';

interface SiteStoryOptions {
  /** Its content is replaced. */
  readonly stateDir: string;
  readonly progress: (text: string) => void;
}

/** `roamgrid scenario site`: a station that shares its power with servers, every row of it on real parts. */
export const runSite = async ({ stateDir, progress }: SiteStoryOptions): Promise<SiteReport> => {
  await rm(stateDir, { recursive: true, force: true });
  const lived: Lived[] = [];
  for (const part of SITE_PARTS) {
    progress(part.what);
    const folder = join(stateDir, part.name);
    await mkdir(folder, { recursive: true });
    lived.push({ part, seen: await part.live(folder) });
  }
  return reportOf(lived);
};
