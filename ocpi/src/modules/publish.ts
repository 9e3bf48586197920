import { err, ok, type Result } from '@roamgrid/domain';
import { exactJsonText } from '@roamgrid/wire';
import type { Transaction } from 'kysely';
import type { Door } from '../door.ts';
import { readOwned, type ObjectModule, type OwnedObject } from '../objects/modules.ts';
import { isSameId } from '../objects/scalars.ts';
import { layOut } from '../outbox/outbox.ts';
import { findOwn, putOwn, removeOwn } from '../store/own-objects.ts';
import type { OcpiDatabase } from '../store/schema.ts';

/**
 * As {@link publish}, within what else is one step with it.
 * @param method `PATCH` tells what moved to whoever was told the whole before
 */
export const publishWithin = async (
  trx: Transaction<OcpiDatabase>,
  { self, nowMs }: Door,
  module: ObjectModule,
  value: unknown,
  audience = '',
  method: 'PUT' | 'PATCH' = 'PUT',
): Promise<Result<OwnedObject, string>> => {
  const read = readOwned(module, '2.2.1', value);
  if (!read.ok) return read;
  const { country, party, id, key, tree } = read.value;
  if (!isSameId(country, self.country) || !isSameId(party, self.party))
    return err(`/party_id: our own is ${self.country} ${self.party}`);
  if (module === 'cdrs') {
    // Spec: OCPI 2.2.1 mod_cdrs: a CDR is never changed, and told once.
    const shown = await findOwn(trx, module, audience, key);
    if (shown !== undefined && exactJsonText(shown) !== exactJsonText(tree))
      return err(`/id: another CDR is ${id} already: show a credit for that one, then one with a new id`);
    if (shown !== undefined) return ok(read.value);
  }
  await putOwn(trx, module, read.value, audience);
  await layOut(trx, module, read.value, { audience, method, nowMs: nowMs() });
  return ok(read.value);
};

/**
 * Shows an object of ours to partners, and tells it to those that take it. It is written as 2.2.1 has it.
 * @param audience the partner whom alone it is for; all when empty
 * @returns what is wrong with it, if it is none, not of our party, or another CDR than the one of its id
 */
export const publish = (
  door: Door,
  module: ObjectModule,
  value: unknown,
  audience = '',
): Promise<Result<OwnedObject, string>> =>
  door.db.transaction().execute((trx) => publishWithin(trx, door, module, value, audience));

/** Takes a tariff back. Spec: OCPI 2.2.1 mod_tariffs, Receiver Interface, DELETE Method. */
export const takeBack = async ({ db, self, nowMs }: Door, tariffId: string): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const key = tariffId.toUpperCase();
    if (!(await removeOwn(trx, 'tariffs', key))) return false;
    const object: OwnedObject = { ...self, tree: {}, id: tariffId, key, updatedAtMs: nowMs() };
    await layOut(trx, 'tariffs', object, { audience: '', method: 'DELETE', nowMs: nowMs() });
    return true;
  });
