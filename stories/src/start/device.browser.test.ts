import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { sessionEvidence } from '@roamgrid/wire';
import { ALABAMA_POWER, DUKE_ENERGY } from '../system/consortium.ts';
import { openCustomer, passwordOf, type NewCustomer } from '../system/customer.ts';
import { until } from '../system/until.ts';
import { accessibilityProblems } from './testing/accessible.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const LOGIN = 'bo.phone';
const BO: NewCustomer = {
  name: 'Bo Phone',
  login: LOGIN,
  loyalty: 'none',
  customerClass: 'residential',
  creditLimitMicros: 500_000_000n,
  currency: 'USD',
  customerNumber: '0054321',
};

describe('consenting on the driver’s own device', function () {
  this.timeout(90_000);
  let stage: Stage;
  let phone: Page;
  let kiosk: Page;
  let errors: { readonly phone: string[]; readonly kiosk: string[] };
  let customer: { readonly customerId: string; readonly cin: string };

  before(async function () {
    stage = await theStage(this);
    const alabama = stage.run.system.utility(ALABAMA_POWER.utilityId);
    customer = await openCustomer(alabama, BO, stage.run.system.keys);
    const opened = await Promise.all([stage.open(PHONE), stage.open()]);
    [phone, kiosk] = [opened[0].page, opened[1].page];
    errors = { phone: opened[0].errors, kiosk: opened[1].errors };
    await kiosk.goto(stage.pages.kiosks[0]?.url ?? '');
  });
  after(async () => {
    await phone.context().close();
    await kiosk.context().close();
    await stage.freeKiosks();
  });

  const swipe = async () => {
    await kiosk.getByLabel(/Consumer identity number/).fill(customer.cin);
    await kiosk.getByRole('button', { name: 'Go' }).click();
    await kiosk.getByRole('heading', { name: 'Your price' }).waitFor();
  };
  const decline = async () => {
    await kiosk.getByRole('button', { name: 'No, thank you' }).click();
    await kiosk.getByRole('heading', { name: 'Charge with your own card' }).waitFor();
  };
  /** Swipe until the offer says it: a profile of before is revoked, which the visited utility reads a moment later. */
  const swipeUntil = (heading: string) =>
    until(`an offer that says “${heading}”`, async () => {
      await swipe();
      if ((await kiosk.getByRole('heading', { name: heading }).count()) > 0) return true;
      await decline();
      return undefined;
    });
  /** What the phone's camera would read from the code: the code and the link beside it lead to one place. */
  const wayFrom = async (): Promise<string> =>
    (await kiosk.getByRole('link', { name: 'Open the page of Alabama Power' }).getAttribute('href')) ?? '';
  /** The phone makes a key, and its driver lets it sign. */
  const bindDevice = async (device: Page, login: string) => {
    await device.goto(stage.pages.driverUrl);
    await device.getByRole('button', { name: 'Let this device sign' }).tap();
    await device.getByLabel('Login').fill(login);
    await device.getByLabel('Password').fill(passwordOf(stage.run.system.keys, login));
    await device.getByRole('button', { name: 'Sign in' }).tap();
    await device.getByText(/make this device sign for your charging/).waitFor();
    await device.getByRole('button', { name: 'Allow' }).tap();
    await device.getByText('No device signs for this card.').waitFor();
    await device.getByRole('button', { name: 'Let this device sign' }).tap();
    await device.getByText('This device signs for this card.').waitFor();
  };
  const agree = async () => {
    await phone.goto(await wayFrom());
    await phone.getByRole('button', { name: 'Agree' }).tap();
    await phone.getByRole('heading', { name: 'Agreed' }).waitFor();
    // Another language says the same of what is done, and offers nothing twice.
    await phone.getByLabel('Language').selectOption('Deutsch');
    await phone.getByRole('heading', { name: 'Zugestimmt' }).waitFor();
    await phone.getByLabel('Sprache').selectOption('English');
    await kiosk.getByRole('heading', { name: 'Your own device agreed' }).waitFor();
  };

  it('begins with a key that the phone makes and home binds to the card, after the driver allowed it', async () => {
    await swipe();
    assert.equal(await kiosk.locator('#own-device').count(), 0);
    await decline();
    await bindDevice(phone, LOGIN);
    assert.deepEqual(await accessibilityProblems(phone), []);
    const kept = await phone.evaluate<string>(`new Promise((resolve) => {
      indexedDB.open('roamgrid-device', 1).onsuccess = ({ target }) => {
        target.result.transaction('keys').objectStore('keys').get('consent').onsuccess = async (got) => {
          const { privateKey } = got.target.result;
          const taken = await crypto.subtle.exportKey('jwk', privateKey).catch(({ name }) => name);
          resolve(JSON.stringify([privateKey.extractable, taken]));
        };
      };
    })`);
    assert.equal(kept, '[false,"InvalidAccessError"]');
  });

  it('goes from the code on the kiosk over the phone to a bill that says so', async () => {
    await swipeUntil('Your own device can agree, too');
    assert.deepEqual(await accessibilityProblems(kiosk), []);
    const box = await kiosk
      .getByRole('img', { name: 'Code that leads your device to this offer' })
      .boundingBox();
    assert.ok(box && box.width >= 200, 'the code is too small for a camera');
    await phone.goto(await wayFrom());
    const shown = (await kiosk.locator('#estimate').textContent()) ?? '';
    await phone.getByText('Duke Energy signed exactly this offer.').waitFor();
    assert.equal(await phone.locator('#estimate').textContent(), shown);
    assert.deepEqual(await accessibilityProblems(phone), []);
    await agree();
    await kiosk.getByRole('button', { name: 'Accept and charge' }).click();
    await kiosk.getByRole('button', { name: 'Stop charging' }).click();
    await kiosk.getByText('You agreed on your own device, too.').waitFor();
    const sessionId = ((await kiosk.getByText(/^Session /).textContent()) ?? '').replace('Session ', '');
    const alabama = stage.run.system.utility(ALABAMA_POWER.utilityId);
    const url = `${alabama.gateway.url}/auditor/v1/sessions/${sessionId}`;
    const consentBy = await until('the session is closed', async () => {
      const told = await alabama.auditor('GET', url, undefined, sessionEvidence).catch(() => undefined);
      return told?.record.state === 'closed' ? told.consentBy : undefined;
    });
    assert.equal(consentBy, 'device');
    await kiosk.getByRole('button', { name: 'Done' }).click();
  });

  it('comes first where home asks for it: until then the kiosk has no key to accept', async () => {
    const alabama = stage.run.system.utility(ALABAMA_POWER.utilityId);
    const path = `/operator/v1/customers/${customer.customerId}/driver-consent`;
    await alabama.operator('PUT', `${alabama.aaa.url}${path}`, { aboveMicros: '1000000' }, z.unknown());
    await swipeUntil('Agree on your own device first');
    const accept = kiosk.getByRole('button', { name: 'Accept and charge' });
    assert.equal(await accept.count(), 0);
    await agree();
    await accept.waitFor();
    await decline();
  });

  it('shows the price on the driver’s bill, too, where that is in another currency: by the rate that home fixed', async () => {
    const alabama = stage.run.system.utility(ALABAMA_POWER.utilityId);
    const rate = {
      from: 'USD',
      to: 'EUR',
      rateMicros: '904977',
      source: 'ECB euro foreign exchange reference rate, 29 December 2023',
      validFromMs: 0,
      validUntilMs: Date.now() + 86_400_000,
    };
    await alabama.operator('POST', `${alabama.aaa.url}/operator/v1/exchange-rates`, rate);
    const eva = await openCustomer(
      alabama,
      { ...BO, name: 'Eva Euro', login: 'eva.euro', currency: 'EUR', customerNumber: '0054322' },
      stage.run.system.keys,
    );
    const opened = await stage.open(PHONE);
    try {
      await bindDevice(opened.page, 'eva.euro');
      await kiosk.getByLabel(/Consumer identity number/).fill(eva.cin);
      await kiosk.getByRole('button', { name: 'Go' }).click();
      await kiosk.getByRole('heading', { name: 'Your price' }).waitFor();
      await opened.page.goto(await wayFrom());
      await opened.page.getByRole('button', { name: 'Agree' }).waitFor();
      const factsOn = (page: Page) =>
        page.evaluate<Record<string, string>>(
          "Object.fromEntries([...document.querySelectorAll('dt')].map((dt) => [dt.textContent, dt.nextElementSibling.textContent]))",
        );
      const [there, here] = [await factsOn(kiosk), await factsOn(opened.page)];
      for (const fact of ['On your bill about', 'On your bill never more than', 'Rate', 'Never more than'])
        assert.equal(here[fact], there[fact], fact);
      assert.match(here['On your bill about'] ?? '', /^€\d+\.\d\d$/);
      assert.equal(here['Rate'], `1 USD is 0.904977 EUR, fixed now (${rate.source})`);
      const cents = (text = '') => Number(text.replace(/[^\d]/g, ''));
      const dollars = cents((await opened.page.locator('#estimate').textContent()) ?? '');
      assert.ok(Math.abs(cents(here['On your bill about']) - dollars * 0.904977) <= 1);
      assert.deepEqual(await accessibilityProblems(opened.page), []);
      await opened.page.route('**/driver/v1/exchange*', (route) => route.abort());
      await opened.page.reload();
      await opened.page.getByText('not known now, if it is in another currency').waitFor();
    } finally {
      await opened.page.context().close();
      await decline();
    }
  });

  it('refuses what is not signed by who it says, and a code that is none', async () => {
    await swipe();
    const way = await wayFrom();
    const [before = '', after = ''] = way.split('&at=');
    const signature = before.slice(-86);
    const forged = `${before.slice(0, -86)}${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}&at=${after}`;
    for (const [address, words] of [
      [forged, 'This offer is not signed by who it says.'],
      [`${stage.pages.driverUrl}/#quote=abc`, 'This code is no offer of a station.'],
    ] as const) {
      await phone.goto('about:blank');
      await phone.goto(address);
      await phone.getByText(words).first().waitFor();
      assert.equal(await phone.getByRole('button', { name: 'Agree' }).count(), 0);
    }
    await decline();
    const duke = stage.run.system.utility(DUKE_ENERGY.utilityId).gateway.url;
    assert.ok(decodeURIComponent(after).startsWith(duke));
    assert.deepEqual(errors, { phone: [], kiosk: [] });
  });
});
