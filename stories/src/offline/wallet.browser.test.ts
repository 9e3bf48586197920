import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { accessibilityProblems, hearAnnouncements, tabTo } from '../start/testing/accessible.ts';
import { serveApp, signInToWallet, type ServedApp } from './testing/app.ts';
import { CAR_PARK, EVSE_ID, startOfflineStage, type OfflineStage } from './testing/stage.ts';

/** The driver's app as the phone of SECURE-12: tokens at a price that he saw, which stay on the phone and are there with the network off. */
describe('the wallet of the driver’s app', function () {
  this.timeout(180_000);
  let folder: string;
  let stage: OfflineStage;
  let app: ServedApp;
  let context: BrowserContext;
  let page: Page;
  let errors: string[];
  const [station] = CAR_PARK.stations;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wallet-'));
    stage = await startOfflineStage(folder);
    await stage.customer('uma', 50_000_000n);
    app = await serveApp(stage, folder);
    ({ context, page, errors } = await app.phone());
  });
  after(async () => {
    await app.close();
    await stage.system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
  const focused = (name: string) => page.locator('h1:focus', { hasText: name }).waitFor();
  const shown = (text: string | RegExp) => page.locator('main').getByText(text);
  const press = (name: string | RegExp) => page.getByRole('button', { name }).click();
  const tokens = () => page.locator('[data-token]');

  it('shows the price first, and puts money aside for the token that it keeps', async () => {
    await shown('No token yet.').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await signInToWallet(stage, page, 'uma');
    await shown(/^\$50\.00, as of/).waitFor();
    await press('See the price');
    await page.locator('#token-place:focus').waitFor();
    await shown('Choose a station.').waitFor();
    const { name = '', address = '' } = station ?? {};
    await page.getByLabel('Station', { exact: true }).selectOption(`${name} · ${address}`);
    await page.getByLabel('Outlet', { exact: true }).selectOption(EVSE_ID);
    await page.getByLabel('Energy, kWh').fill('10');
    assert.deepEqual(await accessibilityProblems(page), []);
    await press('See the price');
    await focused('The price');
    const facts = await page.locator('dl.facts').innerText();
    for (const part of ['$0.32 a kWh', '10 kWh', '$3.20', '$50.00', name, EVSE_ID])
      assert.ok(facts.includes(part), facts);
    const cost = page.getByLabel('It may cost at most, USD');
    assert.equal(await cost.inputValue(), '3.2');
    await cost.fill('3.21');
    await press('Agree and keep the token');
    await page.locator('#token-cost:focus').waitFor();
    await shown('Say an amount above zero, up to $3.20.').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await cost.fill('2.40');
    const heard = await hearAnnouncements(page);
    await page.getByRole('button', { name: 'Agree and keep the token' }).dblclick();
    await focused('Wallet');
    assert.ok(
      (await heard()).some((text) => text.startsWith('The token is on this phone.')),
      String(await heard()),
    );
    assert.equal(await tokens().count(), 1);
    await shown('10 kWh for up to $2.40 · $0.32 a kWh').waitFor();
    await shown(/^\$47\.60, as of/).waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
  });

  it('has a key that nobody can take out of the browser', async () => {
    const told = await page.evaluate<{ isExtractable: boolean; taken: string }>(`(async () => {
      const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
      const database = await done(indexedDB.open('roamgrid-wallet'));
      const [{ pair }] = await done(database.transaction('keys').objectStore('keys').getAll());
      database.close();
      const taken = await crypto.subtle.exportKey('jwk', pair.privateKey).catch((error) => error.name);
      return { isExtractable: pair.privateKey.extractable, taken };
    })()`);
    assert.deepEqual(told, { isExtractable: false, taken: 'InvalidAccessError' });
  });

  it('is there with the network off, in the language that was chosen', async () => {
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
    await context.setOffline(true);
    await page.reload();
    await heading('Wallet');
    await shown('This phone has no network now.').waitFor();
    await shown('10 kWh for up to $2.40 · $0.32 a kWh').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.getByLabel('Language').selectOption('Deutsch');
    await page.reload();
    await heading('Geldbörse');
    await shown(/^10 kWh für höchstens 2,40.\$/).waitFor();
    await page.getByLabel('Sprache').selectOption('English');
    // What is kept of the app says nothing about anybody.
    const kept = await page.evaluate<readonly (readonly string[])[]>(`(async () => {
      const filesOf = async (name) => (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
      return Promise.all((await caches.keys()).map(filesOf));
    })()`);
    const files = ['base.css', 'config.json', 'driver.css', 'driver.js', 'icon.svg', 'manifest.webmanifest'];
    assert.deepEqual(
      kept.map((paths) => [...paths].sort()),
      [['/', ...files.map((file) => `/${file}`)]],
    );
    await context.setOffline(false);
    await page.locator('#no-network').waitFor({ state: 'detached' });
    errors = errors.filter((text) => !text.includes('ERR_INTERNET_DISCONNECTED'));
  });

  it('is used by keyboard alone, and offers every quarter of an hour of tomorrow', async () => {
    await page.reload();
    await heading('Wallet');
    await tabTo(page, 'button', 'Sign in to get a token');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Allow' }).press('Enter');
    await page.getByLabel('Tomorrow').focus();
    await page.keyboard.press('Space');
    await page.locator('#token-when-tomorrow:focus').waitFor();
    const starts = page.getByLabel('From', { exact: true }).locator('option');
    // A choice, and every quarter of an hour of the day.
    assert.equal(await starts.count(), 1 + 96);
    assert.deepEqual(await accessibilityProblems(page), []);
    assert.deepEqual(errors, []);
  });
});
