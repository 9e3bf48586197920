import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { familyOf } from '../system/processes.ts';
import { accessibilityProblems } from './testing/accessible.ts';
import { SITE_ID } from './site-running.ts';
import { endStage, theStage } from './testing/stage.ts';

after(endStage);

/** The command line of a process; nothing of one that has ended. */
const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
};

describe('the page of the simulated site beside the story', function () {
  this.timeout(60_000);

  it('is live once it is opened, and shows what outlets and servers get of what there is', async function () {
    const stage = await theStage(this);
    const { page, errors } = await stage.open();
    await page.goto(stage.pages.site.link);
    await page.getByRole('heading', { name: 'Site DUK-SITE-1' }).waitFor();
    const table = page.getByRole('table', { name: 'Who gets how much, and why' });
    // All of 170 kW are asked for, and 182 kW.
    await table
      .getByRole('row')
      .filter({ hasText: 'servers' })
      .filter({ hasText: 'compute' })
      .first()
      .waitFor();
    await page
      .locator('dl.facts', { hasText: 'Guard' })
      .getByText('170.0 kW', { exact: true })
      .first()
      .waitFor();
    const text = await table.innerText();
    for (const name of ['outlet-1', 'outlet-2', 'servers']) assert.match(text, new RegExp(name));
    assert.match(await page.getByRole('region', { name: 'Flows' }).innerText(), /Guard\s+watches/);
    await page.getByText(/by cloud/).waitFor();
    // A job that runs is a process of this machine, and what came of one is what a count gives.
    const jobs = page.getByRole('table', { name: 'Jobs on the servers' });
    await jobs
      .getByRole('row')
      .filter({ hasText: /running|throttled/ })
      .first()
      .waitFor({ timeout: 30_000 });
    const running = familyOf(process.pid).filter((pid) => commandOf(pid).includes('primes-job.mjs'));
    assert.equal(running.length, 1);
    await jobs.getByText('{"primes":78498}').first().waitFor({ timeout: 60_000 });
    const devices = page.getByRole('table', { name: 'What moves something else than power' });
    for (const [device, says] of [
      ['depository', 'the door is shut and locked'],
      ['climate', 'the temperature is well'],
      ['lift', 'the stack is in the ground'],
    ] as const)
      await devices.getByRole('row').filter({ hasText: device }).filter({ hasText: says }).waitFor();
    const feed = page.getByRole('table', { name: 'Sites that share the feed' });
    await feed.getByRole('row').filter({ hasText: 'DUK-SITE-2' }).filter({ hasText: 'never' }).waitFor();
    // Its sun and its battery are not on the feed: all loads take more than the grid has.
    const own = await feed.getByRole('row').filter({ hasText: SITE_ID }).innerText();
    const [, , takenKW = ''] = own.match(/[\d.]+(?= kW)/g) ?? [];
    assert.ok(Number(takenKW) > 0 && Number(takenKW) <= 100, own);
    assert.deepEqual(await accessibilityProblems(page), []);
    assert.deepEqual(errors, []);
    await page.context().close();
  });
});
