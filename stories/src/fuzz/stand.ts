import { mkdirSync, rmSync } from 'node:fs';
import { catchUpClock } from '@roamgrid/station-kit';
import type { ServedBank } from '../bank/served-bank.ts';
import { runAlabamaDuke } from '../scenario/alabama-duke.ts';
import { servePages, type Pages } from '../start/pages.ts';
import type { LocalSystem } from '../system/system.ts';

/** The story is told as fast as the machine can; at the kiosks cars charge so fast that sessions end within the run. */
const STORY_SPEED = 20_000;
const KIOSK_SPEED = 600;

/** What `npm start` leaves running: the consortium after its story, and its pages. */
export interface Stand {
  readonly system: LocalSystem;
  readonly bank: ServedBank;
  readonly pages: Pages;
  /** Number of a customer’s card. */
  readonly cin: string;
  close(): Promise<void>;
}

export async function startStand(stateDir: string, progress: (text: string) => void): Promise<Stand> {
  rmSync(stateDir, { recursive: true, force: true });
  mkdirSync(stateDir, { recursive: true });
  const run = await runAlabamaDuke({
    stateDir,
    speed: STORY_SPEED,
    progress,
    ledger: { kind: 'embedded' },
    logLevel: 'silent',
  });
  const { system, bank, report, stage } = run;
  try {
    const clock = catchUpClock(run.endMs, KIOSK_SPEED);
    run.setClock(clock.nowMs);
    const pages = await servePages(system, bank, { report, cin: stage.cin }, clock, 0);
    return {
      system,
      bank,
      pages,
      cin: stage.cin,
      close: async () => {
        await pages.close();
        await system.close();
      },
    };
  } catch (error) {
    await system.close();
    throw error;
  }
}
