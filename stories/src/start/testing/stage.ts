import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedReader } from '@roamgrid/station';
import { kioskState, type ReaderAnswer } from '@roamgrid/wire';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { catchUpClock } from '@roamgrid/station-kit';
import { runAlabamaDuke, type ScenarioRun } from '../../scenario/alabama-duke.ts';
import { until } from '../../system/until.ts';
import { servePages, type Pages } from '../pages.ts';
import { launchBrowser } from './browser.ts';

/** The story is told as fast as the machine can; only the kiosks' cars charge so slowly that one can watch. */
const STORY_SPEED = 20_000;
const KIOSK_SPEED = 60;
const STATION_SKEW_MS = 60_000;

/** Everything that a browser test drives: the real consortium after its story, its pages, and a browser. */
export interface Stage {
  readonly run: ScenarioRun;
  readonly pages: Pages;
  readonly browser: Browser;
  /** A page of a fresh browser profile. Whatever it reports as an error ends up in `errors`. */
  open(options?: BrowserContextOptions): Promise<{ page: Page; errors: string[] }>;
  /** Chooses an energy on a kiosk's first screen, and waits until the station knows. */
  chooseEnergy(page: Page, text: string): Promise<void>;
  /** Holds a card to the reader of a kiosk. */
  card(kiosk: number, content: string): Promise<ReaderAnswer>;
  /** Whatever a test left on the kiosks is ended, so that one that failed does not fail the next. */
  freeKiosks(): Promise<void>;
  close(): Promise<void>;
}

async function watched(browser: Browser, options: BrowserContextOptions) {
  const context = await browser.newContext({
    locale: 'en-US',
    timezoneId: 'America/New_York',
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return { page, errors };
}

/** Decline, stop and clear away what a kiosk shows, until it welcomes the next driver. */
async function freeKiosk(url: string): Promise<void> {
  const headers = { origin: new URL(url).origin };
  await until(`the kiosk at ${url} is free`, async () => {
    const { screen } = kioskState.parse(await (await fetch(`${url}/kiosk/v1/state`)).json());
    if (screen === 'welcome') return true;
    for (const step of ['decline', 'stop', 'done']) {
      await fetch(`${url}/kiosk/v1/${step}`, { method: 'POST', headers });
    }
    return undefined;
  });
}

/** Bring everything up. */
export async function startStage(): Promise<Stage> {
  const stateDir = mkdtempSync(join(tmpdir(), 'roamgrid-pages-'));
  const run = await runAlabamaDuke({
    stateDir,
    speed: STORY_SPEED,
    progress: () => undefined,
    ledger: { kind: 'embedded' },
    logLevel: 'silent',
  });
  const { system, bank, report } = run;
  try {
    const clock = catchUpClock(run.endMs, KIOSK_SPEED);
    run.setClock(clock.nowMs);
    // The stations' own clocks are a minute off: they go by their gateway's.
    const stationClock = { ...clock, nowMs: () => clock.nowMs() - STATION_SKEW_MS };
    const pages = await servePages(system, bank, { report, cin: run.stage.cin }, stationClock, 0);
    const browser = await launchBrowser();
    return {
      run,
      pages,
      browser,
      open: (options = {}) => watched(browser, options),
      chooseEnergy: async (page, text) => {
        const chosen = page.waitForResponse(/kiosk\/v1\/choice/);
        await page.getByLabel('How much energy?').selectOption(text);
        await chosen;
      },
      card: async (kiosk, content) => {
        const reader = await SimulatedReader.connect(pages.kiosks[kiosk]?.readerPath ?? '');
        try {
          return await reader.card(content);
        } finally {
          reader.close();
        }
      },
      freeKiosks: async () => {
        for (const { url, bay } of pages.kiosks) {
          bay.mend();
          bay.staysMs = 0;
          await freeKiosk(url);
        }
      },
      close: async () => {
        await browser.close();
        await pages.close();
        await system.close();
        rmSync(stateDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await system.close();
    throw error;
  }
}

let shared: Promise<Stage> | undefined;

/** The one stage of all browser tests of this run; starting it takes long. Call in `before`. */
export function theStage(test: Mocha.Context): Promise<Stage> {
  test.timeout(180_000);
  shared ??= startStage();
  return shared;
}

/** To be called once, outside every suite: mocha then ends the stage after the last test. */
export async function endStage(): Promise<void> {
  const stage = await shared?.catch(() => undefined);
  shared = undefined;
  await stage?.close();
}
