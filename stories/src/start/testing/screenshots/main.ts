/**
 * Takes the pictures of `docs/images` from the real pages of a real run: `npx tsx stories/src/start/testing/screenshots/main.ts`.
 * `--all FOLDER` takes every screen instead, on phone and desktop, light and dark, to look at before a change of style.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kioskState, type KioskState } from '@roamgrid/wire';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { DRIVER } from '../../../scenario/story.ts';
import { passwordOf } from '../../../system/customer.ts';
import { until } from '../../../system/until.ts';
import { startStage, type Stage } from '../stage.ts';
import { unbilledSession } from '../unbilled.ts';

/** The forecast's model is trained once the pages are there. */
const TRAINING_MS = 120_000;

/** What is worth a picture: where it is, and how to get there. */
const SCREENS: Readonly<Record<string, (page: Page, stage: Stage) => Promise<void>>> = {
  overview: async (page, { pages }) => {
    await page.goto(pages.overviewUrl);
    await page.locator('table').first().waitFor();
  },
  'kiosk-welcome': async (page, { pages }) => {
    await page.goto(pages.kiosks[1]?.url ?? '');
    await page.getByRole('heading', { name: 'Or enter your number' }).waitFor();
  },
  'kiosk-refused': async (page) => {
    await page.getByLabel(/Consumer identity number/).fill('US ALP C E 0012354 I');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Start again' }).waitFor();
  },
  'kiosk-offer': async (page, stage) => {
    await page.getByRole('button', { name: 'Start again' }).click();
    await stage.chooseEnergy(page, '10 kWh');
    const [, { bay } = assert.fail('there is no second kiosk')] = stage.pages.kiosks;
    bay.staysMs = Infinity;
    await stage.card(1, stage.run.stage.cin);
    await page.locator('#estimate').waitFor();
  },
  'kiosk-charging': async (page, stage) => {
    await page.getByRole('button', { name: 'Accept and charge' }).click();
    await hold(page, stage, 'charging', ({ screen }) => screen === 'charging');
  },
  'kiosk-go-on': (page, stage) =>
    hold(page, stage, 'going on', (state) => state.screen === 'charging' && state.next !== undefined),
  'kiosk-parked': (page, stage) => hold(page, stage, 'a parked car', ({ screen }) => screen === 'parked'),
  'kiosk-bill': async (page, { pages }) => {
    await page.unroute(EVENTS);
    await page.reload();
    pages.kiosks[1]?.bay.unplug();
    await page.locator('#total').waitFor();
  },
  'driver-sign-in': async (page, { pages }) => {
    await page.getByRole('button', { name: 'Done' }).click();
    await page.goto(pages.driverUrl);
    await page.getByRole('button', { name: /^Sign in/ }).waitFor();
  },
  'driver-login': async (page) => {
    await page.getByRole('button', { name: /^Sign in/ }).click();
    await page.getByLabel('Login').waitFor();
  },
  'driver-allow': async (page, { run }) => {
    await page.getByLabel('Login').fill(DRIVER.login);
    await page.getByLabel('Password').fill(passwordOf(run.system.keys, DRIVER.login));
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Allow' }).waitFor();
  },
  bill: async (page) => {
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.locator('[data-bill]').waitFor();
  },
  'driver-book': async (page, { pages }) => {
    await page.goto(pages.driverUrl);
    await page.getByRole('button', { name: 'Book ahead' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { level: 1, name: 'Book ahead' }).waitFor();
  },
  operations: async (page, { pages }) => {
    await page.goto(pages.operationsUrl);
    await page.getByText('half of the time').waitFor({ timeout: TRAINING_MS });
    await page.getByRole('table', { name: /^Sessions that nobody pays for/ }).waitFor();
  },
  'auditor-sessions': (page, stage) => auditorList(page, stage, 'sessions'),
  'auditor-tariffs': (page, stage) => auditorList(page, stage, 'tariffs'),
  'auditor-invoices': (page, stage) => auditorList(page, stage, 'invoices'),
  'auditor-nettings': (page, stage) => auditorList(page, stage, 'nettings'),
  'auditor-batches': (page, stage) => auditorList(page, stage, 'batches'),
  'auditor-gaps': (page, stage) => auditorList(page, stage, 'gaps'),
  auditor: async (page, { pages, run }) => {
    await page.goto('about:blank');
    await page.goto(`${pages.auditorUrl}/#/sessions/${run.report.sessions[0]?.id ?? ''}`);
    await page.locator('#verdict').waitFor();
  },
};

/** What a kiosk's page listens to. */
const EVENTS = '**/kiosk/v1/events';

/** Stays on a screen that passes quickly: the page is told what the kiosk tells now, and nothing after it. */
async function hold(
  page: Page,
  { pages }: Stage,
  what: string,
  is: (state: KioskState) => boolean,
): Promise<void> {
  const url = `${pages.kiosks[1]?.url ?? ''}/kiosk/v1/state`;
  const text = await until(what, async () => {
    const told = await (await fetch(url)).text();
    return is(kioskState.parse(JSON.parse(told))) ? told : undefined;
  });
  await page.unroute(EVENTS);
  await page.route(EVENTS, (route) =>
    route.fulfill({ contentType: 'text/event-stream', body: `data: ${text}\n\n` }),
  );
  await page.reload();
  await page.locator('#energy').waitFor();
}

async function auditorList(page: Page, { pages }: Stage, name: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${pages.auditorUrl}/#/${name}`);
  await page.locator('main table').waitFor();
}

/** Pictures of the guide: how wide, and no taller than what shows the point. */
const GUIDE: Readonly<Record<string, { readonly width: number; readonly height: number }>> = {
  overview: { width: 1100, height: 790 },
  'kiosk-offer': { width: 1280, height: 710 },
  'kiosk-bill': { width: 1280, height: 830 },
  bill: { width: 480, height: 920 },
  auditor: { width: 900, height: 1000 },
};

async function tour(
  stage: Stage,
  options: BrowserContextOptions,
  take: (page: Page, name: string) => Promise<void>,
): Promise<void> {
  const { page } = await stage.open(options);
  for (const [name, go] of Object.entries(SCREENS)) {
    await go(page, stage);
    await take(page, name);
  }
  await page.context().close();
}

async function takeGuide(stage: Stage, folder: string): Promise<void> {
  await tour(stage, { colorScheme: 'light' }, async (page, name) => {
    const size = GUIDE[name];
    if (size === undefined) return;
    await page.setViewportSize(size);
    await page.evaluate('document.activeElement?.blur(); scrollTo(0, 0)');
    await page.screenshot({ path: join(folder, `${name}.png`) });
  });
}

async function takeAll(stage: Stage, folder: string): Promise<void> {
  for (const width of [390, 1280]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await tour(stage, { colorScheme, viewport: { width, height: 800 } }, async (page, name) => {
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      });
    }
  }
}

const { values } = parseArgs({ options: { all: { type: 'string' } } });
const folder = values.all ?? join(import.meta.dirname, '..', '..', '..', '..', '..', 'docs', 'images');
mkdirSync(folder, { recursive: true });
const stage = await startStage();
try {
  await unbilledSession(stage);
  await (values.all === undefined ? takeGuide(stage, folder) : takeAll(stage, folder));
  console.log(`pictures are in ${folder}`);
} finally {
  await stage.close();
}
