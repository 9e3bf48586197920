import assert from 'node:assert/strict';
import { sessionEvidence, type Cdr } from '@roamgrid/wire';
import type { Page } from 'playwright-core';
import { ALABAMA_POWER, DUKE_ENERGY } from '../system/consortium.ts';
import { until } from '../system/until.ts';
import { accessibilityProblems, hearAnnouncements, tabTo } from './testing/accessible.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

/** The charge record of the session whose bill is on the screen, as one utility's auditor sees it. */
async function committedRecord(stage: Stage, page: Page, utilityId: string): Promise<Cdr> {
  const shown = (await page.getByText(/^Session /).textContent()) ?? '';
  const sessionId = shown.replace('Session ', '');
  const utility = stage.run.system.utility(utilityId);
  const url = `${utility.gateway.url}/auditor/v1/sessions/${sessionId}`;
  return until(`the record of ${sessionId}`, async () => {
    const told = await utility.auditor('GET', url, undefined, sessionEvidence).catch(() => undefined);
    return told?.record.state === 'closed' ? told.cdr : undefined;
  });
}

const SESSION = { sessionId: 'USDUK-USALP-g0-1', startMs: 0, energyWh: '10000', socPpm: 400_000 };
/** What the screens show on which a page is held. */
const HELD: Readonly<Record<string, Record<string, unknown>>> = {
  parked: {
    progress: {
      ...SESSION,
      ...{ nowMs: 60_000, powerW: '0', runningMicros: '1', capMicros: '2', currency: 'USD' },
    },
  },
  'bill-later': {
    ended: { ...SESSION, endMs: 60_000, endReason: 'full', homeUtilityName: 'Alabama Power' },
  },
};

const dollars = (micros: bigint) => `$${(Number(micros) / 1e6).toFixed(2)}`;
const kWh = (energyWh: bigint) => `${Number(energyWh) / 1000} kWh`;

