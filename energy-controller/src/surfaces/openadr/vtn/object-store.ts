import { randomUUID } from 'node:crypto';
import { sqlMigration, type Migration } from '@roamgrid/service-kit';
import type { ColumnType, Generated, Kysely } from 'kysely';
import { controllerError } from '../../../problems.ts';
import type { ObjectType, OpenAdrObject } from '../model.ts';

interface OpenAdrObjectTable {
  object_id: string;
  place: Generated<bigint>;
  kind: ObjectType;
  /** Whose it is; null for what business logic made. */
  client_id: string | null;
  created_at_ms: bigint;
  modified_at_ms: bigint;
  body: ColumnType<unknown, string, string>;
}

/** Part of the schema of a service that is a VTN. */
export interface OpenAdrDb {
  openadr_object: OpenAdrObjectTable;
}

export const openAdrMigration = (name: string): Migration =>
  sqlMigration(
    name,
    `create table openadr_object (
      object_id text primary key, place bigint generated always as identity, kind text not null, client_id text,
      created_at_ms bigint not null, modified_at_ms bigint not null, body jsonb not null)`,
    'create index on openadr_object (kind, place)',
  );

/** Objects of one kind at most. */
const MOST_OBJECTS = 2_000;

/** Body of an object as its client sent it. */
export type ObjectBody = Readonly<Record<string, unknown>>;

export interface StoredObject {
  readonly id: string;
  readonly kind: ObjectType;
  readonly clientId: string | undefined;
  readonly modifiedAtMs: number;
  readonly body: ObjectBody;
  /** As it is told. */
  readonly told: OpenAdrObject;
}

const fromRow = (row: {
  object_id: string;
  kind: ObjectType;
  client_id: string | null;
  created_at_ms: bigint;
  modified_at_ms: bigint;
  body: unknown;
}): StoredObject => {
  const body = row.body as ObjectBody;
  return {
    id: row.object_id,
    kind: row.kind,
    clientId: row.client_id ?? undefined,
    modifiedAtMs: Number(row.modified_at_ms),
    body,
    told: {
      ...body,
      id: row.object_id,
      objectType: row.kind,
      createdDateTime: new Date(Number(row.created_at_ms)).toISOString(),
      modificationDateTime: new Date(Number(row.modified_at_ms)).toISOString(),
      ...(row.client_id !== null && { clientID: row.client_id }),
    },
  };
};

/** What a VTN keeps, by kind. */
export class ObjectStore {
  readonly #db: Kysely<OpenAdrDb>;
  readonly #nowMs: () => number;

  constructor(db: Kysely<OpenAdrDb>, nowMs: () => number) {
    this.#db = db;
    this.#nowMs = nowMs;
  }

  /** In the order in which they came. */
  async all(kind: ObjectType): Promise<readonly StoredObject[]> {
    const rows = await this.#db
      .selectFrom('openadr_object')
      .selectAll()
      .where('kind', '=', kind)
      .orderBy('place')
      .execute();
    return rows.map(fromRow);
  }

  async find(kind: ObjectType, id: string): Promise<StoredObject | undefined> {
    const row = await this.#db
      .selectFrom('openadr_object')
      .selectAll()
      .where('object_id', '=', id)
      .where('kind', '=', kind)
      .executeTakeFirst();
    return row && fromRow(row);
  }

  /** @throws ServiceError OPENADR_CONFLICT when there are too many. */
  async create(kind: ObjectType, clientId: string | undefined, body: ObjectBody): Promise<StoredObject> {
    const { count } = await this.#db
      .selectFrom('openadr_object')
      .select(({ fn }) => fn.countAll<bigint>().as('count'))
      .where('kind', '=', kind)
      .executeTakeFirstOrThrow();
    if (count >= BigInt(MOST_OBJECTS))
      throw controllerError(
        'OPENADR_CONFLICT',
        `${MOST_OBJECTS} objects of kind ${kind} are kept: delete some`,
      );
    const atMs = BigInt(this.#nowMs());
    const row = await this.#db
      .insertInto('openadr_object')
      .values({
        ...{ object_id: randomUUID(), kind, client_id: clientId ?? null },
        ...{ created_at_ms: atMs, modified_at_ms: atMs, body: JSON.stringify(body) },
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return fromRow(row);
  }

  /** The time of its change is later than that of the one before, whatever the clock says. */
  async update(object: StoredObject, clientId: string | undefined, body: ObjectBody): Promise<StoredObject> {
    const row = await this.#db
      .updateTable('openadr_object')
      .set({
        client_id: clientId ?? null,
        modified_at_ms: BigInt(Math.max(this.#nowMs(), object.modifiedAtMs + 1)),
        body: JSON.stringify(body),
      })
      .where('object_id', '=', object.id)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw controllerError('OPENADR_UNKNOWN', `${object.id} was deleted`);
    return fromRow(row);
  }

  async remove(object: StoredObject): Promise<void> {
    await this.#db.deleteFrom('openadr_object').where('object_id', '=', object.id).execute();
  }
}
