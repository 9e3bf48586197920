import type { z } from 'zod';
import { OBJECTS } from './index.ts';
import { isTree, readObject, type JsonTree } from './read.ts';
import { idKey, timeMs, type OcpiDoorVersion } from './scalars.ts';
import { err, ok, type Result } from '@roamgrid/domain';
import { parseJsonKeepingNumbers } from '@roamgrid/wire';

/** Modules whose objects have an owner and an id. */
export const OBJECT_MODULES = ['locations', 'sessions', 'cdrs', 'tariffs', 'tokens'] as const;
export type ObjectModule = (typeof OBJECT_MODULES)[number];

/** In which role a module's objects are owned; the other role takes them. */
export const OWNER_ROLE = {
  locations: 'CPO',
  sessions: 'CPO',
  cdrs: 'CPO',
  tariffs: 'CPO',
  tokens: 'EMSP',
} as const satisfies Record<ObjectModule, 'CPO' | 'EMSP'>;

export const schemaOf = (module: ObjectModule, version: OcpiDoorVersion): z.ZodType => {
  const { location, session, cdr, tariff, token } = OBJECTS[version];
  return { locations: location, sessions: session, cdrs: cdr, tariffs: tariff, tokens: token }[module];
};

/** Of an object that was checked. */
export interface OwnedObject {
  readonly tree: JsonTree;
  readonly country: string;
  readonly party: string;
  readonly id: string;
  /** Its id without case; of a token with its type, which is part of its name. */
  readonly key: string;
  readonly updatedAtMs: number;
}

const text = (tree: JsonTree, field: string): string => {
  const value = tree[field];
  return typeof value === 'string' ? value : '';
};

/** Spec: OCPI 2.2.1 mod_tokens: uid and type name a token. */
export const tokenKey = (uid: string, type: string): string => `${idKey(uid)} ${idKey(type)}`;

/** An object of a module, checked, with what it is known by. */
export const readOwned = (
  module: ObjectModule,
  version: OcpiDoorVersion,
  value: unknown,
): Result<OwnedObject, string> => {
  const read = readObject(schemaOf(module, version), value);
  if (!read.ok) return read;
  if (!isTree(value)) return err('an object is needed');
  const id = text(value, module === 'tokens' ? 'uid' : 'id');
  return ok({
    tree: value,
    country: text(value, 'country_code').toUpperCase(),
    party: text(value, 'party_id').toUpperCase(),
    id,
    key: module === 'tokens' ? tokenKey(id, text(value, 'type')) : idKey(id),
    updatedAtMs: timeMs(text(value, 'last_updated')),
  });
};

/** What the store has is JSON that passed before. */
export const storedTree = (body: string): JsonTree => {
  const parsed = parseJsonKeepingNumbers(body);
  if (!parsed.ok || !isTree(parsed.value)) throw new Error('the store has an object that is none');
  return parsed.value;
};
