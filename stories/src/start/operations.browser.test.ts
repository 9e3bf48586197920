import assert from 'node:assert/strict';
import { createZone, dueDays, formatDay, instantOfLocal } from '@roamgrid/tariff-service';
import type { OperationsState } from '@roamgrid/web';
import { operatorReceipt } from '@roamgrid/wire';
import type { Page } from 'playwright-core';
import { accessibilityProblems, tabTo } from './testing/accessible.ts';
import { asker } from '../system/ask.ts';
import { until } from '../system/until.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';
import { unbilledSession } from './testing/unbilled.ts';

after(endStage);

const TRAINING_MS = 120_000;
/** The page asks for new figures as often as this. */
const REFRESH_MS = 15_000;
const GATE_MINUTES = 12 * 60;
/** The policy's prices change at full hours. */
const SLOT_MINUTES = 60;
const MINUTE_MS = 60_000;

/** Today, and tomorrow once noon is past. */
const dueOf = ({ timeZone, nowMs }: OperationsState) => dueDays(createZone(timeZone), GATE_MINUTES, nowMs);

/** Today when it is due beside tomorrow and is over before anything could begin that is published with the policy's notice. */
const dayThatIsOver = (state: OperationsState): string | undefined => {
  const [today, tomorrow] = dueOf(state);
  if (today === undefined || tomorrow === undefined) return undefined;
  const endMs = instantOfLocal(createZone(state.timeZone), tomorrow.day, 0);
  const noticeMs = ((state.policy?.noticeMinutes ?? 0) + SLOT_MINUTES) * MINUTE_MS;
  return endMs - state.nowMs <= noticeMs ? formatDay(today.day) : undefined;
};

