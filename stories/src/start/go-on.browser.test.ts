import assert from 'node:assert/strict';
import { kioskState, sessionEvidence } from '@roamgrid/wire';
import type { Page } from 'playwright-core';
import { ALABAMA_POWER } from '../system/consortium.ts';
import { until } from '../system/until.ts';
import { accessibilityProblems } from './testing/accessible.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

const KIOSK = 1;
const ACCEPT = { name: 'Accept and go on' };

/** A new consent at the kiosk when the agreed limit is near (ROAM-9). */
describe('going on at the kiosk past the agreed limit', function () {
  this.timeout(90_000);
  let stage: Stage;
  let page: Page;
  let errors: string[];
  let url: string;
  /** What the station told when it asked. */
  let asked: string;

  before(async function () {
    stage = await theStage(this);
    ({ page, errors } = await stage.open());
    url = stage.pages.kiosks[KIOSK]?.url ?? '';
    await page.goto(url);
  });
  after(async () => {
    await page.context().close();
    await stage.freeKiosks();
  });

  const stateNow = async () => {
    const text = await (await fetch(`${url}/kiosk/v1/state`)).text();
    return { text, state: kioskState.parse(JSON.parse(text)) };
  };

  /** Charges the smallest amount there is, and accepts the price to go on; undefined when the machine was too slow for it. */
  const goOn = async (): Promise<string | undefined> => {
    await stage.freeKiosks();
    await stage.chooseEnergy(page, '10 kWh');
    await stage.card(KIOSK, stage.run.stage.cin);
    await page.getByRole('button', { name: 'Accept and charge' }).click();
    await page
      .getByRole('button', ACCEPT)
      .or(page.getByRole('button', { name: 'Done' }))
      .first()
      .waitFor();
    const { text, state } = await stateNow();
    if (state.screen !== 'charging' || state.next === undefined) return undefined;
    asked = text;
    await page
      .getByRole('button', ACCEPT)
      .click({ timeout: 5_000 })
      .catch(() => undefined);
    const { sessionId } = state.progress;
    return until('the next session, or the end of this one', async () => {
      const now = (await stateNow()).state;
      if (now.screen === 'bill' || now.screen === 'parked') return 'too late';
      return now.screen === 'charging' && now.progress.sessionId !== sessionId ? sessionId : undefined;
    }).then((outcome) => (outcome === 'too late' ? undefined : outcome));
  };

  it('is asked in time, beside the session that charges, and goes on under the new price', async () => {
    const first = await until('the driver was quick enough to go on', goOn);
    const shown = kioskState.parse(JSON.parse(asked));
    assert.ok(shown.screen === 'charging' && shown.next !== undefined);
    const { quote } = shown.next.offer;
    assert.notEqual(quote.sessionId, first);
    await page.getByRole('button', { name: 'Stop charging' }).click();
    await page.getByRole('heading', { name: 'Thank you for charging here' }).waitFor();
    await page.getByText(`Session ${quote.sessionId}`).waitFor();
    const alabama = stage.run.system.utility(ALABAMA_POWER.utilityId);
    const recordOf = (sessionId: string) =>
      until(`the record of ${sessionId}`, async () => {
        const path = `${alabama.gateway.url}/auditor/v1/sessions/${sessionId}`;
        const told = await alabama.auditor('GET', path, undefined, sessionEvidence).catch(() => undefined);
        return told?.record.state === 'closed' ? told.cdr : undefined;
      });
    const before = await recordOf(first);
    const after = await recordOf(quote.sessionId);
    assert.deepEqual([before.endReason, after.endReason], ['limit', 'driver']);
    assert.ok(before.energyWh <= 10_000n && before.endMs <= after.startMs);
    await page.getByRole('button', { name: 'Done' }).click();
    assert.deepEqual(errors, []);
  });

  it('is asked on a screen that axe-core finds no fault with, and that begins with the question', async () => {
    await page.route('**/kiosk/v1/events', (route) =>
      route.fulfill({ contentType: 'text/event-stream', body: `data: ${asked}\n\n` }),
    );
    await page.reload();
    const alert = page.getByRole('alert').filter({ hasText: 'The agreed limit is near' });
    for (const fact of [
      'Charging stops there.',
      'About, for 10 kWh more',
      'Never more than',
      'Alabama Power',
    ])
      await alert.getByText(fact).first().waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.unroute('**/kiosk/v1/events');
  });
});
