import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { ALABAMA_POWER } from '../system/consortium.ts';
import { openCustomer } from '../system/customer.ts';
import { accessibilityProblems } from './testing/accessible.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

const GREET = {
  name: 'Greet Example',
  login: 'greet',
  customerClass: 'residential',
  loyalty: 'none',
  customerNumber: '00GREET',
  creditLimitMicros: 500_000_000n,
  currency: 'USD',
  language: 'de',
} as const;

describe('the language of a driver', function () {
  this.timeout(90_000);
  let stage: Stage;
  let cin: string;
  before(async function () {
    stage = await theStage(this);
    const { system } = stage.run;
    ({ cin } = await openCustomer(system.utility(ALABAMA_POWER.utilityId), GREET, system.keys));
  });

  afterEach(() => stage.freeKiosks());

  const heading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor();
  const lang = (page: Page) => page.locator('html').getAttribute('lang');

  it('is the kiosk’s when home says it, from offer to bill, and the next driver reads the kiosk’s own', async () => {
    const { page, errors } = await stage.open();
    await page.goto(stage.pages.kiosks[0]?.url ?? '');
    await heading(page, 'Charge with your own card');
    await stage.chooseEnergy(page, '50 kWh');
    await stage.card(0, cin);
    await heading(page, 'Ihr Preis');
    assert.equal(await lang(page), 'de');
    await page
      .getByText(/^Energie: [\d,]+ kWh zu 0,\d+ USD\/kWh$/)
      .first()
      .waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.getByRole('button', { name: 'Annehmen und laden' }).click();
    await page.getByRole('button', { name: 'Laden beenden' }).click();
    await heading(page, 'Danke, dass Sie hier geladen haben');
    await page.locator('#main').getByText('Sie haben das Laden beendet.').waitFor();
    await page.getByRole('button', { name: 'Fertig' }).click();
    await heading(page, 'Charge with your own card');
    assert.equal(await lang(page), 'en');
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('is what the driver chooses at the kiosk, whatever home says', async () => {
    const { page, errors } = await stage.open();
    await page.goto(stage.pages.kiosks[0]?.url ?? '');
    await stage.chooseEnergy(page, '50 kWh');
    await page.getByLabel(/Consumer identity number/).fill('12');
    await page.getByLabel('Language').selectOption('Español');
    await heading(page, 'Cargue con su propia tarjeta');
    // What was chosen and typed stays: a card that comes now is for what the page shows.
    assert.equal(await page.locator('#energy-choice').inputValue(), '50000');
    assert.equal(await page.getByLabel(/Número de cliente/).inputValue(), '12');
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.getByLabel(/Número de cliente/).fill('123');
    await page.keyboard.press('Enter');
    await page.locator('#main').getByText('Este número de cliente no es correcto.').waitFor();
    await page.getByRole('button', { name: 'Empezar de nuevo' }).click();
    await heading(page, 'Charge with your own card');
    await page.getByLabel('Language').selectOption('Español');
    await stage.card(0, cin);
    await heading(page, 'Su precio');
    await page.getByRole('button', { name: 'No, gracias' }).click();
    await heading(page, 'Charge with your own card');
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('is the browser’s on the driver’s page and where one signs in, until the driver chooses another', async () => {
    const { page, errors } = await stage.open({ locale: 'de-AT' });
    await page.goto(stage.pages.driverUrl);
    await heading(page, 'Eine Rechnung für alles Laden');
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.getByLabel('Sprache').selectOption('Español');
    await page.getByRole('button', { name: /^Iniciar sesión en / }).click();
    // The browser likes German; the app asks for Spanish.
    await page.getByLabel('Contraseña').waitFor();
    assert.equal(await lang(page), 'es');
    assert.deepEqual(errors, []);
    await page.context().close();
  });
});