describe('a session at the kiosk', function () {
  this.timeout(90_000);
  let stage: Stage;
  before(async function () {
    stage = await theStage(this);
  });

  afterEach(() => stage.freeKiosks());

  it('goes from number to bill by keyboard alone, speaks at each step, and ends on the ledger', async () => {
    const { page, errors } = await stage.open();
    await page.goto(stage.pages.kiosks[1]?.url ?? '');
    await page.getByRole('heading', { name: 'Charge with your own card' }).waitFor();
    const heard = await hearAnnouncements(page);
    const { bay } = stage.pages.kiosks[1] ?? assert.fail('there is no such kiosk');
    bay.staysMs = Infinity;

    await tabTo(page, 'textbox', /Consumer identity number/);
    await page.keyboard.type(stage.run.stage.cin.toLowerCase());
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your price' }).waitFor();
    const price = (await page.locator('#estimate').textContent()) ?? '';
    for (const fact of [
      'Never more than',
      'Alabama Power',
      'Gold member',
      '10 kWh at',
      'Your discount',
      'Tax',
    ]) {
      await page.getByText(fact).first().waitFor();
    }
    await tabTo(page, 'button', 'Accept and charge');
    const ring = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    assert.equal(ring, 'solid');
    await page.keyboard.press('Enter');
    await page.getByRole('progressbar', { name: /Battery at \d+ %/ }).waitFor();

    await page.getByRole('heading', { name: 'No more energy flows' }).waitFor({ timeout: 60_000 });
    bay.unplug();
    await page.getByRole('heading', { name: 'Thank you for charging here' }).waitFor();
    await page.locator('#main').getByText('The agreed limit was reached.').waitFor();
    await page.getByText(/^\d+ % charged \(20 % before\)$/).waitFor();
    await page.getByText('Ended as EnergyLimitReached').waitFor();
    const record = await committedRecord(stage, page, DUKE_ENERGY.utilityId);
    assert.equal(record.energyWh, 10_000n);
    assert.equal(await page.locator('#total').textContent(), dollars(record.totalMicros));
    const bill = (await page.locator('main').textContent()) ?? '';
    for (const part of [
      kWh(record.energyWh),
      'Time',
      'Agreed adjustment',
      'Tax',
      'one bill from Alabama Power',
    ]) {
      assert.ok(bill.includes(part), `the bill lacks ${part}: ${bill}`);
    }
    assert.deepEqual(await committedRecord(stage, page, ALABAMA_POWER.utilityId), record);
    await tabTo(page, 'button', 'Done');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Charge with your own card' }).waitFor();

    const said = await heard();
    assert.ok(said.includes(`Your price is about ${price}. Accept to start charging.`), said.join(' | '));
    assert.ok(said.includes('Charging.'));
    const ending = `Charging ended. The agreed limit was reached. Total ${dollars(record.totalMicros)}.`;
    assert.ok(said.includes(ending), said.join(' | '));
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('goes by touch, and stops when the driver says so', async () => {
    const { page, errors } = await stage.open({
      hasTouch: true,
      isMobile: true,
      viewport: { width: 390, height: 844 },
    });
    await page.goto(stage.pages.kiosks[0]?.url ?? '');
    await stage.chooseEnergy(page, '50 kWh');
    for (const button of await page.getByRole('button').all()) {
      const box = await button.boundingBox();
      assert.ok(
        box && box.height >= 44 && box.width >= 44,
        `${(await button.textContent()) ?? ''} is too small`,
      );
    }
    await stage.card(0, stage.run.stage.cin);
    await page.getByRole('button', { name: 'Accept and charge' }).tap();
    const energy = page.locator('#energy');
    await page.getByRole('button', { name: 'Stop charging' }).waitFor();
    const first = await energy.textContent();
    await until('progress', async () => ((await energy.textContent()) === first ? undefined : true));
    await page.getByRole('button', { name: 'Stop charging' }).tap();
    await page.locator('#main').getByText('You stopped charging.').waitFor();
    const cdr = await committedRecord(stage, page, ALABAMA_POWER.utilityId);
    assert.equal(cdr.endReason, 'driver');
    assert.ok(cdr.energyWh > 0n && cdr.energyWh < 50_000n);
    assert.equal(await page.locator('#total').textContent(), dollars(cdr.totalMicros));
    await page.getByRole('button', { name: 'Done' }).tap();
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('ends at once when current leaks to ground, and says so on the screen and in both utilities’ records', async () => {
    const { page, errors } = await stage.open();
    const kiosk = stage.pages.kiosks[0] ?? assert.fail('there is no kiosk');
    await page.goto(kiosk.url);
    await stage.chooseEnergy(page, '50 kWh');
    await stage.card(0, stage.run.stage.cin);
    await page.getByRole('button', { name: 'Accept and charge' }).click();
    const energy = page.locator('#energy');
    await until('energy', async () =>
      /^0(\.0+)? /.test((await energy.textContent()) ?? '0 ') ? undefined : true,
    );
    kiosk.bay.fail('ground-fault');
    await page.locator('#main').getByText('current leaked to ground').waitFor();
    await page.getByText('The cable is unlocked.').waitFor();
    for (const utilityId of [DUKE_ENERGY.utilityId, ALABAMA_POWER.utilityId])
      assert.equal((await committedRecord(stage, page, utilityId)).endReason, 'ground-fault');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByLabel(/Consumer identity number/).fill(stage.run.stage.cin);
    await page.keyboard.press('Enter');
    await page.getByText('Code OUTLET_FAULTY').waitFor();
    kiosk.bay.mend();
    await page.getByRole('button', { name: 'Start again' }).click();
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('has no screen that axe-core finds fault with, light or dark, on phone or desktop', async () => {
    const { page } = await stage.open();
    await page.goto(stage.pages.kiosks[1]?.url ?? '');
    const found: Record<string, readonly string[]> = {};
    const look = async (screen: string, heading: string) => {
      await page.getByRole('heading', { name: heading }).waitFor();
      found[screen] = await accessibilityProblems(page);
    };
    await look('welcome', 'Charge with your own card');
    await page.getByLabel(/Consumer identity number/).fill('123');
    await page.keyboard.press('Enter');
    await look('refused', 'We could not start');
    await page.getByRole('button', { name: 'Start again' }).click();
    await stage.chooseEnergy(page, '50 kWh');
    await stage.card(1, stage.run.stage.cin);
    await look('offer', 'Your price');
    await page.getByRole('button', { name: 'Accept and charge' }).click();
    await look('charging', 'Charging');
    await page.getByRole('button', { name: 'Stop charging' }).click();
    await look('bill', 'Thank you for charging here');
    await page.getByRole('button', { name: 'Done' }).click();

    // These pass in an instant on a quick machine, so the page is told to stay on them.
    for (const [screen, heading] of [
      ['authorising', 'One moment'],
      ['connect', 'Plug in your car'],
      ['starting', 'Starting'],
      ['parked', 'No more energy flows'],
      ['stopping', 'Ending'],
      ['bill-later', 'Thank you for charging here'],
    ] as const) {
      const state = JSON.stringify({ screen, ...HELD[screen] });
      await page.route('**/kiosk/v1/events', (route) =>
        route.fulfill({ contentType: 'text/event-stream', body: `data: ${state}\n\n` }),
      );
      await page.reload();
      await look(screen, heading);
      await page.unroute('**/kiosk/v1/events');
    }
    assert.deepEqual(found, Object.fromEntries(Object.keys(found).map((screen) => [screen, []])));
    assert.equal(Object.keys(found).length, 11);
    await page.context().close();
  });
});
