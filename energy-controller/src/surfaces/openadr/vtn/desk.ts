import { controllerError } from '../../../problems.ts';
import type { ObjectType, OpenAdrObject, Operation } from '../model.ts';
import type { Notifier } from './notifier.ts';
import type { ObjectBody, ObjectStore, StoredObject } from './object-store.ts';
import type { OpenAdrClient } from './tokens.ts';
import { grantedTo, isVisible, targetsOf, toldTo } from './visible.ts';

/** Kinds of which a VEN sees and changes its own alone. */
const OWNED: ReadonlySet<ObjectType> = new Set(['REPORT', 'SUBSCRIPTION', 'VEN', 'RESOURCE']);
/** What names an object among its kind; no two have the same. Spec: OpenADR 3.1.0, Definition, "Object names". */
const nameOf = (
  kind: ObjectType,
  { programName, venName, resourceName, venID }: ObjectBody,
): string | undefined =>
  ({
    PROGRAM: JSON.stringify(programName),
    VEN: JSON.stringify(venName),
    RESOURCE: JSON.stringify([venID, resourceName]),
    EVENT: undefined,
    REPORT: undefined,
    SUBSCRIPTION: undefined,
  })[kind];

/** What an object stands on, which has to be there as long as it is. */
const PARENT: Partial<Record<ObjectType, readonly [kind: ObjectType, member: string]>> = {
  EVENT: ['PROGRAM', 'programID'],
  REPORT: ['EVENT', 'eventID'],
  RESOURCE: ['VEN', 'venID'],
};

/** Conditions that a search names; each has to hold. */
export interface Search {
  readonly equal: Readonly<Record<string, string | undefined>>;
  readonly targets: readonly string[] | undefined;
  readonly accept: (object: StoredObject) => boolean;
  readonly skip: number;
  readonly limit: number;
}

/** Who may see and change what. Spec: OpenADR 3.1.0, Definition, "Object Privacy". */
export class VtnDesk {
  readonly #store: ObjectStore;
  readonly #notifier: Notifier;

  constructor(store: ObjectStore, notifier: Notifier) {
    this.#store = store;
    this.#notifier = notifier;
  }

  async search(kind: ObjectType, client: OpenAdrClient, search: Search): Promise<OpenAdrObject[]> {
    const { equal, targets, accept, skip, limit } = search;
    const granted = await this.#granted(client);
    const asked = targets ?? [];
    const found = (await this.#store.all(kind)).filter(
      (one) =>
        Object.entries(equal).every(([member, value]) => value === undefined || one.body[member] === value) &&
        accept(one) &&
        (OWNED.has(kind) || client.role === 'business-logic'
          ? this.#owns(client, one) &&
            (targets === undefined || targetsOf(one.body).some((each) => asked.includes(each)))
          : isVisible(one, targets, granted) && (targets === undefined || targetsOf(one.body).length > 0)),
    );
    return found.slice(skip, skip + limit).map((one) => toldTo(client, one, asked));
  }

  async read(kind: ObjectType, client: OpenAdrClient, id: string): Promise<OpenAdrObject> {
    const object = await this.#visible(kind, client, id);
    return toldTo(client, object, [...(await this.#granted(client))]);
  }

  async create(kind: ObjectType, client: OpenAdrClient, body: ObjectBody): Promise<OpenAdrObject> {
    await this.#check(kind, client, body, undefined);
    const made = await this.#store.create(
      kind,
      this.#ownerOf(kind, client, body),
      bodyOf(client, kind, body, []),
    );
    await this.#tell(made, 'CREATE');
    return made.told;
  }

  async update(
    kind: ObjectType,
    client: OpenAdrClient,
    id: string,
    body: ObjectBody,
  ): Promise<OpenAdrObject> {
    const object = await this.#visible(kind, client, id);
    await this.#check(kind, client, body, object);
    const owner = client.role === 'ven' ? object.clientId : this.#ownerOf(kind, client, body);
    const kept = bodyOf(client, kind, body, targetsOf(object.body));
    const changed = await this.#store.update(object, owner, kept);
    await this.#tell(changed, 'UPDATE');
    return changed.told;
  }

  async remove(kind: ObjectType, client: OpenAdrClient, id: string): Promise<OpenAdrObject> {
    const object = await this.#visible(kind, client, id);
    for (const [child, [parent, member]] of Object.entries(PARENT)) {
      if (parent !== kind || child === 'REPORT') continue;
      const children = await this.#store.all(child as ObjectType);
      if (children.some(({ body }) => body[member] === id))
        throw controllerError(
          'OPENADR_IN_USE',
          `${id} still has objects of kind ${child}: delete them first`,
        );
    }
    await this.#store.remove(object);
    await this.#tell(object, 'DELETE');
    return object.told;
  }

  async #tell(object: StoredObject, operation: Operation): Promise<void> {
    await this.#notifier.tell(object, operation);
  }

  async #granted(client: OpenAdrClient): Promise<ReadonlySet<string>> {
    if (client.role === 'business-logic') return new Set();
    const own = [...(await this.#store.all('VEN')), ...(await this.#store.all('RESOURCE'))];
    return grantedTo(client.clientId, own);
  }

  #owns(client: OpenAdrClient, { clientId }: StoredObject): boolean {
    return client.role === 'business-logic' || clientId === client.clientId;
  }

  async #visible(kind: ObjectType, client: OpenAdrClient, id: string): Promise<StoredObject> {
    const object = await this.#store.find(kind, id);
    const granted = await this.#granted(client);
    const isSeen =
      object !== undefined &&
      (OWNED.has(kind)
        ? this.#owns(client, object)
        : client.role === 'business-logic' || isVisible(object, [...granted], granted));
    if (!isSeen) throw controllerError('OPENADR_UNKNOWN', `there is no ${kind} ${id} for you`);
    return object;
  }

  #ownerOf(kind: ObjectType, client: OpenAdrClient, body: ObjectBody): string | undefined {
    if (!OWNED.has(kind)) return undefined;
    const named = body['clientID'];
    return client.role === 'business-logic' && typeof named === 'string' ? named : client.clientId;
  }

  async #check(
    kind: ObjectType,
    client: OpenAdrClient,
    body: ObjectBody,
    before: StoredObject | undefined,
  ): Promise<void> {
    const [parent, member] = PARENT[kind] ?? [];
    if (parent !== undefined && member !== undefined)
      await this.#visible(parent, client, String(body[member])).catch(() => {
        throw controllerError('OPENADR_CONFLICT', `there is no ${parent} ${String(body[member])} for you`);
      });
    const name = nameOf(kind, body);
    if (name === undefined) return;
    const others = await this.#store.all(kind);
    if (others.some((one) => one.id !== before?.id && nameOf(kind, one.body) === name))
      throw controllerError('OPENADR_CONFLICT', `there is a ${kind} of this name already`);
  }
}

/** A VEN grants itself no targets: those that it has stay. */
const bodyOf = (
  client: OpenAdrClient,
  kind: ObjectType,
  { clientID: _owner, ...body }: ObjectBody,
  granted: readonly string[],
): ObjectBody =>
  client.role === 'ven' && (kind === 'VEN' || kind === 'RESOURCE')
    ? { ...body, ...(granted.length > 0 || body['targets'] !== undefined ? { targets: granted } : {}) }
    : body;
