import assert from 'node:assert/strict';
import { bookedSpans, type ReservationState } from '@roamgrid/wire';
import type { Page, Route } from 'playwright-core';
import { ALABAMA_POWER, DUKE_ENERGY, GEORGIA_POWER, type StationDefinition } from '../system/consortium.ts';
import { openCustomer, passwordOf, type NewCustomer } from '../system/customer.ts';
import { until } from '../system/until.ts';
import { accessibilityProblems, hearAnnouncements, tabTo } from './testing/accessible.ts';
import { ATLANTA, openAtlanta } from './testing/bookable.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const CY: NewCustomer = {
  ...{ name: 'Cy Ahead', login: 'cy.ahead', loyalty: 'gold', customerClass: 'residential' },
  ...{ creditLimitMicros: 500_000_000n, currency: 'USD', customerNumber: '0077777' },
};
const EBBA: NewCustomer = {
  ...{ name: 'Ebba Abroad', login: 'ebba.abroad', loyalty: 'gold', customerClass: 'residential' },
  ...{ creditLimitMicros: 500_000_000n, currency: 'SEK', customerNumber: '0077778' },
};
const RESERVATIONS = '**/driver/v1/reservations';

/** The driver's page for booking ahead (SITE-5, ROAM-10): what it shows is looked up with the station's utility. */
describe('booking ahead on the driver’s page', function () {
  this.timeout(90_000);
  let stage: Stage;
  let page: Page;
  let errors: string[];
  let atlanta: Awaited<ReturnType<typeof openAtlanta>>;
  const [durham] = DUKE_ENERGY.stations;
  /** Two hours from now and later, each test at another time. */
  const baseMs = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS + 2 * HOUR_MS;

  before(async function () {
    stage = await theStage(this);
    const { system } = stage.run;
    atlanta = await openAtlanta(system);
    await openCustomer(system.utility(ALABAMA_POWER.utilityId), CY, system.keys);
    ({ page, errors } = await stage.open({ timezoneId: 'UTC', viewport: { width: 390, height: 844 } }));
    await page.goto(stage.pages.driverUrl);
    await page.getByRole('button', { name: 'Book ahead' }).click();
    await page.getByLabel('Login').fill(CY.login);
    await page.getByLabel('Password').fill(passwordOf(system.keys, CY.login));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(/asks to book charging outlets for you/).waitFor();
    await page.getByRole('button', { name: 'Allow' }).click();
    await step('Book ahead');
  });
  after(() => page.context().close());

  /** The heading of the present step, which has the focus once the driver took one. */
  const step = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor();
  const focused = (name: string) => page.locator('h1:focus', { hasText: name }).waitFor();
  const shown = (text: string) => page.locator('main').getByText(text);
  const press = (name: string | RegExp) => page.getByRole('button', { name }).click();

  const fill = async (
    { name, address }: StationDefinition,
    fromMs: number,
    { later = 'no', outlet = '' }: { readonly later?: string; readonly outlet?: string } = {},
  ) => {
    const again = page.getByRole('button', { name: /^(Book another|Change)$/ });
    if (await again.isVisible()) await again.click();
    await page.getByLabel('Station', { exact: true }).selectOption(`${name} · ${address}`);
    await page.getByLabel('Outlet', { exact: true }).selectOption(outlet);
    await page.getByLabel('When you come').fill(new Date(fromMs).toISOString().slice(0, 16));
    await page.getByLabel('Energy, kWh').fill('20');
    await page.getByLabel('It may begin later').selectOption(later);
    await press('Go on');
    await focused('What it costs');
  };
  const book = async (...wish: Parameters<typeof fill>) => {
    await fill(...wish);
    await press(/^Book$/);
  };
  /** What the station's utility has booked there, by its own ledger. */
  const bookedAt = async (utilityId: string, stationId: string) => {
    const utility = stage.run.system.utility(utilityId);
    const span = `fromMs=${baseMs - 12 * HOUR_MS}&untilMs=${baseMs + 48 * HOUR_MS}`;
    const url = `${utility.gateway.url}/operator/v1/stations/${stationId}/reservations?${span}`;
    const { items } = await utility.operator('GET', url, undefined, bookedSpans);
    return items.map(({ record, hun }) => ({ ...record, hun }));
  };
  const inAtlanta = (station: StationDefinition) => bookedAt(GEORGIA_POWER.utilityId, station.stationId);
  const item = (name: string, state: ReservationState) =>
    page.locator(`[data-state="${state}"]`, { hasText: name });
  const giveBack = async (name: string) => {
    await item(name, 'granted')
      .getByRole('button', { name: /^Cancel/ })
      .click();
    await press('Yes, cancel it');
  };

  it('shows what it costs first, and books once however often it is told', async () => {
    assert.ok(durham);
    await page.getByLabel('Look for a station').fill('main street, dur');
    // The only one that is found is chosen; another one is a keystroke away.
    await until(
      'it is found',
      async () =>
        (await page.getByLabel('Station', { exact: true }).inputValue()).includes(durham.stationId) ||
        undefined,
    );
    await page.getByLabel('When you come').fill('2020-01-01T10:00');
    await press('Go on');
    await page.locator('#book-start:focus').waitFor();
    await shown('This time is over. Choose one to come.').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.getByLabel('Look for a station').fill('');
    await page
      .getByLabel('Station', { exact: true })
      .getByText(ATLANTA.decatur.name)
      .waitFor({ state: 'attached' });
    await fill(durham, baseMs);
    const costs = await page.locator('dl.facts').innerText();
    for (const part of ['$1.50', '$5.00', durham.name, '20 kWh with 50 kW'])
      assert.ok(costs.includes(part), costs);
    assert.deepEqual(await bookedAt(DUKE_ENERGY.utilityId, durham.stationId), []);
    assert.deepEqual(await accessibilityProblems(page), []);
    let told = 0;
    const lose = async (route: Route) => {
      if (route.request().method() !== 'POST') return route.continue();
      told += 1;
      await route.fetch();
      return route.abort();
    };
    await page.route(RESERVATIONS, lose);
    await page.getByRole('button', { name: /^Book$/ }).dblclick();
    await page.getByRole('alert').getByText('No answer came. Try again').waitFor();
    assert.equal(told, 1);
    await page.unroute(RESERVATIONS, lose);
    const heard = await hearAnnouncements(page);
    await press(/^Book$/);
    await focused('Booked');
    await shown('It is yours, as you wished.').waitFor();
    assert.ok(
      (await heard()).some((text) => text.startsWith('Booked.')),
      String(await heard()),
    );
    const there = await bookedAt(DUKE_ENERGY.utilityId, durham.stationId);
    assert.deepEqual(
      there.map(({ hun, state, fromMs, untilMs }) => [hun, state, fromMs, untilMs]),
      [['USALP', 'granted', baseMs, baseMs + 24 * MINUTE_MS]],
    );
    await item(durham.name, 'granted').waitFor();
    // At this outlet nobody else is served then, and the street station of the same utility is around the corner.
    await fill(durham, baseMs, { outlet: there[0]?.evseId ?? '' });
    await press(/^Book$/);
    await focused('Not booked');
    await page.locator('[data-station=DUK-STREET-1]', { hasText: '2.6 km away' }).waitFor();
    errors = errors.filter((text) => !text.includes('ERR_FAILED'));
  });

  it('offers other stations where all is taken, the nearest first, and books there', async () => {
    const fromMs = baseMs + HOUR_MS;
    await book(ATLANTA.peachtree, fromMs);
    await focused('Booked');
    await book(ATLANTA.peachtree, fromMs);
    await focused('Not booked');
    await shown('Every outlet is booked then.').waitFor();
    const others = page.locator('[data-station]');
    const named = await Promise.all((await others.all()).map((one) => one.getAttribute('data-station')));
    assert.deepEqual(named, ['GPC-2', 'GPC-3']);
    const [nearest = ''] = await others.allInnerTexts();
    for (const part of ['10 km away', 'about 12 min to drive', 'at most $8.00 before tax'])
      assert.ok(nearest.includes(part), nearest);
    assert.deepEqual(await accessibilityProblems(page), []);
    await press(`Book at ${ATLANTA.decatur.name} instead`);
    await focused('What it costs');
    await press(/^Book$/);
    await focused('Booked');
    assert.deepEqual(
      (await inAtlanta(ATLANTA.decatur)).map((each) => [each.state, each.fromMs]),
      [['granted', fromMs]],
    );
    // A card has three at a time.
    await book(ATLANTA.marietta, fromMs);
    await page.getByRole('alert').getByText('This card has as many bookings as it may have.').waitFor();
    assert.deepEqual(await inAtlanta(ATLANTA.marietta), []);
  });

  it('gives one back by keyboard, for nothing in time', async () => {
    const name = ATLANTA.peachtree.name;
    await tabTo(page, 'button', new RegExp(`^Cancel ${name}`));
    await page.keyboard.press('Enter');
    await shown('Give it back? It costs nothing.').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.locator('button:focus', { hasText: 'Yes, cancel it' }).waitFor();
    const heard = await hearAnnouncements(page);
    await page.keyboard.press('Enter');
    await item(name, 'cancelled').waitFor();
    assert.ok((await heard()).includes('Cancelled. It costs nothing.'), String(await heard()));
    const [record] = await inAtlanta(ATLANTA.peachtree);
    assert.equal(record?.state, 'cancelled');
    await giveBack(ATLANTA.decatur.name);
    await item(ATLANTA.decatur.name, 'cancelled').waitFor();
  });

  it('says what giving it back late costs before it does', async () => {
    // Free until an hour before.
    await book(ATLANTA.decatur, Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS + 30 * MINUTE_MS);
    await focused('Booked');
    await shown('not any more: $5.00').waitFor();
    await item(ATLANTA.decatur.name, 'granted')
      .getByRole('button', { name: /^Cancel/ })
      .click();
    await shown('Give it back? It costs $5.00 now.').waitFor();
    await press('Keep it');
    await press(new RegExp(`^Cancel ${ATLANTA.decatur.name}`));
    await press('Yes, cancel it');
    await item(ATLANTA.decatur.name, 'cancelled-late').getByText('It costs $5.00.').waitFor();
    const states = (await inAtlanta(ATLANTA.decatur)).map(({ state }) => state);
    assert.deepEqual(states.sort(), ['cancelled', 'cancelled-late']);
  });

  it('offers slower charging with its length and price, and keeps nothing until it is taken', async () => {
    const fromMs = baseMs + 3 * HOUR_MS;
    const task = {
      taskId: 'gpc-slow',
      startMs: fromMs - HOUR_MS,
      endMs: fromMs + 12 * HOUR_MS,
      movable: false,
    };
    await atlanta.runs(ATLANTA.marietta, [{ ...task, powerW: 40_000n }]);
    await book(ATLANTA.marietta, fromMs);
    await focused('Only slower charging is free then');
    const facts = await page.locator('dl.facts').innerText();
    for (const part of ['10 kW', '2 h 00 min', '$8.00', '$1.50']) assert.ok(facts.includes(part), facts);
    await press('No, thank you');
    await focused('Book ahead');
    assert.deepEqual(await inAtlanta(ATLANTA.marietta), []);
    await book(ATLANTA.marietta, fromMs);
    await press('Take it');
    await focused('Booked');
    await shown('It is yours, slower, as you accepted.').waitFor();
    const [record] = await inAtlanta(ATLANTA.marietta);
    assert.deepEqual([record?.state, record?.untilMs], ['granted', fromMs + 2 * HOUR_MS]);
    await giveBack(ATLANTA.marietta.name);
    await item(ATLANTA.marietta.name, 'cancelled').waitFor();
  });

  it('says when a booking begins later, as its servers finish first', async () => {
    const fromMs = baseMs + 6 * HOUR_MS;
    const endMs = fromMs + 10 * MINUTE_MS;
    await atlanta.runs(ATLANTA.peachtree, [
      { taskId: 'gpc-ends', startMs: fromMs - HOUR_MS, endMs, powerW: 40_000n, movable: false },
    ]);
    await book(ATLANTA.peachtree, fromMs, { later: 'up to 15 minutes' });
    await focused('Booked');
    await shown('It is yours, a little later than you wished').waitFor();
    const record = (await inAtlanta(ATLANTA.peachtree)).find(({ state }) => state === 'granted');
    assert.equal(record?.fromMs, endMs);
  });

  it('tells by itself what became of a booking that nobody came for', async () => {
    const heard = await hearAnnouncements(page);
    // Nobody waits at this station.
    await book(ATLANTA.decatur, Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
    await focused('Booked');
    const missed = item(ATLANTA.decatur.name, 'no-show');
    await missed.getByText('Missed', { exact: true }).waitFor();
    await missed.getByText('It costs $5.00.').waitFor();
    assert.ok((await heard()).includes(`${ATLANTA.decatur.name}: Missed.`), String(await heard()));
    assert.ok((await inAtlanta(ATLANTA.decatur)).some(({ state }) => state === 'no-show'));
  });

  it('shows an account in another currency what it is billed, before it is booked and after', async () => {
    const alabama = stage.run.system.utility(ALABAMA_POWER.utilityId);
    await openCustomer(alabama, EBBA, stage.run.system.keys);
    const theirs = await stage.open({ timezoneId: 'UTC' });
    const other = theirs.page;
    await other.goto(stage.pages.driverUrl);
    await other.getByRole('button', { name: 'Book ahead' }).click();
    await other.getByLabel('Login').fill(EBBA.login);
    await other.getByLabel('Password').fill(passwordOf(stage.run.system.keys, EBBA.login));
    await other.getByRole('button', { name: 'Sign in' }).click();
    await other.getByRole('button', { name: 'Allow' }).click();
    const { name, address } = ATLANTA.marietta;
    await other.getByLabel('Station', { exact: true }).selectOption(`${name} · ${address}`);
    const fromMs = baseMs + 24 * HOUR_MS;
    await other.getByLabel('When you come').fill(new Date(fromMs).toISOString().slice(0, 16));
    await other.getByLabel('Energy, kWh').fill('5');
    const go = () => other.getByRole('button', { name: 'Go on' }).click();
    await go();
    await other.getByText('Your account is in another currency, and no rate is in force.').waitFor();
    await alabama.operator('POST', `${alabama.aaa.url}/operator/v1/exchange-rates`, {
      ...{ from: 'USD', to: 'SEK', rateMicros: '10000000', source: 'Riksbank', validFromMs: 0 },
      validUntilMs: Date.now() + 24 * HOUR_MS,
    });
    await go();
    const facts = other.locator('dl.facts').getByText('SEK 50.00 ($5.00)', { exact: true });
    await facts.waitFor();
    await other.getByRole('button', { name: /^Book$/ }).click();
    await other.getByRole('heading', { level: 1, name: 'Booked' }).waitFor();
    await facts.waitFor();
    const held = other.locator('li[data-state="granted"]');
    await held.getByText('SEK 15.00 ($1.50)').waitFor();
    assert.deepEqual(await accessibilityProblems(other), []);
    await other.context().close();
  });

  it('is what the driver chooses to read, with what he typed', async () => {
    await press('Book another');
    await page.getByLabel('Energy, kWh').fill('17');
    await page.getByLabel('Language').selectOption('Deutsch');
    await step('Im Voraus reservieren');
    assert.equal(await page.getByLabel('Energie in kWh').inputValue(), '17');
    await item(ATLANTA.decatur.name, 'no-show').getByText('Versäumt', { exact: true }).waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.getByLabel('Sprache').selectOption('Español');
    await step('Reservar con antelación');
    await page.getByLabel('Idioma').selectOption('English');
    const refused = (text: string) => /ERR_FAILED|409/.test(text);
    assert.deepEqual(
      errors.filter((text) => !refused(text)),
      [],
    );
  });
});
