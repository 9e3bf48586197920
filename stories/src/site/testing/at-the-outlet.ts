import { mkdirSync } from 'node:fs';
import { startKiosk } from '@roamgrid/station';
import { systemClock } from '@roamgrid/station-kit';
import { buildPage } from '@roamgrid/web';
import type { Page } from 'playwright-core';
import { CAR, DRIVER } from '../../scenario/story.ts';
import { startDriverSite } from '../../start/driver-site.ts';
import { launchBrowser } from '../../start/testing/browser.ts';
import { ALABAMA_POWER, type StationDefinition } from '../../system/consortium.ts';
import { openCustomer, passwordOf, setChargingRules } from '../../system/customer.ts';
import { makeOutlet } from '../../system/outlet.ts';
import type { LocalSystem } from '../../system/system.ts';
import type { RunningUtility } from '../../system/utility.ts';

const DAY_MS = 86_400_000;

/** A page of the driver's and one of a kiosk, in a browser each of their own. */
export interface AtTheOutlet {
  readonly page: Page;
  readonly kiosk: Page;
  /** Card of the one who signs in, and of somebody else. */
  readonly cards: { readonly own: string; readonly other: string };
  close(): Promise<void>;
}

const openPage = async (browser: Awaited<ReturnType<typeof launchBrowser>>, url: string): Promise<Page> => {
  const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', reducedMotion: 'reduce' });
  const opened = await context.newPage();
  opened.setDefaultTimeout(20_000);
  await opened.goto(url);
  return opened;
};

/** Two customers of Alabama Power, the page on which one of them books, and the kiosk of an outlet of a station of another utility's. */
export const standAtOutlet = async (
  system: LocalSystem,
  there: RunningUtility,
  station: StationDefinition,
  folder: string,
): Promise<AtTheOutlet> => {
  mkdirSync(folder, { recursive: true });
  const home = system.utility(ALABAMA_POWER.utilityId);
  const [definition] = station.outlets;
  if (definition === undefined) throw new Error(`${station.stationId} has no outlet`);
  await setChargingRules(home, Date.now() - DAY_MS);
  const login = 'eve.came';
  const own = await openCustomer(home, { ...DRIVER, login, customerNumber: '0088888' }, system.keys);
  const other = await openCustomer(
    home,
    { ...DRIVER, login: 'fay.late', customerNumber: '0099999' },
    system.keys,
  );
  const { outlet } = makeOutlet(there, station, definition, system.keys, {
    ...{ clock: systemClock, stateDir: folder, vehicle: CAR },
    timing: { stepMs: 200, readingEveryMs: 200 },
  });
  const site = await startDriverSite(home, await buildPage('driver', folder), [there]);
  const kiosk = await startKiosk({
    ...{ outlet, pageFolder: await buildPage('kiosk', folder), port: 0 },
    info: {
      evseId: definition.evseId,
      stationName: station.name,
      operatorName: there.definition.name,
      timeZone: station.timeZone,
      energyChoicesWh: [10_000n],
    },
  });
  const browser = await launchBrowser();
  const page = await openPage(browser, site.url);
  await page.getByRole('button', { name: 'Book ahead' }).click();
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password').fill(passwordOf(system.keys, login));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { level: 1, name: 'Book ahead' }).waitFor();
  return {
    page,
    kiosk: await openPage(browser, kiosk.url),
    cards: { own: own.cin, other: other.cin },
    close: async () => {
      await browser.close();
      outlet.close();
      await Promise.all([kiosk.close(), site.close()]);
    },
  };
};
