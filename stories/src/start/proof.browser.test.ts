import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { bundleText, checkpointText, makeCheckpoint } from '../audit/files.ts';
import { doorTo } from '../audit/keep-bundles.ts';
import { accessibilityProblems } from './testing/accessible.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

describe('the auditor page, proving bills by signed blocks', function () {
  this.timeout(60_000);
  let stage: Stage;
  let page: Page;
  let errors: string[];
  let sessionId: string;
  let checkpoint: string;
  let later: string;
  let bundle: string;

  before(async function () {
    stage = await theStage(this);
    ({ page, errors } = await stage.open());
    sessionId = stage.run.report.sessions[0]?.id ?? '';
    const doors = ['USDUK', 'USALP'].map((id) => doorTo(stage.run.system.utility(id)));
    const signed = await makeCheckpoint(doors);
    checkpoint = checkpointText(signed);
    later = checkpointText(await makeCheckpoint(doors));
    bundle = await bundleText(doors, sessionId, signed);
    await page.goto(`${stage.pages.auditorUrl}/#/verify`);
    await page.getByRole('heading', { name: 'Verify files' }).waitFor();
  });
  after(() => page.context().close());

  const file = (name: string, text: string) => ({
    name,
    mimeType: 'application/json',
    buffer: Buffer.from(text),
  });
  const said = (text: RegExp | string) => page.locator('#proof', { hasText: text }).waitFor();

  it('trusts nothing until it is given a checkpoint, and no checkpoint that one utility alone signed', async () => {
    await page.getByLabel('Bundle').setInputFiles(file('bill.json', bundle));
    await page.getByText('Give the checkpoint first').waitFor();
    const alone = checkpoint.replace(/,\{"iss":"USALP".*?\}(?=\]|,\{)/, '');
    await page.getByLabel('Checkpoint').setInputFiles(file('alone.json', alone));
    await page.getByText(/alone\.json: .*(?:2 are needed|is not signed)/).waitFor();
    // One that came with a bundle is dropped where bundles are: it is not trusted for that.
    await page.getByLabel('Bundle').setInputFiles(file('checkpoint.json', checkpoint));
    await page.getByText('This is a checkpoint. If you trust where it comes from, give it above.').waitFor();
    await page.getByLabel('Bundle').setInputFiles(file('bill.json', bundle));
    await page.getByText('Give the checkpoint first').waitFor();
  });

  it('asks before another checkpoint takes the place of the one that is trusted', async () => {
    const trusted = page.locator('#trusted');
    await page.getByLabel('Checkpoint').setInputFiles(file('checkpoint.json', checkpoint));
    await trusted.getByText('✓ checkpoint.json').waitFor();
    await page.getByLabel('Checkpoint').setInputFiles(file('later.json', later));
    await trusted.getByText('You trust checkpoint.json. Is later.json to take its place?').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await page.keyboard.press('Enter');
    await trusted.getByText('✓ checkpoint.json').waitFor();
    await page.getByLabel('Checkpoint').setInputFiles(file('later.json', later));
    await page.getByRole('button', { name: 'Trust later.json instead' }).click();
    await trusted.getByText('✓ later.json').waitFor();
    await page.getByLabel('Checkpoint').setInputFiles(file('checkpoint.json', checkpoint));
    await page.getByRole('button', { name: 'Trust checkpoint.json instead' }).click();
  });

  it('proves a bundle that is dropped or chosen, by the keyboard too, and rates it anew', async () => {
    await page.locator('#trusted').getByText('USDUK').waitFor();
    await page.getByLabel('Bundle').setInputFiles(file('bill.json', bundle));
    await said('✓ The bill holds');
    await page.getByText('$7.500733').waitFor();
    const altered = bundle.replace(/"totalMicros":"7500733"/, '"totalMicros":"7500732"');
    const data = await page.evaluateHandle(`(() => {
      const dropped = new DataTransfer();
      dropped.items.add(new File([${JSON.stringify(altered)}], 'altered.json', { type: 'application/json' }));
      return dropped;
    })()`);
    await page.locator('.drop').nth(1).dispatchEvent('drop', { dataTransfer: data });
    await said('✗ the charge detail record is not what the readings, the tariff and the terms give');
    const chooser = page.waitForEvent('filechooser');
    await page.getByLabel('Bundle').focus();
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(file('bill.json', bundle));
    await said('✓ The bill holds');
    assert.deepEqual(await accessibilityProblems(page), []);
  });

  it('proves any session that it shows, whoever is asked for it', async () => {
    await page.evaluate(`location.hash = '#/sessions/${sessionId}'`);
    await page.getByRole('button', { name: 'Prove this bill' }).click();
    await said('✓ The bill holds');
    const bundles = '**/auditor/v1/bundles/**';
    const otherId = stage.run.report.sessions[1]?.id ?? '';
    await page.route(bundles, async (route) =>
      route.fulfill({
        response: await route.fetch({ url: route.request().url().replace(sessionId, otherId) }),
      }),
    );
    await page.getByRole('button', { name: 'Prove this bill' }).click();
    await said(`✗ the bundle proves session ${otherId}, not this one`);
    await page.unroute(bundles);
    const path = `**/relay/USALP/auditor/v1/bundles/**`;
    await page.route(path, async (route) => {
      const told = (await (await route.fetch()).json()) as { blocks: { signatures: string }[] };
      // What a gateway could make up: other signatures under the same blocks.
      const [one, other] = told.blocks.slice(-2);
      if (one !== undefined && other !== undefined) other.signatures = one.signatures;
      await route.fulfill({ json: told });
    });
    await page.getByLabel('Ask the gateway of').selectOption('Alabama Power');
    await page.locator('#proof').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Prove this bill' }).click();
    await said(/✗ block \d+: the signature does not verify/);
    await page.unroute(path);
    assert.deepEqual(errors, []);
  });
});
