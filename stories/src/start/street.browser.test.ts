import assert from 'node:assert/strict';
import { SimulatedStation, visit } from '@roamgrid/ocpp';
import type { OperationsState } from '@roamgrid/web';
import { sessionEvidence } from '@roamgrid/wire';
import type { Page } from 'playwright-core';
import { DRIVER } from '../scenario/story.ts';
import { ALABAMA_POWER } from '../system/consortium.ts';
import { passwordOf } from '../system/customer.ts';
import { until } from '../system/until.ts';
import { accessibilityProblems } from './testing/accessible.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

const CARD = 'Stations that speak OCPP';
const WH = 1_000n;

describe('a street station that speaks OCPP', function () {
  this.timeout(90_000);
  let stage: Stage;
  let station: SimulatedStation;
  let page: Page;
  let errors: string[];
  before(async function () {
    stage = await theStage(this);
    const { url, stationId, password } = stage.pages.street.station;
    station = new SimulatedStation({ url, stationId, password, protocol: 'ocpp2.0.1' });
    ({ page, errors } = await stage.open());
  });
  after(async () => {
    await station.switchOff();
    await page.context().close();
  });

  const card = () => page.getByRole('region', { name: CARD, exact: true });
  /** What a table of the card says, once the page's own figures hold what it is waited for. */
  const told = async (
    name: string,
    holds: (view: NonNullable<OperationsState['ocpp']>) => boolean,
  ): Promise<string> => {
    const { operationsUrl } = stage.pages;
    await until(`${name} in the figures`, async () => {
      const answer = await fetch(`${operationsUrl}/operations/v1/state`);
      const { ocpp } = (await answer.json()) as OperationsState;
      return ocpp !== undefined && holds(ocpp) ? true : undefined;
    });
    await page.goto(operationsUrl);
    return card().getByRole('table', { name }).innerText();
  };
  const token = () => ({ idToken: stage.pages.street.station.token, type: 'Central' });

  it('is on the operations page: whether it is connected, what it is, and how its outlets are', async () => {
    assert.match(await told('Stations', () => true), /DUK-STREET-1[^]*not connected/);
    await station.switchOn();
    const text = await told('Stations', ({ stations }) => stations[0]?.outlets.length === 1);
    assert.match(text, /OCPP 2\.0\.1 since[^]*Roamgrid Simulated[^]*1(\/1)?: free/);
  });

  it('charges the driver of the story: on the operations page it says who vouches, and on the driver’s bill from home', async () => {
    const wants = { evse: 1, token: token(), milliWh: 500n * WH, steps: 2, pauseMs: 600 };
    assert.equal(await visit(station, wants, () => undefined), 'charged');
    const name = 'What they charged, newest first';
    const text = await told(name, ({ transactions }) => transactions[0]?.end?.state === 'taken');
    for (const part of [
      'billed',
      'USDUK-USALP-',
      'US*DUK*ESTR1*1',
      'Duke Energy vouches for it',
      '0.5 kWh',
      '$0.',
    ])
      assert.ok(text.includes(part), `${text} lacks ${part}`);
    const [, sessionId = ''] = /(USDUK-USALP-\S+)/.exec(text) ?? [];
    const home = stage.run.system.utility(ALABAMA_POWER.utilityId);
    const record = `${home.gateway.url}/auditor/v1/sessions/${sessionId}`;
    await until('the record at home', async () => {
      const seen = await home.auditor('GET', record, undefined, sessionEvidence).catch(() => undefined);
      return seen?.record.state === 'closed' ? true : undefined;
    });
    // Home takes the record in, and puts it on the next bill, which stays open.
    await until('the session on the bill', async () => {
      const { page: driver } = await stage.open();
      try {
        await driver.goto(stage.pages.driverUrl);
        await driver.getByRole('button', { name: 'Sign in at Alabama Power' }).click();
        await driver.getByLabel('Login').fill(DRIVER.login);
        await driver.getByLabel('Password').fill(passwordOf(stage.run.system.keys, DRIVER.login));
        await driver.getByRole('button', { name: 'Sign in' }).click();
        await driver.getByRole('button', { name: 'Allow' }).click();
        await driver.getByRole('heading', { name: 'Your charging' }).waitFor();
        const open = driver.locator('[data-bill]').filter({ hasText: 'Still open' });
        const line = open.locator('.sessions li').filter({ hasText: '0.5 kWh' });
        return (await line.getByText('that Duke Energy vouches for').count()) > 0 ? true : undefined;
      } finally {
        await driver.context().close();
      }
    });
  });

  it('has its energy listed that nobody is billed for, with why', async () => {
    await station.begin(1, { idToken: '04FFFFFFFFFFFF', type: 'ISO14443' });
    await station.charge(1, 20n * WH);
    await station.end(1).catch(() => undefined);
    const name = 'Energy there that nobody is billed for, newest first';
    const text = await told(name, ({ unbilled }) => unbilled.length > 0);
    assert.match(text, /0\.02 kWh/);
    assert.match(text, /Home or the gateway said no/);
    await card().getByText('0.02 kWh in the rows below: nobody is billed for it.').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    assert.deepEqual(errors, []);
  });

  it('says so when the door does not answer, and shows all else', async () => {
    await page.route('**/operations/v1/state', async (route) => {
      const { ocpp: _away, ...state } = (await (await route.fetch()).json()) as Record<string, unknown>;
      await route.fulfill({ json: state });
    });
    await page.goto(stage.pages.operationsUrl);
    await card().getByText('The door to these stations does not answer.').waitFor();
    await page.getByRole('region', { name: 'Data quality', exact: true }).waitFor();
    await page.unroute('**/operations/v1/state');
  });
});
