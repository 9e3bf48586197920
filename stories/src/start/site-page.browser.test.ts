import assert from 'node:assert/strict';
import { endStage, theStage } from './testing/stage.ts';

after(endStage);

describe('the page of the simulated site beside the story', function () {
  this.timeout(60_000);

  it('is live once it is opened, and shows what outlets and servers get of what there is', async function () {
    const stage = await theStage(this);
    const { page, errors } = await stage.open();
    await page.goto(stage.pages.site.link);
    await page.getByRole('heading', { name: 'Site DUK-SITE-1' }).waitFor();
    const table = page.getByRole('table', { name: 'Who gets how much, and why' });
    // All of 170 kW are asked for, and 182 kW.
    await table.getByRole('row').filter({ hasText: 'servers' }).filter({ hasText: 'compute' }).waitFor();
    await page.getByText('170.0 kW of 170.0 kW').waitFor({ timeout: 30_000 });
    const text = await table.innerText();
    for (const name of ['outlet-1', 'outlet-2', 'servers']) assert.match(text, new RegExp(name));
    assert.match(await page.getByRole('region', { name: 'Flows' }).innerText(), /Guard\s+watches/);
    assert.deepEqual(errors, []);
    await page.context().close();
  });
});
