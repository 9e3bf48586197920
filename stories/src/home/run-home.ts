import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { check } from '../scenario/check.ts';
import { checksOf, type Part } from '../site/part.ts';
import { HOME_PARTS } from './parts.ts';

/** What `roamgrid scenario home --json` prints. `exact`: every sum of watts, watt-hours and micros that it shows comes out. */
export const homeReport = z.strictObject({
  scenario: z.literal('home'),
  exact: z.boolean(),
  checks: z.array(check),
});
export type HomeReport = z.output<typeof homeReport>;

/** A part with what was seen of it. */
export interface Lived {
  readonly part: Part;
  readonly seen: unknown;
}

/** The report, from what was seen and nothing else: each of its checks has its sums in it. */
export const reportOf = (lived: readonly Lived[]): HomeReport => {
  const checks = lived.flatMap(({ part, seen }) => checksOf(part, seen));
  return { scenario: 'home', exact: checks.every(({ ok }) => ok), checks };
};

interface HomeStoryOptions {
  /** Its content is replaced. */
  readonly stateDir: string;
  readonly progress: (text: string) => void;
}

/** `roamgrid scenario home`: a house that plans, each row that it does itself on real parts. */
export const runHome = async ({ stateDir, progress }: HomeStoryOptions): Promise<HomeReport> => {
  await rm(stateDir, { recursive: true, force: true });
  const lived: Lived[] = [];
  for (const part of HOME_PARTS) {
    progress(part.what);
    const folder = join(stateDir, part.name);
    await mkdir(folder, { recursive: true });
    lived.push({ part, seen: await part.live(folder) });
  }
  return reportOf(lived);
};
