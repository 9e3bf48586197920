import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimOf, startStage, type Stage } from '@roamgrid/energy-controller/stage';
import { buildPage } from '@roamgrid/web';
import type { Browser, Page } from 'playwright-core';
import { startSiteDesk, type SiteDesk } from './site-desk.ts';
import { accessibilityProblems, tabTo } from './testing/accessible.ts';
import { launchBrowser } from './testing/browser.ts';

const HOUR_MS = 3_600_000;
const KW = 1_000n;

describe('the page of a site in a browser', function () {
  this.timeout(60_000);
  let folder: string;
  let stage: Stage;
  let desk: SiteDesk;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'site-page-'));
    stage = await startStage({
      nodes: [
        { nodeId: 'site', kind: 'connection' },
        { nodeId: 'yard', kind: 'feeder', parentId: 'site', hard: { totalW: '60000' } },
        { nodeId: 'east', kind: 'outlet', parentId: 'yard', hard: { totalW: '50000' } },
        { nodeId: 'west', kind: 'outlet', parentId: 'yard', hard: { totalW: '50000' } },
      ],
      loads: [
        { loadId: 'east', nodeId: 'east', aloneW: 0n, claims: [claimOf('east', 'east', 40n * KW)] },
        { loadId: 'west', nodeId: 'west', aloneW: 0n, claims: [claimOf('west', 'west', 40n * KW)] },
      ],
    });
    desk = await startSiteDesk({
      ...{ folder: await buildPage('site', folder), port: 0, siteId: 's1' },
      ask: stage.ask,
    });
    await stage.step();
    await stage.step();
    browser = await launchBrowser();
    const context = await browser.newContext({ locale: 'en-US', timezoneId: 'America/New_York' });
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(desk.link);
    await page.getByRole('heading', { name: 'Site s1' }).waitFor();
  });
  after(async () => {
    await browser.close();
    await desk.close();
    await stage.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const limitOf = async (nodeId: string): Promise<bigint | undefined> =>
    (await stage.view()).nodes.find((node) => node.nodeId === nodeId)?.limitW;
  const answer = (name: 'Confirm' | 'Leave as it is') =>
    page.getByRole('dialog').getByRole('button', { name }).click();
  const outcome = (text: string) => page.locator('#outcome', { hasText: text }).waitFor();

  it('shows flows from sources to loads, each outlet, and why each got what it got', async () => {
    assert.doesNotMatch(page.url(), /key=/);
    const flows = page.getByRole('img', { name: /Flows from sources to loads/ });
    assert.match(
      (await flows.locator('desc').textContent()) ?? '',
      /grid .*sun .*battery .* to east .* west/,
    );
    const granted = await stage.granted();
    assert.equal((granted['east'] ?? 0n) + (granted['west'] ?? 0n), 60n * KW);
    const rows = page.getByRole('table', { name: 'Who gets how much, and why' }).getByRole('row');
    for (const [loadId, watts] of Object.entries(granted)) {
      const row = await rows.filter({ hasText: loadId }).innerText();
      assert.ok(row.includes(`${(Number(watts) / 1000).toFixed(1)} kW`), row);
    }
    assert.match(
      await page.getByRole('region', { name: 'Outlets, servers and other loads' }).innerText(),
      /limited by node at yard/,
    );
    assert.match(
      await page.getByRole('table', { name: 'Where power comes from' }).innerText(),
      /battery\s+ess\s.*50 %/s,
    );
  });

  it('shows reservations on a time axis as they are made', async () => {
    const fromMs = stage.nowMs() + HOUR_MS;
    await stage.request('booked', {
      ...{ loadId: 'west', isReservation: true },
      claim: {
        ...{ kind: 'charge', nodeId: 'west', minW: '0', maxW: '22000' },
        ...{ fromMs, untilMs: fromMs + HOUR_MS },
      },
    });
    await page.getByRole('table', { name: 'What is kept' }).waitFor();
    const axis = page.getByRole('img', { name: /Reservations by time/ });
    assert.match((await axis.locator('desc').textContent()) ?? '', /west 08:\d\d AM to 09:\d\d AM/);
    assert.match(await page.getByRole('table', { name: 'What is kept' }).innerText(), /west.*22\.0 kW/s);
  });

  it('keeps the focus while figures change', async () => {
    await tabTo(page, 'region', 'Who gets how much, and why');
    const place = page.locator(':focus').filter({ hasText: 'west' });
    const load = stage.plant.loads.get('west');
    assert.ok(load);
    load.claims = [claimOf('west', 'west', 7n * KW)];
    await stage.step();
    await stage.step();
    await place.filter({ hasText: '7.0 kW' }).waitFor();
    load.claims = [claimOf('west', 'west', 40n * KW)];
    await stage.step();
    await stage.step();
  });

  it('changes a limit by keyboard alone, and only once it is confirmed', async () => {
    await tabTo(page, 'combobox', 'Part of the site');
    await page.keyboard.press('e');
    await page.keyboard.press('Tab');
    await page.keyboard.type('30');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await outcome('Nothing was changed.');
    assert.equal(await limitOf('east'), 50n * KW);
    await page.getByRole('button', { name: 'Change limit' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await outcome('Changed: east has at most 30.0 kW');
    assert.equal(await limitOf('east'), 30n * KW);
    await stage.step();
    await stage.step();
    assert.ok(((await stage.granted())['east'] ?? 0n) <= 30n * KW);
  });

  it('says why a change is less safe, and asks again', async () => {
    await page.getByLabel('Part of the site').selectOption('east');
    await page.getByLabel('Limit, kW').fill('');
    await page.getByRole('button', { name: 'Change limit' }).click();
    await answer('Confirm');
    await page.getByRole('heading', { name: 'This makes the site less safe' }).waitFor();
    assert.equal(await limitOf('east'), 30n * KW);
    await answer('Confirm');
    await outcome('Changed: east as it is built');
    assert.equal(await limitOf('east'), 50n * KW);
  });

  it('changes priorities, and tells in words what the controller refuses', async () => {
    await page.getByLabel('Load', { exact: true }).selectOption('west');
    await page.getByLabel('Priority').fill('1');
    const old = page.getByRole('button', { name: 'Change priority' });
    await old.click();
    // Somebody else was first.
    const { version } = (await stage.view()).settings;
    await stage.change('other', { fromVersion: version, priorities: { east: 2 } });
    await answer('Confirm');
    await outcome('VERSION_OLD');
    await page.locator('#priority-load', { hasText: 'east (2)' }).waitFor();
    await page.getByLabel('Load', { exact: true }).selectOption('west');
    await page.getByLabel('Priority').fill('1');
    await page.getByRole('button', { name: 'Change priority' }).click();
    await answer('Confirm');
    await outcome('Changed: west has priority 1');
    assert.deepEqual((await stage.view()).settings.priorities, { east: 2, west: 1 });
  });

  it('tells nothing to whoever has not its link', async () => {
    for (const authorization of ['', 'Bearer ', `Bearer ${'x'.repeat(43)}`])
      for (const [method, path] of [
        ['GET', '/site/v1/state'],
        ['PUT', '/site/v1/changes/c1'],
      ] as const)
        assert.equal((await fetch(desk.url + path, { method, headers: { authorization } })).status, 401);
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(desk.url);
    await stranger.getByText('open the page by its own link').waitFor();
    await stranger.context().close();
  });

  it('works on a phone and a desktop, in light and dark, by the rules of WCAG 2.2 AA', async () => {
    assert.deepEqual(await accessibilityProblems(page), []);
    assert.deepEqual(
      errors.filter((each) => !each.includes('409')),
      [],
    );
  });
});
