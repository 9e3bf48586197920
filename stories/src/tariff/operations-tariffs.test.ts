import assert from 'node:assert/strict';
import { z } from 'zod';
import type { auditedTariff } from '@roamgrid/wire';
import { DUKE_ENERGY } from '../system/consortium.ts';
import { tariffsOf } from './operations-tariffs.ts';

const NOW_MS = Date.parse('2026-07-16T12:00:00Z');
const HOUR_MS = 3_600_000;

type Listed = z.input<typeof auditedTariff>;

const bound = (tariffId: string, price: number, over: Partial<Listed['record']> = {}): Listed => ({
  record: {
    type: 'tariff',
    version: 1,
    tariffId,
    utilityId: DUKE_ENERGY.utilityId,
    tariffJson: JSON.stringify({
      country_code: 'US',
      party_id: 'DUK',
      id: tariffId,
      currency: 'USD',
      elements: [{ price_components: [{ type: 'ENERGY', price, step_size: 1 }] }],
      last_updated: '2026-01-01T00:00:00Z',
    }),
    validFromMs: NOW_MS - 2 * HOUR_MS,
    validUntilMs: NOW_MS + 100 * HOUR_MS,
    publishedAtMs: NOW_MS - 3 * HOUR_MS,
    ...over,
  },
  boundUnder: ['ALP-DUK-1'],
});

describe('the tariffs on the operations page', () => {
  it('have the one for every outlet in the chart, and those for a place, station or outlet beside it', async () => {
    const items = [
      bound('USDUK-TOU', 0.3),
      bound('USDUK-MALL', 0.4, { appliesTo: { placeId: 'MALL' }, validFromMs: NOW_MS - HOUR_MS }),
      bound('USDUK-FAST', 0.5, {
        appliesTo: { placeId: 'MALL', stationId: 'DUK-1', evseId: 'US*DUK*E1*1' },
        validFromMs: NOW_MS + HOUR_MS,
      }),
      bound('USDUK-NEXT', 0.35, { validFromMs: NOW_MS + 2 * HOUR_MS }),
    ];
    const { tariff, nextTariffs, localTariffs } = await tariffsOf(
      {
        definition: DUKE_ENERGY,
        gateway: { url: 'http://gateway.example' },
        auditor: (_method, _url, _body, answer = z.unknown() as never) =>
          Promise.resolve(answer.parse({ items, asOfBlock: 1 })),
      },
      'America/New_York',
      NOW_MS,
    );
    assert.equal(tariff?.tariffId, 'USDUK-TOU');
    assert.deepEqual(
      tariff.hours.slice(0, 3).map(({ microsPerKWh }) => microsPerKWh),
      ['300000', '300000', '350000'],
    );
    assert.deepEqual(
      nextTariffs.map(({ tariffId }) => tariffId),
      ['USDUK-NEXT'],
    );
    assert.deepEqual(
      localTariffs.map(({ tariffId, appliesTo }) => [tariffId, appliesTo]),
      [
        ['USDUK-MALL', 'place MALL'],
        ['USDUK-FAST', 'outlet US*DUK*E1*1'],
      ],
    );
  });
});
