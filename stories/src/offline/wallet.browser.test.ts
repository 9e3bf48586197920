import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { keptRecords, offlinePhones, phoneCreditStanding } from '@roamgrid/wire';
import { z } from 'zod';
import { accessibilityProblems, hearAnnouncements, tabTo } from '../start/testing/accessible.ts';
import type { ChargerProcess } from './charger-process.ts';
import { serveApp, signInToWallet, type ServedApp } from './testing/app.ts';
import { startDeckCharger, tellOfDeck } from './testing/deck-charger.ts';
import { CustomerPhone } from './customer-phone.ts';
import { CAR_PARK, EVSE_ID, startOfflineStage, type OfflineCustomer, type OfflineStage } from './stage.ts';

/** The driver's app as the phone of SECURE-12: tokens at a price that he saw, by which it starts and stops a charger with the network off. */
/** Shown as it is written, whatever a browser might take it for. */
const OWN_NAME = 'Uma’s <b>own</b>';

describe('the wallet of the driver’s app', function () {
  this.timeout(120_000);
  let folder: string;
  let stage: OfflineStage;
  let charger: ChargerProcess;
  let app: ServedApp;
  let context: BrowserContext;
  let page: Page;
  let errors: string[];
  let uma: OfflineCustomer;
  let lost: CustomerPhone;
  const [station] = CAR_PARK.stations;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wallet-'));
    stage = await startOfflineStage(folder);
    uma = await stage.customer('uma', 50_000_000n);
    lost = await CustomerPhone.make('uma-lost', stage.origin, uma.prove);
    await lost.register('The lost one');
    charger = await startDeckCharger(stage, folder);
    await tellOfDeck(stage);
    app = await serveApp(stage, folder, { [EVSE_ID]: charger.radioUrl });
    ({ context, page, errors } = await app.phone());
  });
  after(async () => {
    await app.close();
    await charger.cut();
    await stage.system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const heading = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
  const focused = (name: string) => page.locator('h1:focus', { hasText: name }).waitFor();
  const shown = (text: string | RegExp) => page.locator('main').getByText(text);
  const press = (name: string | RegExp) => page.getByRole('button', { name }).click();
  /** The browser says that there may be a network again. */
  const back = async () => {
    await page.evaluate("dispatchEvent(new Event('online'))");
    await page.waitForTimeout(200);
  };
  /** What the phone's own ledger has to spend, and what it has put aside or spent. */
  const credit = (available: string, unbilled: string) =>
    page
      .locator('dl.facts', { hasText: new RegExp(`To spend without a network\\$${available}`) })
      .filter({ hasText: new RegExp(`Charging, or not billed yet\\$${unbilled}`) })
      .waitFor();
  const tokens = () => page.locator('[data-token]');

  /** Entries of this phone's ledger that home has: the token, what was put aside, what was spent, home's own word of what is billed. */
  const toldHome = async (): Promise<number> => {
    const { phones } = await lost.ask('GET', '/driver/v1/offline/phones', undefined, offlinePhones);
    const own = phones.find(({ label }) => label === 'My phone');
    assert.ok(own && own.fault === undefined);
    const path = `/driver/v1/offline/phones/${own.phoneId}/credit`;
    return (await lost.ask('GET', path, undefined, phoneCreditStanding)).seq;
  };

  it('keeps what an earlier version of it kept', async () => {
    const earlier = await app.phone(`new Promise((resolve) => {
      const opening = indexedDB.open('roamgrid-wallet', 1);
      opening.onupgradeneeded = () => {
        for (const [shelf, keyPath] of [['keys', 'owner'], ['tokens', 'tokenId'], ['about', 'owner']])
          opening.result.createObjectStore(shelf, { keyPath });
        const means = { currency: 'USD', leftMicros: '12340000', lowMicros: '1000000' };
        opening.transaction.objectStore('about').put({ owner: 'ann', means, reservations: [], atMs: 0 });
      };
      opening.onsuccess = () => resolve(opening.result.close());
    })`);
    await earlier.page.getByText('$12.34, as of Jan 1, 1970').waitFor();
    await shown('No session yet.').waitFor();
    assert.deepEqual(earlier.errors, []);
    await earlier.context.close();
  });

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
    await shown('10 kWh and $2.40 left · $0.32 a kWh').waitFor();
    await shown(/^\$47\.60, as of/).waitFor();
    await credit('2.40', '0.00');
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
    await shown('10 kWh and $2.40 left · $0.32 a kWh').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.getByLabel('Language').selectOption('Deutsch');
    await page.reload();
    await heading('Geldbörse');
    await shown(/^10 kWh und 2,40.\$ übrig/).waitFor();
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
  });

  it('starts and stops a charger by its radio, and takes the record along', async () => {
    const tap = (name: string) => page.getByRole('button', { name: `${name}: ${station?.name ?? ''}` });
    app.mast.cut();
    await context.setOffline(false);
    await tap('Tap to start').click();
    await page.getByRole('alert').getByText('Plug the car in first, then tap again.').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await charger.act('plug-in');
    const heard = await hearAnnouncements(page);
    await tap('Tap to start').focus();
    await page.keyboard.press('Enter');
    await tap('Tap to stop').and(page.locator(':focus')).waitFor();
    assert.ok((await heard()).includes('Charging has started.'), String(await heard()));
    await page.locator('[data-token]').getByText('Charging now').waitFor();
    // As the charger said: it may be later once a calendar of caps comes.
    await page.locator('[data-session]').getByText('at the soonest').waitFor();
    await credit('0.00', '2.40');
    const running = await charger.act('look');
    assert.deepEqual([running.running, running.isCableLocked], [1, true]);
    // A phone that is switched off and on again goes on.
    await page.reload();
    await tap('Tap to stop').click();
    await shown(/This phone carries its record\.$/).waitFor();
    const stopped = await charger.act('look');
    assert.deepEqual([stopped.running, stopped.isCableLocked], [undefined, false]);
    await shown('1 record waits on this phone for the network.').waitFor();
    // What the charger did not give is there again.
    await credit('2.(3|40)', '0.0');
    await tokens().getByText('Used up').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
  });

  it('hands the record over once there is a network', async () => {
    app.mast.mend();
    await back();
    await page.locator('[data-record="taken"], [data-record="booked"]').waitFor();
    assert.equal(await page.locator('#carried').count(), 0);
    const url = `${stage.duke.gateway.url}/operator/v1/offline/records`;
    const { records } = await stage.duke.operator('GET', url, undefined, keptRecords);
    assert.deepEqual(
      records.map(({ evseId, number }) => [evseId, number]),
      [[EVSE_ID, 1]],
    );
  });

  it('is used by keyboard alone, and shows what is billed and what was paid in as soon as it hears of it', async () => {
    await page.reload();
    await heading('Wallet');
    await tabTo(page, 'button', 'Sign in to get a token');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Allow' }).press('Enter');
    await page.getByRole('button', { name: 'See the price' }).waitFor();
    while ((await page.locator('[data-state="settled"]').count()) === 0) await back();
    await page.locator('[data-record="booked"]').waitFor();
    while ((await toldHome()) < 4) await back();
    await credit('0.00', '0.00');
    // A few watt-hours: cents at most.
    await shown(/^\$(49\.9\d|50\.00), as of/).waitFor();
    app.mast.cut();
    await back();
    await page.locator('#no-network').waitFor();
    const paid = { paymentId: 'reload-1', reference: 'uma', micros: '25000000', currency: 'USD' };
    await stage.alabama.operator(
      'POST',
      `${stage.alabama.aaa.url}/operator/v1/customers/${uma.customerId}/payments`,
      { ...paid, valueDate: new Date().toISOString().slice(0, 10) },
      z.looseObject({}),
    );
    app.mast.mend();
    await back();
    await shown(/^\$(74\.9\d|75\.00), as of/).waitFor();
  });

  it('takes a phone off the account that was lost, once its driver said so twice', async () => {
    await page.getByRole('button', { name: /^Take off The lost one, since/i }).press('Enter');
    await page.getByRole('button', { name: 'Yes, take it off' }).and(page.locator(':focus')).waitFor();
    await press('Keep it');
    await page
      .getByRole('button', { name: /^Take off The lost one/ })
      .and(page.locator(':focus'))
      .press('Enter');
    assert.deepEqual(await accessibilityProblems(page), []);
    const heard = await hearAnnouncements(page);
    await page.keyboard.press('Enter');
    await page.locator('[data-phone]').and(page.getByText('The lost one')).waitFor({ state: 'detached' });
    await page.locator('#phones-title:focus').waitFor();
    assert.ok((await heard()).includes('The lost one was taken off your account.'), String(await heard()));
    const { phones } = await lost.ask('GET', '/driver/v1/offline/phones', undefined, offlinePhones);
    assert.deepEqual(
      phones.map(({ label, state }) => [label, state]),
      [
        ['The lost one', 'revoked'],
        ['My phone', 'active'],
      ],
    );
    assert.equal(await page.locator('[data-phone]').getByText('This phone').count(), 1);
    await page.getByRole('button', { name: /^Rename My phone, since/i }).press('Enter');
    await page.getByLabel('What it is called').and(page.locator(':focus')).fill(OWN_NAME);
    assert.deepEqual(await accessibilityProblems(page), []);
    const told = await hearAnnouncements(page);
    await page.keyboard.press('Enter');
    await page.locator('[data-phone]').getByText(OWN_NAME, { exact: true }).waitFor();
    await page
      .getByRole('button', { name: `Rename ${OWN_NAME}` })
      .and(page.locator(':focus'))
      .waitFor();
    assert.ok((await told()).includes(`It is called ${OWN_NAME} now.`), String(await told()));
  });

  it('shows where chargers are and for whom, the nearest first, with the network off', async () => {
    app.mast.cut();
    await page.reload();
    await page.locator('#no-network').waitFor();
    const item = page.locator('[data-station="DUK-XEAL-1"]');
    await item.getByText(`${EVSE_ID} · 22 kW · private`).waitFor();
    await context.grantPermissions(['geolocation']);
    await context.setGeolocation({ latitude: 35.994, longitude: -78.8986 });
    await tabTo(page, 'button', 'The nearest first');
    const heard = await hearAnnouncements(page);
    await page.keyboard.press('Enter');
    await item.getByText(/^370.m$/).waitFor();
    assert.ok((await heard()).includes('The nearest is first now.'), String(await heard()));
    await page.getByRole('img', { name: 'A plan, 500 m across, north up' }).waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.getByLabel('For whom').selectOption('public');
    await item.waitFor({ state: 'detached' });
    await shown('There are none.').waitFor();
    app.mast.mend();
    await press('Sign in to get a token');
    await press('Allow');
  });

  it('charges later: every quarter of an hour of tomorrow can be had, and its token starts nothing today', async () => {
    await page.getByLabel('Station', { exact: true }).selectOption({ index: 1 });
    await page.getByLabel('Outlet', { exact: true }).selectOption(EVSE_ID);
    await page.getByLabel('Tomorrow').focus();
    await page.keyboard.press('Space');
    await page.locator('#token-when-tomorrow:focus').waitFor();
    const starts = page.getByLabel('From', { exact: true });
    // A choice, and every quarter of an hour of the day.
    assert.equal(await starts.locator('option').count(), 1 + 96);
    const from = Number(await starts.locator('option').nth(41).getAttribute('value'));
    await starts.selectOption(String(from));
    await press('See the price');
    await press('Agree and keep the token');
    await focused('Wallet');
    // A phone that gets one more token is called what it was.
    assert.equal(await page.locator('[data-phone]').getByText(OWN_NAME, { exact: true }).count(), 1);
    await tokens()
      .getByText(/^From .*10:00.AM on\.$/)
      .waitFor();
    assert.equal(await page.getByRole('button', { name: 'Tap to start' }).count(), 0);
    assert.deepEqual(await accessibilityProblems(page), []);
    assert.deepEqual(await accessibilityProblems(page), []);
    // A phone whose clock is ahead offers it: the charger has the last word.
    app.mast.cut();
    await page.clock.setFixedTime(from + 60_000);
    await back();
    await press(/^Tap to start/);
    // What holds at the place came to the charger by the phone that started first.
    await page.getByRole('alert').getByText('This charger is private, and does not know you.').waitFor();
    assert.deepEqual(
      errors.filter((text) => !/ERR_(INTERNET_DISCONNECTED|EMPTY_RESPONSE)/.test(text)),
      [],
    );
  });
});
