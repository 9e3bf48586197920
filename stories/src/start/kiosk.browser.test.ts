import assert from 'node:assert/strict';
import { aliasOf, parseCin } from '@roamgrid/domain';
import { SimulatedReader } from '@roamgrid/station';
import encodeQR from 'qr';
import type { Page } from 'playwright-core';
import { DUKE_ENERGY } from '../system/consortium.ts';
import { cinOf, whatIsWrong, WRONG_ENTRIES } from './testing/entries.ts';
import { theStage, endStage, type Stage } from './testing/stage.ts';

after(endStage);

/** How many swipes Duke Energy's gateway has been asked, by its own count. */
async function swipesAsked(stage: Stage): Promise<number> {
  const { url } = stage.run.system.utility(DUKE_ENERGY.utilityId).gateway;
  const answer = await fetch(`${url}/metrics`);
  const metrics = await answer.text();
  assert.equal(answer.status, 200, metrics);
  const counts = metrics.matchAll(
    /^http_request_duration_seconds_count\{[^}]*route="\/station\/v1\/swipes"[^}]*\} (\d+)$/gm,
  );
  return [...counts].reduce((total, [, count]) => total + Number(count), 0);
}

describe('identifying oneself at the kiosk', function () {
  this.timeout(60_000);
  let stage: Stage;
  let page: Page;
  let errors: string[];

  before(async function () {
    stage = await theStage(this);
    ({ page, errors } = await stage.open());
    await page.goto(stage.pages.kiosks[1]?.url ?? '');
  });
  after(async () => {
    await page.context().close();
  });
  afterEach(async () => {
    const leave = page.getByRole('button', { name: /Start again|No, thank you/ });
    if (await leave.isVisible()) await leave.click();
    await page.getByRole('heading', { name: 'Charge with your own card' }).waitFor();
  });

  const enter = async (text: string) => {
    await page.getByLabel(/Consumer identity number/).fill(text);
    await page.getByRole('button', { name: 'Go' }).click();
  };
  const offered = () => page.getByRole('heading', { name: 'Your price' }).waitFor();
  const pad = async (digits: string) => {
    const keys = page.getByRole('group', { name: 'Number pad' });
    for (const digit of digits) await keys.getByRole('button', { name: digit, exact: true }).click();
  };

  for (const [code, text] of Object.entries(WRONG_ENTRIES)) {
    it(`refuses ${text} as ${code} before anything is sent on, and says what is wrong`, async () => {
      const wrong = whatIsWrong(text);
      assert.equal(wrong.code, code);
      const asked = await swipesAsked(stage);
      await enter(text);
      await page.getByRole('heading', { name: 'We could not start' }).waitFor();
      const words = (await page.locator('main').textContent()) ?? '';
      assert.ok(
        words.toLowerCase().includes(wrong.message.toLowerCase()),
        `${words} does not say: ${wrong.message}`,
      );
      assert.ok(words.includes(code));
      assert.equal(await swipesAsked(stage), asked);
    });
  }

  const turnedAway: Readonly<Record<string, readonly [cin: string, says: RegExp]>> = {
    ISSUER_UNKNOWN: [cinOf('USZZZ', '0012345'), /No utility of this network issues numbers/],
    NO_AGREEMENT: [cinOf('USGPC', '0012345'), /no roaming agreement/],
    CUSTOMER_UNKNOWN: [cinOf('USALP', '7654321'), /does not know this customer number/],
  };
  for (const [code, [cin, says]] of Object.entries(turnedAway)) {
    it(`sends a right number on, and shows the answer ${code} with what to do`, async () => {
      const asked = await swipesAsked(stage);
      await enter(cin);
      await page.getByText(`Code ${code}`).waitFor();
      assert.match((await page.locator('main').textContent()) ?? '', says);
      assert.equal(await swipesAsked(stage), asked + 1);
    });
  }

  it('takes the digits of the number pad, and corrects the last one', async () => {
    const cin = parseCin(stage.run.stage.cin);
    const alias = cin.ok ? aliasOf(cin.value) : cin;
    assert.ok(alias.ok);
    await pad(alias.value.slice(0, 10));
    await pad('9');
    await page.getByRole('button', { name: 'Erase the last character' }).click();
    await pad(alias.value.slice(10));
    assert.equal(await page.getByLabel(/Consumer identity number/).inputValue(), alias.value);
    await page.getByRole('button', { name: 'Go' }).click();
    await offered();
  });

  it('has a key for every character that a number can hold, and takes one with letters from them', async () => {
    const letters = page.getByRole('group', { name: 'Letter pad' });
    const names = await Promise.all(
      (await letters.getByRole('button').all()).map((key) => key.getAttribute('aria-label')),
    );
    assert.equal(names.join(''), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    const cin = cinOf('USALP', 'Q7ZK0X4');
    for (const character of cin) {
      const keys = /\d/.test(character) ? page.getByRole('group', { name: 'Number pad' }) : letters;
      await keys.getByRole('button', { name: character, exact: true }).click();
    }
    assert.equal(await page.getByLabel(/Consumer identity number/).inputValue(), cin);
    const asked = await swipesAsked(stage);
    await page.getByRole('button', { name: 'Go' }).click();
    await page.getByText('Code CUSTOMER_UNKNOWN').waitFor();
    assert.equal(await swipesAsked(stage), asked + 1);
  });

  it('refuses a card for another service before anything is sent on', async () => {
    const asked = await swipesAsked(stage);
    await enter(cinOf('USALP', '0012345', 'S'));
    await page.locator('#main').getByText('This card is for battery swap').waitFor();
    await page.getByText('Code SERVICE_NOT_HERE').waitFor();
    assert.equal(await swipesAsked(stage), asked);
  });

  it('shows what the card reader says, and takes a card there for what was chosen on the page', async () => {
    const status = page.locator('#reader');
    const says = (text: RegExp) => status.filter({ hasText: text }).waitFor();
    await says(/not available/);
    const reader = await SimulatedReader.connect(stage.pages.kiosks[1]?.readerPath ?? '');
    await says(/Hold your card to the reader/);
    await reader.readError('several-cards');
    await says(/more than one card/);
    await reader.removed();
    await says(/Hold your card to the reader/);
    await stage.chooseEnergy(page, '20 kWh');
    assert.deepEqual(await reader.card(stage.run.stage.cin), { v: 1, ok: true, screen: 'offer' });
    await offered();
    await page.getByText(/About this much for 20 kWh/).waitFor();
    const busy = await reader.card(stage.run.stage.cin);
    assert.ok(!busy.ok && busy.code === 'OUTLET_BUSY');
    reader.close();
  });

  it('takes a QR code from a picture, and says when there is none on it', async () => {
    const { page: printer } = await stage.open();
    await printer.setContent(encodeQR(`roamgrid:cin:${stage.run.stage.cin}`, 'svg', { scale: 6 }));
    const code = await printer.locator('svg').screenshot({ type: 'png' });
    await printer.setContent('<p style="font-size:40px">just a parking ticket</p>');
    const ticket = await printer.locator('p').screenshot({ type: 'png' });
    await printer.context().close();

    const choose = async (buffer: Buffer) => {
      const chooser = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Scan a QR code' }).click();
      await (await chooser).setFiles({ name: 'code.png', mimeType: 'image/png', buffer });
    };
    await choose(ticket);
    await page.getByText('No QR code could be read').waitFor();
    await choose(code);
    await offered();
  });

  it('left no error in the browser', () => {
    assert.deepEqual(errors, []);
  });
});
