import assert from 'node:assert/strict';
import type { Page, Request } from 'playwright-core';
import { driverContests } from '@roamgrid/wire';
import { z } from 'zod';
import { DRIVER } from '../scenario/story.ts';
import { ALABAMA_POWER } from '../system/consortium.ts';
import { passwordOf } from '../system/customer.ts';
import { accessibilityProblems, tabTo } from './testing/accessible.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

describe('the driver page', function () {
  this.timeout(60_000);
  let stage: Stage;
  let page: Page;
  let errors: string[];

  before(async function () {
    stage = await theStage(this);
  });
  beforeEach(async () => {
    ({ page, errors } = await stage.open({ viewport: { width: 390, height: 844 } }));
    await page.goto(stage.pages.driverUrl);
  });
  afterEach(() => page.context().close());

  const password = () => passwordOf(stage.run.system.keys, DRIVER.login);
  const toLogin = async () => {
    await page.getByRole('button', { name: 'Sign in at Alabama Power' }).click();
    await page.getByLabel('Login').waitFor();
  };
  const login = async (word: string) => {
    await page.getByLabel('Login').fill(DRIVER.login);
    await page.getByLabel('Password').fill(word);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  const allow = () => page.getByRole('button', { name: 'Allow' }).click();
  const billed = () => page.getByRole('heading', { name: 'Your charging' }).waitFor();
  const signIn = async () => {
    await toLogin();
    await login(password());
    await allow();
    await billed();
  };

  it('shows the one bill from home with every session, after signing in there and allowing it', async () => {
    await toLogin();
    assert.equal(new URL(page.url()).origin, stage.run.system.utility(ALABAMA_POWER.utilityId).aaa.url);
    await login('not the password');
    await page
      .getByRole('alert')
      .getByText(/login or the password is wrong/)
      .waitFor();
    await login(password());
    await allow();
    await billed();

    const [bill] = stage.run.report.bills;
    assert.ok(bill);
    const dollars = (micros: bigint) => `$${(Number(micros) / 1e6).toFixed(2)}`;
    // What was charged since stands on the next one.
    const cards = page.locator(`[data-bill="${bill.billId}"]`);
    assert.equal(await cards.count(), 1);
    assert.equal(await cards.locator('.total').textContent(), dollars(bill.payableMicros));
    const sessions = await cards.locator('.sessions li').allTextContents();
    assert.equal(sessions.length, 2);
    for (const [i, line] of bill.lines.entries()) {
      const text = sessions[i] ?? '';
      for (const part of [
        'Duke Energy',
        dollars(line.totalMicros),
        `${Number(line.energyWh) / 1000} kWh in`,
        // The story's car comes with 15 of 75 kWh.
        `Battery from 20 % to ${i === 0 ? 60 : 46} %.`,
        'From the signed meter record.',
      ]) {
        assert.ok(text.includes(part), `${text} lacks ${part}`);
      }
    }
    assert.match((await cards.textContent()) ?? '', /From Alabama Power alone/);
    assert.deepEqual(await accessibilityProblems(page), []);
    // The refused password answers 401, which the browser notes.
    assert.deepEqual(
      errors.filter((text) => !text.includes('401')),
      [],
    );
  });

  it('shows what is paid of the bill and what is to pay', async () => {
    const home = stage.run.system.utility(ALABAMA_POWER.utilityId);
    const decisions = z.object({
      decisions: z.array(z.object({ customerId: z.string(), sessionId: z.string() })),
    });
    const url = `${home.aaa.url}/operator/v1`;
    const [bill] = stage.run.report.bills;
    assert.ok(bill);
    const told = await home.operator('GET', `${url}/decisions?limit=500`, undefined, decisions);
    const driver = told.decisions.find(({ sessionId }) =>
      bill.lines.some((line) => line.sessionId === sessionId),
    );
    assert.ok(driver);
    const pay = (paymentId: string, micros: bigint) =>
      home.operator(
        'POST',
        `${url}/customers/${driver.customerId}/payments`,
        {
          paymentId,
          reference: `bank ${paymentId}`,
          micros: micros.toString(),
          currency: bill.currency,
          valueDate: `${bill.periodId.slice(0, 7)}-01`,
        },
        z.unknown(),
      );
    const state = () => page.locator(`[data-bill="${bill.billId}"] .state`).textContent();
    await pay('first-part', bill.payableMicros - 1_000_000n);
    await signIn();
    assert.equal(await state(), 'Paid in part: $1.00 to pay');
    await pay('the-rest', 1_000_000n);
    await page.context().close();
    ({ page, errors } = await stage.open());
    await page.goto(stage.pages.driverUrl);
    await signIn();
    assert.equal(await state(), 'Paid');
    assert.deepEqual(errors, []);
  });

  it('shows what his car gave as amounts that he is owed, also in another currency', async () => {
    const [bill] = stage.run.report.bills;
    assert.ok(bill);
    const fromMs = Date.UTC(2026, 4, 3, 9);
    const batch = { vun: 'USDUK', siteId: 'hub', fromMs, untilMs: fromMs + 3_600_000, energyWh: '2000' };
    const rate = { currency: bill.currency, rateMicros: '1100000', source: 'ECB', rounding: 'half-even' };
    const given = [
      { ...batch, batchId: 'b1', micros: '300000' },
      { ...batch, batchId: 'b2', micros: '500000', exchanged: { ...rate, micros: '550000', from: 'EUR' } },
    ];
    await page.route('**/driver/v1/bills', async (route) => {
      const answer = await route.fetch();
      const { bills } = (await answer.json()) as { bills: { billId: string }[] };
      const changed = bills.map((each) => (each.billId === bill.billId ? { ...each, given } : each));
      await route.fulfill({ response: answer, json: { bills: changed } });
    });
    await signIn();
    const card = page.locator(`[data-bill="${bill.billId}"]`);
    await card.getByRole('heading', { name: 'What your car and house gave' }).waitFor();
    const [first = '', second = ''] = await card.locator('[data-given]').allInnerTexts();
    for (const part of ['Duke Energy', '-$0.30', '2 kWh within 1 h 00 min.'])
      assert.ok(first.includes(part), `${first} lacks ${part}`);
    for (const part of ['-$0.55', '€0.50 at 1.1 USD for 1 EUR (ECB)'])
      assert.ok(second.includes(part), `${second} lacks ${part}`);
    assert.match(await card.locator('dl').innerText(), /What your car and house gave\s+-\$0\.85/);
    assert.deepEqual(await accessibilityProblems(page), []);
  });

  it('takes the driver’s word on a session, and shows what became of it', async () => {
    await signIn();
    const line = page.locator('.sessions li').first();
    await line.getByText('Something is wrong with this').click();
    await line.getByLabel('What is wrong?').fill('I left before that.');
    assert.deepEqual(await accessibilityProblems(page), []);
    // What is written stays when the page is drawn anew, in another language too.
    await page.getByLabel('Language').selectOption('Deutsch');
    await page.getByRole('heading', { name: 'Ihr Laden' }).waitFor();
    assert.equal(await line.locator('textarea').inputValue(), 'I left before that.');
    const told = '**/driver/v1/contests';
    await page.route(told, (route) => route.fulfill({ status: 503, json: { detail: 'Try again later' } }));
    await line.getByRole('button', { name: 'Dem Versorger melden' }).click();
    // A service's own words are English on every page.
    await line.locator('[role=alert] [lang=en]', { hasText: 'Try again later' }).waitFor();
    await page.unroute(told);
    await page.getByLabel('Sprache').selectOption('English');
    await line.getByRole('button', { name: 'Tell the utility' }).click();
    await page.locator('[data-contest=open]:focus').waitFor();
    const home = stage.run.system.utility(ALABAMA_POWER.utilityId);
    const url = `${home.aaa.url}/operator/v1/contests`;
    const { contests } = await home.operator('GET', url, undefined, driverContests);
    const [contest] = contests;
    assert.equal(contest?.statement, 'I left before that.');
    const answer = { statement: 'The meter says otherwise.' };
    await home.operator('POST', `${url}/${contest.sessionId}/answer`, answer, z.unknown());
    await page.context().close();
    ({ page, errors } = await stage.open());
    await page.goto(stage.pages.driverUrl);
    await signIn();
    assert.match(
      (await page.locator('[data-contest=answered]').textContent()) ?? '',
      /“I left before that.” The utility says: “The meter says otherwise.”/,
    );
    assert.deepEqual(errors, []);
  });

  it('keeps nothing that would sign in somebody else: no token stored, none that works without its key', async () => {
    const asked = page.waitForRequest((request: Request) => request.url().endsWith('/driver/v1/bills'));
    await signIn();
    const request = await asked;
    const { authorization = '' } = await request.allHeaders();
    assert.match(authorization, /^DPoP /);
    for (const scheme of ['DPoP', 'Bearer']) {
      const stolen = await fetch(request.url(), {
        headers: { authorization: authorization.replace('DPoP', scheme) },
      });
      assert.equal(stolen.status, 401);
    }
    const stored = await page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])',
    );
    assert.equal(stored, '[{},{},""]');
    assert.equal(page.url(), `${stage.pages.driverUrl}/`);
    await page.reload();
    await page.getByRole('button', { name: 'Sign in at Alabama Power' }).waitFor();
  });

  it('asks for the password again after signing out', async () => {
    await signIn();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await toLogin();
  });

  it('says so when the driver cancels, and can be used by keyboard alone', async () => {
    await tabTo(page, 'button', 'Sign in at Alabama Power');
    await page.keyboard.press('Enter');
    await page.getByLabel('Login').waitFor();
    await tabTo(page, 'button', 'Cancel');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('You cancelled the sign-in.').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
  });

  it('is the only origin that may read the driver API and the token endpoint', async () => {
    const { gateway, aaa } = stage.run.system.utility(ALABAMA_POWER.utilityId);
    const preflight = async (url: string, origin: string) => {
      const response = await fetch(url, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'dpop' },
      });
      return response.headers.get('access-control-allow-origin');
    };
    const own = new URL(stage.pages.driverUrl).origin;
    assert.equal(await preflight(`${gateway.url}/driver/v1/bills`, own), own);
    assert.equal(await preflight(`${gateway.url}/driver/v1/bills`, 'https://elsewhere.example'), null);
    assert.equal(await preflight(`${gateway.url}/auditor/v1/sessions`, own), null);
    const foreign = await fetch(`${aaa.issuer}/token`, {
      method: 'POST',
      headers: { origin: 'https://elsewhere.example', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=authorization_code&client_id=driver-page&code=x&redirect_uri=x&code_verifier=x',
    });
    assert.equal(foreign.status, 400);
    assert.equal(foreign.headers.get('access-control-allow-origin'), null);
  });
});
