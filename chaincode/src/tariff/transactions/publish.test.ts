import assert from 'node:assert/strict';
import type { StatedScope } from '@roamgrid/wire';
import {
  by,
  call,
  EVSE_ID,
  makeKey,
  NOW_MS,
  station,
  STATION_ID,
  TARIFF_ID,
  tariffJson,
  tariffVersion,
} from '../../testing/parties.ts';
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

  it('writes what it is for as the registry has it, and keeps it in later versions', async () => {
    const ledger = await withGroundwork();
    const id = 'USDUK-here';
    const of = (version: number, appliesTo?: StatedScope) => ({
      command: {
        tariff: { ...tariffVersion(version), tariffId: id, ...(appliesTo && { appliesTo }) },
      },
    });
    const { writes } = await ledger.submit(but(told(1), of(1, { evseId: EVSE_ID })));
    assert.deepEqual((writes.public[`tariff:${id}:00000001`] as { appliesTo?: unknown }).appliesTo, {
      stationId: STATION_ID,
      evseId: EVSE_ID,
    });
    const cases = [
      ['ok', of(2, { evseId: EVSE_ID })],
      ['WRONG_STATE', of(2, { stationId: STATION_ID })],
      ['WRONG_STATE', of(2)],
      ['NOT_FOUND', of(1, { stationId: 'duk-9' })],
      ['NOT_FOUND', of(1, { evseId: 'US*DUK*E0009*1' })],
      ['CONFLICT', of(1, { placeId: 'mall' })],
    ] as const;
    for (const [code, change] of cases) assert.equal(await ledger.refusal(but(told(1), change)), code);
    for (const [code, stated] of [
      ['INVALID_ARGUMENT', { evseId: EVSE_ID, stationId: STATION_ID }],
      ['INVALID_ARGUMENT', {}],
    ] as const) {
      const tariff = { ...tariffVersion(1), tariffId: id, appliesTo: stated };
      assert.equal(await ledger.refusal(but(told(1), { command: { tariff } })), code);
    }
  });

  it('is for the publisher’s own stations alone, with the place that each is at', async () => {
    const ledger = await withGroundwork();
    const registered = { ...station(), stationId: 'duk-2', placeId: 'mall', evses: [], signingKey: {} };
    const key = makeKey('duk-2');
    const evses = [{ evseId: 'US*DUK*E2*1', meterId: 'M2', meterKey: { ...key.jwk }, maxPowerW: '1' }];
    await ledger.submit(
      call({
        caller: by('USDUK', 'operator'),
        verb: 'consortium.registerStation',
        command: { station: { ...registered, evses, signingKey: { ...key.jwk } } },
      }),
    );
    const tariff = { ...tariffVersion(1), tariffId: 'USDUK-mall', appliesTo: { stationId: 'duk-2' } };
    const { writes } = await ledger.submit(but(told(1), { command: { tariff } }));
    assert.deepEqual((writes.public['tariff:USDUK-mall:00000001'] as { appliesTo?: unknown }).appliesTo, {
      placeId: 'mall',
      stationId: 'duk-2',
    });
    const foreign = { ...tariffVersion(1), tariffId: 'USALP-x', utilityId: 'USALP' };
    for (const appliesTo of [{ stationId: 'duk-2' }, { evseId: 'US*DUK*E2*1' }]) {
      const theirs = { caller: by('USALP', 'operator'), command: { tariff: { ...foreign, appliesTo } } };
      assert.equal(await ledger.refusal(but(told(1), theirs)), 'NOT_FOUND');
    }
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
