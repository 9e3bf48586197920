import { energyCreditRecord, houseBatchRecord, houseRecord } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { GatewayDb } from '../store/schema.ts';
import type { BlockChanges } from './changes.ts';
import { upsert, wireText } from './upsert.ts';

/** Houses, what their panels told, and who holds which energy credit. */
export const writeHouses = async (
  trx: Transaction<GatewayDb>,
  { houses, houseBatches, houseHeaders, houseEntries, energyCredits, purged }: BlockChanges,
): Promise<void> => {
  await upsert(
    trx,
    'house',
    ['house_ref'],
    [...houses.values()].map((record) => ({
      ...{ house_ref: record.houseRef, vun: record.vun, hun: record.hun },
      record: wireText(houseRecord, record),
    })),
  );
  await upsert(
    trx,
    'house_batch',
    ['house_ref', 'number'],
    houseBatches.map((record) => ({
      ...{ house_ref: record.houseRef, number: record.number },
      record: wireText(houseBatchRecord, record),
    })),
  );
  await upsert(
    trx,
    'house_body',
    ['house_ref', 'number'],
    [...houseHeaders].map(([place, header]) => ({
      ...placeOf(place),
      ...{ header, entries: houseEntries.get(place) ?? '' },
    })),
  );
  for (const place of purged.houseBatches) {
    const { house_ref, number } = placeOf(place);
    await trx
      .deleteFrom('house_body')
      .where('house_ref', '=', house_ref)
      .where('number', '=', number)
      .execute();
  }
  await upsert(
    trx,
    'energy_credit',
    ['credit_id', 'from_wh'],
    [...energyCredits.values()].map((record) => ({
      ...{ credit_id: record.creditId, from_wh: record.fromWh, holder: record.holder },
      record: wireText(energyCreditRecord, record),
    })),
  );
};

/** `<house>:<number>`, as bodies' keys end. */
const placeOf = (place: string): { house_ref: string; number: number } => {
  const [house_ref = '', number = ''] = place.split(':');
  return { house_ref, number: Number(number) };
};
