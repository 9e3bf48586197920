import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { gapReport } from '@roamgrid/wire';
import type { Page } from 'playwright-core';
import type { z } from 'zod';
import { accessibilityProblems } from './testing/accessible.ts';
import { LIES, type Evidence } from './testing/lies.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

describe('the auditor page', function () {
  this.timeout(60_000);
  let stage: Stage;
  let page: Page;
  let errors: string[];
  let sessionId: string;

  before(async function () {
    stage = await theStage(this);
    ({ page, errors } = await stage.open());
    sessionId = stage.run.report.sessions[0]?.id ?? '';
  });
  after(() => page.context().close());

  const at = async (address: string) => {
    // Another document each time: an address that differs in its hash alone would be no new page.
    await page.goto('about:blank');
    await page.goto(`${stage.pages.auditorUrl}/#/${address}`);
    await page.locator('main h1').waitFor();
  };
  const rows = async () => {
    const all = await page.locator('main tbody tr').all();
    return Promise.all(all.map(async (row) => (await row.locator('td').allInnerTexts()).join(' | ')));
  };
  const verdicts = async (verdict: string) => {
    const items = await page.locator(`[data-verdict="${verdict}"]`).all();
    return Promise.all(items.map((item) => item.getAttribute('data-check')));
  };

  it('lists the sessions, and filters them by utility, state, station and day', async () => {
    await at('sessions');
    const all = await rows();
    assert.ok(all.length >= 2);
    assert.ok(
      all.some((row) => row.includes('$7.50')),
      all.join('\n'),
    );
    await page.getByLabel('Utility').selectOption('Georgia Power');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('Nothing on the ledger matches.').waitFor();
    const lane = sessionId.replace(/-\d+$/, '');
    const day = new Date(stage.run.report.sessions[0]?.startMs ?? 0).toISOString().slice(0, 10);
    for (const [query, found] of [
      ['stationId=DUK-DURHAM-1&utilityId=USALP&state=closed', true],
      ['stationId=ELSEWHERE', false],
      [`laneId=${lane}&state=closed`, true],
      [`laneId=${lane}&state=opened`, false],
      ['laneId=USDUK-USALP-none', false],
      ['state=expired', false],
      [`fromMs=${day}`, true],
      [`untilMs=${day}`, false],
    ] as const) {
      await at(`sessions?${query}`);
      assert.equal((await rows()).length > 0, found, query);
    }
  });

  it('lists tariffs, invoices, settlements and batches', async () => {
    await at('tariffs');
    assert.match((await rows())[0] ?? '', /^USDUK-TOU version 1 \| Duke Energy .*ALP-DUK-1/);
    await at('invoices?state=paid');
    assert.match(
      (await rows())[0] ?? '',
      /^inv-[^]*from Duke Energy[^]*to Alabama Power[^]*paid \| USDUK-USALP-g0 1 to 2/,
    );
    await at('invoices?state=cancelled');
    assert.deepEqual(await rows(), []);
    await at('nettings?state=settled');
    assert.match(
      (await rows())[0] ?? '',
      /^net-.*settled[^]*\$0\.00 \| Alabama Power to Duke Energy .*confirmed$/,
    );
    await at('batches');
    assert.ok((await rows()).length > 0);
  });

  it('shows every lane: what became of its numbers, no missing bill, and what is open with its age', async () => {
    await at('lanes');
    assert.equal(await page.locator('#verdict').textContent(), '✓ No number is missing');
    const lane = sessionId.replace(/-\d+$/, '');
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: lane, exact: true }) });
    const [opened, open, closed, voided, expired, last, missing] = (
      await row.getByRole('cell').locator(':scope').allInnerTexts()
    ).slice(2);
    const count = (text = '') => Number(/\d+$/.exec(text)?.[0] ?? NaN);
    assert.ok(count(closed) >= 1);
    assert.equal(count(opened), count(open) + count(closed) + count(voided) + count(expired));
    assert.equal(count(last), count(closed));
    assert.match(missing ?? '', /none$/);
    await page.getByText('Every number that was opened has ended.').waitFor();
    await row.getByRole('link').click();
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    assert.ok((await rows()).every((text) => text.includes(lane)));

    await page.route('**/relay/USALP/auditor/v1/gaps', async (route) => {
      const told = (await (await route.fetch()).json()) as z.input<typeof gapReport>;
      const sinceMs = told.atMs - 65 * 60_000;
      const number = { openedAtMs: sinceMs, ageMs: 65 * 60_000, claimed: false };
      const json: typeof told = {
        ...told,
        gaps: [
          { laneId: lane, fromSequence: 1, toSequence: 1 },
          { laneId: lane, fromSequence: 3, toSequence: 5 },
        ],
        open: [
          { sessionId: `${lane}-900`, ...number, dueAtMs: sinceMs },
          { sessionId: `${lane}-901`, ...number },
          { sessionId: `${lane}-902`, ...number, claimed: true },
        ],
        openCount: 5,
      };
      await route.fulfill({ json });
    });
    await at('lanes');
    assert.equal(await page.locator('#verdict').textContent(), '✗ 4 numbers are missing');
    assert.match((await row.innerText()).replaceAll('\n', ' '), /1, 3 to 5/);
    const told = await page
      .getByRole('region', { name: /Open numbers/ })
      .getByRole('row')
      .allInnerTexts();
    for (const [index, pattern] of [
      /-900[^]*1 h 05 min[^]*overdue since/,
      /-901[^]*known to the parties/,
      /-902[^]*end claimed/,
    ].entries())
      assert.match(told[index + 1] ?? '', pattern);
    await page.getByText('These are the oldest 3 of 5.').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.unroute('**/relay/USALP/auditor/v1/gaps');
  });

  it('verifies a session from the meter’s signature to the Merkle root', async () => {
    await at('sessions');
    await page.getByRole('link', { name: `Verify ${sessionId}`, exact: true }).click();
    await page.locator('#verdict').waitFor();
    assert.equal(await page.locator('#verdict').textContent(), '✓ All 24 checks match');
    assert.equal((await verdicts('matches')).length, 24);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the evidence' }).click();
    const saved = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as Evidence;
    assert.equal(saved.record.sessionId, sessionId);
    assert.ok(
      saved.settledBody?.includes(saved.openBody ?? '') === true && saved.cdr?.sessionId === sessionId,
    );
  });

  for (const [lie, { tell, noticed }] of Object.entries(LIES)) {
    it(`notices ${lie}`, async () => {
      const path = `**/relay/USALP/auditor/v1/sessions/${sessionId}`;
      await page.route(path, async (route) => {
        const told = (await (await route.fetch()).json()) as Evidence;
        await route.fulfill({ json: tell(told) });
      });
      await at(`sessions/${sessionId}`);
      assert.match((await page.locator('#verdict').textContent()) ?? '', /^✗/);
      const differs = await verdicts('differs');
      for (const check of noticed)
        assert.ok(differs.includes(check), `${check} is not among ${differs.join(', ')}`);
      await page.unroute(path);
    });
  }

  it('tells a third utility’s view apart: the record matches, the bodies cannot be seen', async () => {
    await at(`sessions/${sessionId}`);
    await page.getByLabel('Ask the gateway of').selectOption('Georgia Power');
    await page.locator('#verdict', { hasText: 'the rest cannot be seen from here' }).waitFor();
    assert.deepEqual(await verdicts('matches'), ['peers-agree', 'committed', 'number-opened']);
    assert.deepEqual(await verdicts('unseen'), ['opening', 'linked', 'batch', 'number', 'header', 'sums']);
  });

  it('has no screen that axe-core finds fault with', async () => {
    for (const address of ['sessions', 'tariffs', 'nettings', 'batches', 'lanes', `sessions/${sessionId}`]) {
      await at(address);
      await page.locator('main table').first().waitFor();
      assert.deepEqual(await accessibilityProblems(page), [], address);
    }
    await page.goto(stage.pages.overviewUrl);
    await page.locator('main table').first().waitFor();
    assert.deepEqual(await accessibilityProblems(page), [], 'overview');
    assert.deepEqual(errors, []);
  });

  it('reaches only the auditor API, only to read, and only under its own name', async () => {
    const relay = `${stage.pages.auditorUrl}/relay/USALP`;
    assert.equal((await fetch(`${relay}/auditor/v1/gaps`)).status, 200);
    assert.equal((await fetch(`${relay}/operator/v1/commands/netting/net`)).status, 404);
    assert.equal((await fetch(`${relay}/auditor/v1/..%2F..%2Foperator/v1/x`)).status, 404);
    assert.equal((await fetch(`${relay}/auditor/v1/gaps`, { method: 'POST' })).status, 404);
    assert.equal((await fetch(`${relay.replace('USALP', 'USXXX')}/auditor/v1/gaps`)).status, 404);
    // Plain HTTP: fetch would resolve the dots and set the host itself.
    const plain = (path: string, headers: Record<string, string> = {}) =>
      new Promise<number | undefined>((resolve, reject) => {
        httpRequest(relay, { path, headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    for (const out of ['../../metrics', '%2e%2e/%2E./metrics', 'gaps/../../../metrics', '.'])
      assert.equal(await plain(`/relay/USALP/auditor/v1/${out}`), 404, out);
    assert.equal(await plain('/relay/USALP/auditor/v1/gaps', { host: 'rebound.example' }), 421);
  });
});
