import { ok, type Result } from '@roamgrid/domain';
import type { Door } from '../door.ts';
import { readOwned, type ObjectModule, type OwnedObject } from '../objects/modules.ts';
import { isSameId } from '../objects/scalars.ts';
import { layOut } from '../outbox/outbox.ts';
import { putOwn, removeOwn } from '../store/own-objects.ts';

/**
 * Shows an object of ours to partners, and tells it to those that take it. It is written as 2.2.1 has it.
 * @param audience the partner whom alone it is for; all when empty
 * @returns what is wrong with it, if it is none or not of our party
 */
export const publish = async (
  { db, self, nowMs }: Door,
  module: ObjectModule,
  value: unknown,
  audience = '',
): Promise<Result<OwnedObject, string>> => {
  const read = readOwned(module, '2.2.1', value);
  if (!read.ok) return read;
  const { country, party } = read.value;
  if (!isSameId(country, self.country) || !isSameId(party, self.party))
    return { ok: false, error: `/party_id: our own is ${self.country} ${self.party}` };
  await db.transaction().execute(async (trx) => {
    await putOwn(trx, module, read.value, audience);
    await layOut(trx, module, read.value, { audience, method: 'PUT', nowMs: nowMs() });
  });
  return ok(read.value);
};

/** Takes a tariff back. Spec: OCPI 2.2.1 mod_tariffs, Receiver Interface, DELETE Method. */
export const takeBack = async ({ db, self, nowMs }: Door, tariffId: string): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const key = tariffId.toUpperCase();
    if (!(await removeOwn(trx, 'tariffs', key))) return false;
    const object: OwnedObject = { ...self, tree: {}, id: tariffId, key, updatedAtMs: nowMs() };
    await layOut(trx, 'tariffs', object, { audience: '', method: 'DELETE', nowMs: nowMs() });
    return true;
  });
