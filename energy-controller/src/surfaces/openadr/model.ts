import { z } from 'zod';
import { durationOf, instantOf } from './times.ts';

/** What partners send. What the specification does not name is kept and told back. Spec: OpenADR 3.1.0, openadr3.yaml, components/schemas. */

const name = z.string().min(1).max(128);
export const objectId = z
  .string()
  .regex(/^[a-zA-Z0-9_-]{1,128}$/, 'an object id of 1–128 letters, digits, _ -');
const MOST = 1_000;
const list = <T extends z.ZodType>(item: T) => z.array(item).max(MOST);
const targets = list(name).nullish();

const dateTime = z
  .string()
  .refine((text) => instantOf(text) !== undefined, 'a date and time of RFC 3339, or 0001-01-01T00:00:00Z');
const duration = z
  .string()
  .refine((text) => durationOf(text) !== undefined, 'a duration of ISO 8601, such as PT1H');

const intervalPeriod = z.looseObject({
  start: dateTime.optional(),
  duration: duration.optional(),
  randomizeStart: duration.optional(),
});

const point = z.looseObject({ x: z.number(), y: z.number() });
const valuesMap = z.looseObject({
  type: name,
  values: list(z.union([z.number(), z.string(), z.boolean(), point])),
});
const interval = z.looseObject({
  id: z.int32(),
  intervalPeriod: intervalPeriod.nullish(),
  payloads: list(valuesMap),
});

const units = z.string().min(1).max(128).nullish();
const eventPayloadDescriptor = z.looseObject({
  objectType: z.literal('EVENT_PAYLOAD_DESCRIPTOR').optional(),
  payloadType: name,
  units,
  currency: z.string().nullish(),
});
const reportDescriptor = z.looseObject({ payloadType: name, units });
const attributes = list(valuesMap).nullish();

export const programRequest = z.looseObject({
  programName: name,
  intervalPeriod: intervalPeriod.nullish(),
  payloadDescriptors: list(z.looseObject({ objectType: z.string(), payloadType: name })).nullish(),
  attributes,
  targets,
});

export const eventRequest = z.looseObject({
  programID: objectId,
  eventName: z.string().nullish(),
  duration: duration.nullish(),
  priority: z.int().min(0).nullish(),
  targets,
  reportDescriptors: list(reportDescriptor).nullish(),
  payloadDescriptors: list(eventPayloadDescriptor).nullish(),
  intervalPeriod: intervalPeriod.nullish(),
  intervals: list(interval).nullish(),
});

export const reportRequest = z.looseObject({
  eventID: objectId,
  clientName: name,
  reportName: z.string().nullish(),
  resources: list(
    z.looseObject({
      resourceName: name,
      intervalPeriod: intervalPeriod.nullish(),
      intervals: list(interval),
    }),
  ),
});

export const OBJECT_TYPES = ['PROGRAM', 'EVENT', 'REPORT', 'SUBSCRIPTION', 'VEN', 'RESOURCE'] as const;
export type ObjectType = (typeof OBJECT_TYPES)[number];
export const OPERATIONS = ['READ', 'CREATE', 'UPDATE', 'DELETE'] as const;
export type Operation = (typeof OPERATIONS)[number];

export const subscriptionRequest = z.looseObject({
  clientName: name,
  programID: objectId.nullish(),
  objectOperations: z
    .array(
      z.looseObject({
        objects: z.array(z.enum(OBJECT_TYPES)).max(OBJECT_TYPES.length),
        operations: z.array(z.enum(OPERATIONS)).max(OPERATIONS.length),
        callbackUrl: z.url({ protocol: /^https?$/ }).max(8_000),
        bearerToken: z.string().max(4_096).nullish(),
      }),
    )
    .max(20),
  targets,
});

export const venRequest = z.looseObject({
  objectType: z.enum(['BL_VEN_REQUEST', 'VEN_VEN_REQUEST']),
  clientID: name.optional(),
  venName: name,
  targets,
  attributes,
});

export const resourceRequest = z.looseObject({
  objectType: z.enum(['BL_RESOURCE_REQUEST', 'VEN_RESOURCE_REQUEST']),
  clientID: name.optional(),
  resourceName: name,
  venID: objectId,
  targets,
  attributes,
});

const metadata = { id: objectId, createdDateTime: dateTime, modificationDateTime: dateTime };

/** An event as a VTN tells it. */
export const openAdrEvent = eventRequest.extend(metadata);
export type OpenAdrEvent = z.output<typeof openAdrEvent>;
export type OpenAdrInterval = z.output<typeof interval>;
/** A program as a VTN tells it. */
export const openAdrProgram = programRequest.extend(metadata);
export type OpenAdrProgram = z.output<typeof openAdrProgram>;
/** Whatever a VTN tells. */
export const openAdrObject = z.looseObject({ ...metadata, objectType: z.string() });
export type OpenAdrObject = z.output<typeof openAdrObject>;
