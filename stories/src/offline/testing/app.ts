import { join } from 'node:path';
import { buildPage } from '@roamgrid/web';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { passwordOf } from '../../system/customer.ts';
import { startDriverSite } from '../../start/driver-site.ts';
import { launchBrowser } from '../../start/testing/browser.ts';
import { raiseMast, type Mast } from './mast.ts';
import type { OfflineStage } from '../stage.ts';

/** A customer's phone: a browser of its own with the driver's app of the home utility. */
export interface AppPhone {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Whatever the page reports as an error. */
  readonly errors: string[];
}

/** The driver's app, served, and a browser. */
export interface ServedApp {
  readonly url: string;
  /** A phone on whose app nobody has signed in yet, with the wallet open. @param before a script of the page before it opens */
  phone(before?: string): Promise<AppPhone>;
  /** The network of the phones, beside which their radios work. */
  readonly mast: Mast;
  close(): Promise<void>;
}

/** @param radios of chargers, by outlet */
export const serveApp = async (
  { alabama, duke }: OfflineStage,
  folder: string,
  radios?: Readonly<Record<string, string>>,
): Promise<ServedApp> => {
  const built = await buildPage('driver', join(folder, 'pages'));
  const mast = await raiseMast(Object.values(radios ?? {}));
  const [site, browser]: [Awaited<ReturnType<typeof startDriverSite>>, Browser] = await Promise.all([
    startDriverSite(alabama, built, [duke], radios),
    launchBrowser(),
  ]);
  return {
    url: site.url,
    mast,
    async phone(before) {
      const context = await browser.newContext({
        ...{ locale: 'en-US', timezoneId: 'UTC', reducedMotion: 'reduce' },
        ...{ viewport: { width: 390, height: 844 }, proxy: mast.proxy },
      });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await page.goto(site.url);
      if (before !== undefined) await page.evaluate(before);
      await page.getByRole('link', { name: 'Open the wallet on this phone' }).click();
      await page.getByRole('heading', { level: 1, name: 'Wallet' }).waitFor();
      return { context, page, errors };
    },
    close: async () => {
      await browser.close();
      await mast.close();
      await site.close();
    },
  };
};

/** Signs in for the wallet, as the button on it leads to. */
export const signInToWallet = async ({ system }: OfflineStage, page: Page, login: string): Promise<void> => {
  await page.getByRole('button', { name: 'Sign in to get a token' }).click();
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password').fill(passwordOf(system.keys, login));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('button', { name: 'See the price' }).waitFor();
};
