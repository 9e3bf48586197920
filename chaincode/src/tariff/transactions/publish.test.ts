import assert from 'node:assert/strict';
import { by, call, NOW_MS, TARIFF_ID, tariffJson, tariffVersion } from '../../testing/parties.ts';
import { but, withGroundwork } from '../../testing/prepared.ts';

const told = (version: number) => ({
  caller: by('USDUK', 'operator'),
  verb: 'tariff.publish',
  command: { tariff: tariffVersion(version, 0.35) },
});
const withTariff = (over: object) => ({ command: { tariff: { ...tariffVersion(2), ...over } } });

describe('tariff.publish', () => {
  it("writes the version and its entry in the utility's list, and nothing else", async () => {
    const ledger = await withGroundwork();
    const { writes } = await ledger.submit(call(told(2)));
    assert.deepEqual(writes.public[`tariff:${TARIFF_ID}:00000002`], {
      type: 'tariff',
      ...tariffVersion(2, 0.35),
      publishedAtMs: NOW_MS,
    });
    assert.deepEqual(writes.public[`tariffOf:USDUK:${TARIFF_ID}:00000002`], {
      type: 'tariffIndex',
      version: 1,
      tariffId: TARIFF_ID,
      tariffVersion: 2,
    });
    assert.equal(Object.keys(writes.public).length, 3);
  });

  it('lists versions page by page to the last', async () => {
    const ledger = await withGroundwork();
    await ledger.submit(call(told(2)));
    const page = async (bookmark: string) => {
      const command = { utilityId: 'USDUK', pageSize: 1, bookmark };
      const { answer } = await ledger.submit({
        caller: by('USGPC', 'auditor'),
        verb: 'tariff.listByUtility',
        command,
        nowMs: NOW_MS,
      });
      return answer as unknown as { records: { version: number }[]; bookmark: string };
    };
    const first = await page('');
    const second = await page(first.bookmark);
    assert.deepEqual(
      [...first.records, ...second.records].map(({ version }) => version),
      [1, 2],
    );
    for (const bookmark of ['ref', 'a', 'tariffOf:USALP:', 'zz']) {
      const command = { utilityId: 'USDUK', pageSize: 1, bookmark };
      const question = {
        caller: by('USGPC', 'auditor'),
        verb: 'tariff.listByUtility',
        command,
        nowMs: NOW_MS,
      };
      assert.equal(await ledger.refusal(question), 'INVALID_ARGUMENT', bookmark);
    }
  });

  it('refuses what is not the next version, not canonical, not a tariff, or not of the caller', async () => {
    const ledger = await withGroundwork();
    const cases = [
      ['WRONG_STATE', { ...told(3) }],
      ['CONFLICT', { ...told(1) }],
      ['FORBIDDEN', { ...told(2), caller: by('USALP', 'operator') }],
      ['FORBIDDEN', { ...told(2), caller: by('USDUK', 'aaa') }],
      ['ok', told(2)],
    ] as const;
    for (const [code, parts] of cases) assert.equal(await ledger.refusal(call(parts)), code);
    const changes = [
      ['INVALID_ARGUMENT', withTariff({ tariffJson: tariffJson().replace(',', ', ') })],
      ['INVALID_ARGUMENT', withTariff({ tariffJson: tariffJson().replace('0.3', '0.30') })],
      ['INVALID_ARGUMENT', withTariff({ tariffJson: '{"currency":"USD"}' })],
      ['INVALID_ARGUMENT', withTariff({ tariffJson: '{' })],
      ['INVALID_ARGUMENT', withTariff({ validFromMs: NOW_MS, validUntilMs: NOW_MS })],
    ] as const;
    for (const [code, change] of changes) assert.equal(await ledger.refusal(but(told(2), change)), code);
  });

  it("takes an id in the publisher's own name space alone", async () => {
    const ledger = await withGroundwork();
    const ids = [
      ['ok', 'USDUK-night'],
      ['ok', 'USDUK.night'],
      ['FORBIDDEN', 'USALP-night'],
      ['FORBIDDEN', 'USDUKnight'],
      ['FORBIDDEN', 'USDUK-'],
      ['FORBIDDEN', 'night-USDUK-'],
      ['FORBIDDEN', 'usduk-night'],
    ] as const;
    for (const [code, tariffId] of ids) {
      const change = { command: { tariff: { ...tariffVersion(1), tariffId } } };
      assert.equal(await ledger.refusal(but(told(1), change)), code, tariffId);
    }
  });
});
