import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { bodyHash, type sessionEvidence } from '@roamgrid/wire';
import type { Page } from 'playwright-core';
import type { z } from 'zod';
import { accessibilityProblems } from './testing/accessible.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

type Evidence = z.input<typeof sessionEvidence>;

/** One digit or letter of a text changed; throws when the place is not there. */
function altered(text: string | undefined, find: RegExp, put: string): string {
  if (text === undefined || !find.test(text)) throw new Error(`nothing to alter: ${String(find)}`);
  return text.replace(find, put);
}
const otherHash = (hash: string) => (hash.startsWith('0') ? '1' : '0') + hash.slice(1);

/** What a lying gateway could change in the evidence, and the checks that must notice. */
const LIES: Readonly<Record<string, { tell: (evidence: Evidence) => Evidence; noticed: readonly string[] }>> =
  {
    'a higher total in the charge record': {
      tell: (of) => ({
        ...of,
        closeBody: altered(of.closeBody, /"totalMicros":"(\d+)"/, '"totalMicros":"9$1"'),
      }),
      noticed: ['close-hash', 'lines', 'cap', 'shares'],
    },
    'another end reading of the meter': {
      tell: (of) => ({
        ...of,
        closeBody: altered(of.closeBody, /(signedStart.*|signedEnd.*)\\"RV\\":\d/, '$1\\"RV\\":9'),
      }),
      noticed: ['close-hash', 'energy'],
    },
    'another quote than the one consented to': {
      tell: (of) => ({ ...of, openBody: altered(of.openBody, /"capMicros":"/, '"capMicros":"9') }),
      noticed: ['open-hash', 'consent'],
    },
    'another customer': {
      tell: (of) => ({ ...of, openBody: altered(of.openBody, /"cinRef":"[0-9a-f]/, '"cinRef":"x') }),
      noticed: ['open-hash', 'authorised'],
    },
    'another record with a body that fits it': {
      tell: (of) => {
        const closeBody = altered(of.closeBody, /"totalMicros":"(\d+)"/, '"totalMicros":"9$1"');
        return { ...of, closeBody, record: { ...of.record, closeHash: bodyHash(closeBody) } };
      },
      noticed: ['peers-agree', 'merkle', 'lines', 'cap', 'shares'],
    },
    'another Merkle root': {
      tell: (of) => ({
        ...of,
        ...(of.batch && { batch: { ...of.batch, merkleRoot: otherHash(of.batch.merkleRoot) } }),
      }),
      noticed: ['peers-agree', 'merkle'],
    },
    'another place in the batch': {
      tell: (of) => ({ ...of, ...(of.proof && { proof: { ...of.proof, size: of.proof.size + 1 } }) }),
      noticed: ['merkle', 'number'],
    },
    'a session that no valid transaction wrote': {
      tell: (of) => ({ ...of, transactions: of.transactions.map((each) => ({ ...each, valid: false })) }),
      noticed: ['committed'],
    },
  };

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
    const day = new Date(stage.run.report.sessions[0]?.startMs ?? 0).toISOString().slice(0, 10);
    for (const [query, found] of [
      ['stationId=DUK-DURHAM-1&utilityId=USALP&state=closed', true],
      ['stationId=ELSEWHERE', false],
      ['state=voided', false],
      [`fromMs=${day}`, true],
      [`untilMs=${day}`, false],
    ] as const) {
      await at(`sessions?${query}`);
      assert.equal((await rows()).length > 0, found, query);
    }
  });

  it('lists tariffs, invoices, settlements, batches, and what is missing', async () => {
    await at('tariffs');
    assert.match((await rows())[0] ?? '', /^DUK-TOU version 1 \| Duke Energy .*ALP-DUK-1/);
    await at('invoices?state=paid');
    assert.match((await rows())[0] ?? '', /^inv-.*Duke Energy \| Alabama Power .*paid \| 1 to 2/);
    await at('invoices?state=disputed');
    assert.deepEqual(await rows(), []);
    await at('nettings?state=settled');
    assert.match(
      (await rows())[0] ?? '',
      /^net-.*settled[^]*\$0\.00 \| Alabama Power to Duke Energy .*confirmed$/,
    );
    await at('batches');
    assert.ok((await rows()).length > 0);
    await at('gaps');
    assert.equal(await page.locator('#verdict').textContent(), '✓ No number is missing');
  });

  it('verifies a session from the meter’s signature to the Merkle root', async () => {
    await at('sessions');
    await page.getByRole('link', { name: `Verify …${sessionId.slice(-8)}` }).click();
    await page.locator('#verdict').waitFor();
    assert.equal(await page.locator('#verdict').textContent(), '✓ All 15 checks match');
    assert.equal((await verdicts('matches')).length, 15);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the evidence' }).click();
    const saved = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as Evidence;
    assert.equal(saved.record.sessionId, sessionId);
    assert.equal(bodyHash(saved.closeBody ?? ''), saved.record.closeHash);
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
    assert.deepEqual(await verdicts('matches'), ['peers-agree', 'committed']);
    assert.deepEqual(await verdicts('unseen'), ['open-hash', 'close-hash', 'merkle', 'number']);
  });

  it('has no screen that axe-core finds fault with', async () => {
    for (const address of ['sessions', 'tariffs', 'nettings', 'gaps', `sessions/${sessionId}`]) {
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
    assert.equal((await fetch(`${relay}/operator/v1/commands/clearing/net`)).status, 404);
    assert.equal((await fetch(`${relay}/auditor/v1/..%2F..%2Foperator/v1/x`)).status, 404);
    assert.equal((await fetch(`${relay}/auditor/v1/gaps`, { method: 'POST' })).status, 404);
    assert.equal((await fetch(`${relay.replace('USALP', 'USXXX')}/auditor/v1/gaps`)).status, 404);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      httpRequest(`${relay}/auditor/v1/gaps`, { headers: { host: 'rebound.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    assert.equal(status, 421);
  });
});
