import { reply, route, type Route } from '@roamgrid/service-kit';
import { z } from 'zod';
import {
  eventRequest,
  OBJECT_TYPES,
  objectId,
  openAdrEvent,
  openAdrObject,
  programRequest,
  reportRequest,
  resourceRequest,
  subscriptionRequest,
  venRequest,
  type ObjectType,
} from '../model.ts';
import { timedIntervals } from '../timed-intervals.ts';
import type { VtnDesk } from './desk.ts';
import type { StoredObject } from './object-store.ts';
import type { OpenAdrClient, Tokens } from './tokens.ts';

/** Spec: OpenADR 3.1.0, openadr3.yaml, `limit`. */
const MOST_LISTED = 50;

type Role = OpenAdrClient['role'];
const BOTH: readonly Role[] = ['business-logic', 'ven'];

interface Kind {
  readonly type: ObjectType;
  readonly body: z.ZodObject;
  readonly writers: readonly Role[];
  /** Members that a search may name. */
  readonly searched: readonly string[];
}

const KINDS: Readonly<Record<string, Kind>> = {
  programs: { type: 'PROGRAM', body: programRequest, writers: ['business-logic'], searched: [] },
  events: { type: 'EVENT', body: eventRequest, writers: ['business-logic'], searched: ['programID'] },
  reports: {
    type: 'REPORT',
    body: reportRequest,
    writers: ['ven'],
    searched: ['programID', 'eventID', 'clientName'],
  },
  subscriptions: {
    ...{ type: 'SUBSCRIPTION', body: subscriptionRequest, writers: BOTH },
    searched: ['programID', 'clientName'],
  },
  vens: { type: 'VEN', body: venRequest, writers: BOTH, searched: ['venName'] },
  resources: { type: 'RESOURCE', body: resourceRequest, writers: BOTH, searched: ['venID', 'resourceName'] },
};

const several = <T extends z.ZodType>(item: T) =>
  z
    .union([item, z.array(item).max(100)])
    .transform((one) => (Array.isArray(one) ? one : [one]) as z.output<T>[])
    .optional();

const counted = (most: number, otherwise: number) =>
  z.coerce.number().pipe(z.int().min(0).max(most)).default(otherwise);

const listed = z.looseObject({
  targets: several(z.string().min(1).max(128)),
  objects: several(z.enum(OBJECT_TYPES)),
  active: z.enum(['true', 'false']).default('false'),
  skip: counted(1_000_000, 0),
  limit: counted(MOST_LISTED, MOST_LISTED),
});

const isActive = ({ told }: StoredObject, nowMs: number): boolean => {
  const event = openAdrEvent.safeParse(told);
  if (!event.success) return false;
  const { intervals } = timedIntervals(event.data, nowMs, '');
  return intervals.length === 0 || intervals.some(({ endMs }) => endMs > nowMs);
};

const isOfObjects = ({ body }: StoredObject, objects: readonly string[]): boolean =>
  subscriptionRequest
    .parse(body)
    .objectOperations.some((one) => one.objects.some((each) => objects.includes(each)));

/** What a VTN serves. Spec: OpenADR 3.1.0, openadr3.yaml, paths; topics of MQTT are not among it. */
export const vtnRoutes = (
  root: string,
  desk: VtnDesk,
  tokens: Tokens,
  nowMs: () => number,
): readonly Route[] =>
  Object.entries(KINDS).flatMap(([name, { type, body, writers, searched }]) => {
    const path = `${root}/${name}`;
    const id = z.strictObject({ id: objectId });
    const read = tokens.auth(...BOTH);
    const write = tokens.auth(...writers);
    const problems = ['OPENADR_UNKNOWN', 'OPENADR_CONFLICT'];
    return [
      route({
        ...{ method: 'get', path, auth: read, query: listed, answers: { 200: z.array(openAdrObject) } },
        summary: `Search objects of kind ${type}`,
        handler: async ({ principal, query: { targets, objects, active, skip, limit, ...rest } }) =>
          reply(
            200,
            await desk.search(type, principal, {
              ...{ targets, skip, limit },
              equal: Object.fromEntries(
                searched.map((member) => [
                  member,
                  typeof rest[member] === 'string' ? rest[member] : undefined,
                ]),
              ),
              accept: (one) =>
                (type !== 'EVENT' || active === 'false' || isActive(one, nowMs())) &&
                (type !== 'SUBSCRIPTION' || objects === undefined || isOfObjects(one, objects)),
            }),
          ),
      }),
      route({
        ...{ method: 'post', path, auth: write, body, answers: { 201: openAdrObject }, problems },
        summary: `Create an object of kind ${type}`,
        handler: async ({ principal, body: given }) => reply(201, await desk.create(type, principal, given)),
      }),
      route({
        ...{ method: 'get', path: `${path}/{id}`, auth: read, params: id, answers: { 200: openAdrObject } },
        ...{ summary: `An object of kind ${type}`, problems },
        handler: async ({ principal, params }) => reply(200, await desk.read(type, principal, params.id)),
      }),
      route({
        ...{ method: 'put', path: `${path}/{id}`, auth: write, params: id, body, problems },
        ...{ summary: `Change an object of kind ${type}`, answers: { 200: openAdrObject } },
        handler: async ({ principal, params, body: given }) =>
          reply(200, await desk.update(type, principal, params.id, given)),
      }),
      route({
        ...{ method: 'delete', path: `${path}/{id}`, auth: write, params: id, problems },
        ...{ summary: `Delete an object of kind ${type}`, answers: { 200: openAdrObject } },
        handler: async ({ principal, params }) => reply(200, await desk.remove(type, principal, params.id)),
      }),
    ];
  });