describe('the operations page in a browser', function () {
  this.timeout(180_000);
  let stage: Stage;
  let page: Page;
  let errors: string[];

  before(async function () {
    stage = await theStage(this);
    ({ page, errors } = await stage.open());
    await page.goto(stage.pages.operationsUrl);
    await page.getByText('half of the time').waitFor({ timeout: TRAINING_MS });
    await page.getByRole('heading', { name: 'Model card' }).waitFor();
  });
  after(() => page.context().close());

  it('shows load, forecast, tariff and limits, next changes, data quality and the model card', async () => {
    for (const name of [
      'Load and forecast',
      'Tariff and limits',
      'Policy and publication',
      'Next changes',
      'Data quality',
      'Sessions that nobody pays for',
      'Model card',
    ]) {
      assert.equal(await page.getByRole('region', { name, exact: true }).count(), 1, name);
    }
    const limits = page.getByRole('table', { name: 'Agreed limits' });
    assert.match(await limits.innerText(), /ALP-DUK-1.*rule 1/s);
    const model = page.getByRole('region', { name: 'Model card', exact: true });
    assert.match(await model.innerText(), /DUK\.v1/);
    assert.match(await model.innerText(), /\d+\.\d\d %/);
  });

  it('shows what the scheduler published by the policy from the forecasts on the page', async () => {
    const asked = async () =>
      (await (await fetch(`${stage.pages.operationsUrl}/operations/v1/state`)).json()) as OperationsState;
    const state = await until('every day that is due is published', async () => {
      const told = await asked();
      return told.publication?.days.length === dueOf(told).length ? told : undefined;
    });
    assert.ok(state.forecast.state === 'ready' && state.tariff && state.publication && state.policy);
    const { days } = state.publication;
    const published = days.filter((each) => each.state === 'published');
    const missed = days.filter((each) => each.state !== 'published');
    // In the last hours of a day nothing can be published for it any more; nothing else is ever missed.
    for (const { day, why, isRetried } of missed) {
      assert.equal(day, dayThatIsOver(state));
      assert.match(why ?? '', /^DAY_OVER: /);
      assert.equal(isRetried, false);
    }
    const said =
      missed.length === 0
        ? 'Every tariff that was due is published.'
        : `1 of ${days.length} days have no tariff of their own: the standing one holds.`;
    await page.getByText(said).waitFor({ timeout: 60_000 });
    await page.reload();
    await page.getByText('half of the time').waitFor();
    const hashes = state.forecast.days
      .filter(({ day }) => published.some((each) => each.day === day))
      .map(({ forecastHash }) => forecastHash);
    assert.equal(hashes.length, published.length);
    const made = [state.tariff, ...state.nextTariffs].filter(({ tariffId }) => tariffId === 'USDUK-VARIABLE');
    assert.deepEqual(
      made.map(({ policyId, forecastHash, boundUnder }) => [policyId, forecastHash, boundUnder]),
      hashes.map((hash) => ['duk-variable.v1', hash, ['ALP-DUK-1']]),
    );
    // Dearer when the load is expected to be higher: the policy's curve, seen in the prices.
    const loads = new Map(
      state.forecast.days.flatMap(({ hours }) => hours.map(({ startMs, pointW }) => [startMs, pointW])),
    );
    const firstMs = Math.min(...made.map(({ validFromMs }) => validFromMs));
    const priced = state.tariff.hours
      .filter(({ startMs }) => startMs >= firstMs && loads.has(startMs))
      .map(({ startMs, microsPerKWh }) => ({ load: Number(loads.get(startMs)), price: Number(microsPerKWh) }))
      .sort((a, b) => a.load - b.load);
    assert.ok(priced.length > 5);
    assert.ok((priced[0]?.price ?? 0) < (priced.at(-1)?.price ?? 0));
    assert.ok(state.changes.length > 5);
    const versions = page.getByRole('table', { name: 'Tariff versions in force and to come' });
    assert.match(await versions.innerText(), /USDUK-VARIABLE version 1/);
    const policy = page.getByRole('region', { name: 'Policy and publication', exact: true });
    assert.match(await policy.innerText(), /duk-variable\.v1/);
  });

  it('says in words what each chart shows, and has its numbers as a table', async () => {
    const load = page.getByRole('img', { name: /^Demand and its forecast/ });
    assert.match((await load.getAttribute('aria-labelledby')) ?? '', /chart-\d+-title chart-\d+-text/);
    const words = await load.locator('desc').textContent();
    assert.match(words ?? '', /Highest forecast \d+\.\d\d GW/);
    await page.getByText('Prices by the hour', { exact: true }).first().click();
    const prices = page.getByRole('table', { name: 'Prices by the hour' });
    assert.equal(await prices.getByRole('row').count(), 25);
  });

  it('draws the band around the forecast, and the price between floor and ceiling', async () => {
    const ys = (selector: string) =>
      page.evaluate<number[]>(
        `[...document.querySelectorAll('${selector}')].flatMap((shape) => shape.getAttribute('points').split(' ').map((at) => Number(at.split(',')[1])))`,
      );
    const state = (await (
      await fetch(`${stage.pages.operationsUrl}/operations/v1/state`)
    ).json()) as OperationsState;
    assert.ok(state.forecast.state === 'ready');
    const hours = (await ys('.curve.forecast')).length;
    assert.ok(hours >= 23);
    assert.equal(hours, state.forecast.days.flatMap((day) => day.hours).length);
    assert.equal((await ys('.band.range80')).length, 2 * hours);
    const band = await ys('.band.range80');
    const line = await ys('.curve.forecast');
    for (const [at, y] of line.entries()) {
      // Up is less in a picture.
      assert.ok((band[at] ?? 0) <= y + 0.2 && y <= (band[band.length - 1 - at] ?? 0) + 0.2, `hour ${at}`);
    }
    const limits = await ys('.curve.limit');
    const prices = await ys('.curve.price');
    assert.ok(prices.every((y) => y > Math.min(...limits) && y < Math.max(...limits)));
  });

  it('is reached by the keyboard, and keeps what was opened when the numbers come anew', async () => {
    await page.reload();
    await page.getByText('half of the time').waitFor();
    const summary = page.getByText('Demand by the hour', { exact: true }).first();
    await summary.focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('details[open]').count(), 1);
    await page.setViewportSize({ width: 420, height: 800 });
    await page.waitForTimeout(300);
    assert.equal(await page.locator('details[open]').count(), 1);
    assert.equal(await page.evaluate('document.activeElement?.textContent'), 'Demand by the hour');
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('has no accessibility problems on a phone and a desktop, light and dark', async () => {
    assert.deepEqual(await accessibilityProblems(page), []);
  });

  it('lists a session that nobody pays for with its number, station, energy, reason and time', async () => {
    const sessionId = await unbilledSession(stage);
    const card = page.getByRole('region', { name: 'Sessions that nobody pays for', exact: true });
    const list = card.getByRole('table', { name: 'Sessions that nobody pays for, newest first' });
    await until('the session is on the page', async () => {
      await page.reload();
      await card.waitFor();
      return (await list.getByText(sessionId).count()) > 0 ? true : undefined;
    });
    const row = list.getByRole('row').filter({ hasText: sessionId });
    const text = await row.innerText();
    for (const part of ['US*DUK*', '0 kWh', 'Cannot be billed. A fault ended it before energy flowed.'])
      assert.ok(text.includes(part), text);
    const year = new Date(stage.run.endMs).getFullYear().toString();
    assert.equal(text.split(year).length - 1, 2, `when it began and when it closed: ${text}`);
    assert.match(text, /void|open, to be void/);
    assert.match(await card.innerText(), /\d+ sessions?, [\d.,]+ kWh given away\./);
    await tabTo(page, 'region', 'Sessions that nobody pays for, newest first');
    assert.deepEqual(await accessibilityProblems(page), []);
  });

  it('says aloud that another session ended that nobody pays for', async () => {
    await page.clock.install();
    await page.reload();
    await page.getByRole('heading', { name: 'Model card' }).waitFor();
    await page.route('**/operations/v1/state', async (route) => {
      const told = (await (await route.fetch()).json()) as OperationsState;
      const { items } = told.unbilled;
      const another = items.map((each) => ({ ...each, sessionId: `${each.sessionId}9`, energyWh: '1234' }));
      await route.fulfill({ json: { ...told, unbilled: { items: [...another, ...items], isWhole: false } } });
    });
    const heard = page.getByRole('status').filter({ hasText: 'A session ended that nobody pays for.' });
    await page.clock.runFor(REFRESH_MS);
    await heard.waitFor({ state: 'attached' });
    await page.getByText(/^The newest \d+ sessions, [\d.,]+ kWh given away\.$/).waitFor();
    await page.unroute('**/operations/v1/state');
    await page.reload();
  });

  it('lists tampering with a device of a site as the ledger has it', async () => {
    const card = page.getByRole('region', { name: 'Tampering', exact: true });
    await card.getByText('Nobody has tampered with a device of a site.').waitFor();
    const { definition, gateway } = stage.run.system.utility('USDUK');
    const stationId = definition.stations[0]?.stationId ?? assert.fail();
    const aaa = asker(stage.run.system.keys.key('USDUK-aaa'), 'aaa', 'USDUK', 'aaa');
    const event = { eventId: '0a'.repeat(32), deviceId: 'gate-7', device: 'gate', atMs: Date.now() };
    const command = { commandId: 'tamper-page', utilityId: 'USDUK', siteId: stationId };
    await aaa(
      'POST',
      `${gateway.url}/operator/v1/commands/grid/recordTampering`,
      {
        command: { ...command, events: [{ ...event, code: 'AUTHENTICATIONS_FAILED' }] },
      },
      operatorReceipt,
    );
    const row = card.getByRole('row').filter({ hasText: 'gate-7' });
    await until('the event is on the page', async () => {
      await page.reload();
      await card.waitFor();
      return (await row.count()) > 0 ? true : undefined;
    });
    const text = await row.innerText();
    for (const part of [stationId, 'Ten authentications in a row failed'])
      assert.ok(text.includes(part), text);
  });

  it('says that the tariff stays as it was, and why, when a day could not be published', async () => {
    const day = {
      day: '2026-07-16',
      state: 'frozen',
      why: 'DATA_TOO_OLD: 3 of the 24 hours',
      isRetried: true,
    };
    // How many days are due depends on the hour.
    let due = 0;
    await page.route('**/operations/v1/state', async (route) => {
      const told = (await (await route.fetch()).json()) as OperationsState;
      const published = told.publication?.days.filter((each) => each.state === 'published') ?? [];
      const days = [day, ...published];
      due = days.length;
      await route.fulfill({ json: { ...told, publication: { ...told.publication, days } } });
    });
    await page.reload();
    const card = page.getByRole('region', { name: 'Policy and publication', exact: true });
    const told = card.getByText(/^1 of \d+ days have no tariff of their own: the standing one holds\./);
    assert.match(await told.innerText(), new RegExp(`^1 of ${due.toString()} days`));
    await card
      .getByText('the tariff stays as it was, tried again. DATA_TOO_OLD: 3 of the 24 hours')
      .waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.unroute('**/operations/v1/state');
    await page.reload();
  });

  it('says so when the figures are no longer fresh', async () => {
    await page.clock.install();
    await page.reload();
    await page.getByText('half of the time').waitFor();
    await page.route('**/operations/v1/state', (route) => route.abort());
    await page.clock.runFor(REFRESH_MS);
    await page.getByRole('alert').filter({ hasText: 'last ones known' }).waitFor({ timeout: 30_000 });
    await page.unroute('**/operations/v1/state');
    errors.length = 0;
  });

  it('reports no error of its own', () => {
    assert.deepEqual(errors, []);
  });

  if (process.env['OPERATIONS_SHOTS'] !== undefined) {
    it('can be looked at', async () => {
      await page.reload();
      await page.getByText('half of the time').waitFor();
      for (const [width, scheme] of [
        [390, 'dark'],
        [390, 'light'],
        [1280, 'dark'],
        [1280, 'light'],
      ] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme: scheme });
        await page.waitForTimeout(500);
        const path = `${process.env['OPERATIONS_SHOTS'] ?? '.'}/operations-${width}-${scheme}.png`;
        await page.screenshot({ path, fullPage: true });
      }
    });
  }
});
