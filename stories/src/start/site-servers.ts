import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CONTROLLER, primesProgram } from '@roamgrid/compute-agent/samples';
import type { CabinetReading, JobStatus } from '@roamgrid/wire';
import { makeCabinets } from '../site/cabinets.ts';

/** A cabinet of servers of the simulated site: an agent with real jobs. */
export interface SiteServers {
  readonly url: string;
  readonly cabinetId: string;
  /** By which the site's controller proves itself to it. */
  readonly identity: { readonly key: string; readonly cert: string; readonly authority: string };
  /** What it does. Whoever looks gives it work: nothing is computed where nobody watches. */
  look(): Promise<{ readonly reading: CabinetReading; readonly jobs: readonly JobStatus[] }>;
  close(): Promise<void>;
}

const CABINET_ID = 'rack';
/** What one job stands for: a row of servers, each as busy as the one process here. */
const PROGRAM = { runningW: '39500', coreW: '36000' };
export const STANDBY_W = '500';
/** Some fifteen seconds of a part of a core. */
const BELOW = 1_000_000;
/** One after the other of these: each is a process of some 40 MB. */
const KINDS = ['time-sensitive', 'ordinary', 'peripheral'] as const;
const OVER: readonly JobStatus['state'][] = ['done', 'failed', 'cancelled', 'gone'];
/** Of what is over so much is shown. */
const SHOWN_OVER = 4;

export const startSiteServers = async (stateDir: string): Promise<SiteServers> => {
  const cabinets = await makeCabinets(join(stateDir, 'servers'), [CABINET_ID], {
    programs: [primesProgram(PROGRAM)],
    power: { standbyW: STANDBY_W },
    tickMs: 500,
  });
  try {
    const agent = await cabinets.start(CABINET_ID);
    const identity = await cabinets.neighbours.identityOf(CONTROLLER);
    let submitting: Promise<void> | undefined;
    const submit = async (open: readonly JobStatus[], done: number): Promise<void> => {
      if (open.length > 0) return;
      const kind = KINDS[done % KINDS.length] ?? 'ordinary';
      await cabinets.submit(CABINET_ID, `job-${randomUUID().slice(0, 8)}`, kind, BELOW);
    };
    return {
      url: agent.url,
      cabinetId: CABINET_ID,
      identity,
      look: async () => {
        const [reading, jobs] = await Promise.all([cabinets.reading(CABINET_ID), cabinets.jobs(CABINET_ID)]);
        const open = jobs.filter(({ state }) => !OVER.includes(state));
        const over = jobs.filter(({ state }) => OVER.includes(state));
        // Two who look at once give it no more work than one.
        submitting ??= submit(open, over.length).finally(() => {
          submitting = undefined;
        });
        await submitting;
        const latest = [...over].sort((a, b) => b.arrivedMs - a.arrivedMs).slice(0, SHOWN_OVER);
        return { reading, jobs: [...open, ...latest] };
      },
      close: () => cabinets.close(),
    };
  } catch (error) {
    await cabinets.close();
    throw error;
  }
};
