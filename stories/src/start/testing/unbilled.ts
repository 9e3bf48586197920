import assert from 'node:assert/strict';
import type { Stage } from './stage.ts';

/** A session whose meter failed before energy flowed; its number, which nobody is billed for. */
export async function unbilledSession(stage: Stage): Promise<string> {
  const [kiosk] = stage.pages.kiosks;
  assert.ok(kiosk);
  const { page } = await stage.open();
  try {
    await page.goto(kiosk.url);
    await stage.chooseEnergy(page, '10 kWh');
    await stage.card(0, stage.run.stage.cin);
    await page.getByRole('heading', { name: 'Your price' }).waitFor();
    kiosk.bay.fail('meter-error');
    await page.getByRole('button', { name: 'Accept and charge' }).click();
    const shown = await page.getByText(/^Session /).textContent();
    return (shown ?? '').replace('Session ', '');
  } finally {
    await page.context().close();
    await stage.freeKiosks();
  }
}
