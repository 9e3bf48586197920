import { z } from 'zod';
import type { Schema } from './from-schema.ts';
import { certificateFor } from './peers-tls.ts';
import { sendHttp } from './send.ts';

const DOCUMENT_MS = 10_000;

/** What one can ask of a service, as its own document says. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, Schema>>;
  readonly query: Readonly<Record<string, Schema>>;
  readonly body: Schema | undefined;
  /** Roles that an assertion for it may have; none where it is open or asks for another proof. */
  readonly roles: readonly string[];
  /** Names of other proofs that open it: tokens of customers and of partners' routers. */
  readonly tokens: readonly string[];
  readonly isOpen: boolean;
}

const schema = z.custom<Schema>((value) => typeof value === 'object' && value !== null);
const parameter = z.object({ name: z.string(), in: z.enum(['path', 'query']), schema });
const operationObject = z.object({
  parameters: z.array(parameter).default([]),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema })) }).optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))).default([]),
});
const openApi = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationObject)),
  components: z.object({
    securitySchemes: z.record(z.string(), z.looseObject({ description: z.string().optional() })).default({}),
  }),
});

const ROLES = /of: ([a-z, -]+)\.$/;

/** What a service says of itself, also one that lets known peers in alone. */
const documentAt = async (origin: string): Promise<unknown> => {
  if (certificateFor(Number(new URL(origin).port)) === undefined)
    return (await fetch(`${origin}/openapi.json`)).json();
  const input = { method: 'GET', path: '/openapi.json', headers: {}, body: undefined };
  const answer = await sendHttp(origin, input, DOCUMENT_MS);
  if (answer.kind !== 'answer') throw new Error(`${origin} tells nothing of itself`);
  return JSON.parse(answer.body);
};

/** Operations of a service that publishes its document. */
export const operationsAt = async (origin: string): Promise<readonly Operation[]> => {
  const { paths, components } = openApi.parse(await documentAt(origin));
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody, security }]): Operation => {
      const at = (where: 'path' | 'query') =>
        Object.fromEntries(
          parameters.filter((one) => one.in === where).map((one) => [one.name, one.schema] as const),
        );
      const schemes = security.flatMap((one) => Object.keys(one));
      return {
        method: method.toUpperCase(),
        path,
        pathParameters: at('path'),
        query: at('query'),
        body: requestBody?.content['application/json']?.schema,
        roles: schemes.flatMap(
          (name) => ROLES.exec(components.securitySchemes[name]?.description ?? '')?.[1]?.split(', ') ?? [],
        ),
        tokens: schemes.filter((name) => !ROLES.test(components.securitySchemes[name]?.description ?? '')),
        isOpen: schemes.length === 0,
      };
    }),
  );
};

/** What is served beside the operations of the document. */
export const plain = (method: string, path: string): Operation => ({
  method,
  path,
  pathParameters: {},
  query: {},
  body: undefined,
  roles: [],
  tokens: [],
  isOpen: true,
});
