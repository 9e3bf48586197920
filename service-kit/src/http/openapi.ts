import { PROBLEM_MEDIA_TYPE, problem } from '@roamgrid/wire';
import { z } from 'zod';
import { publicAuth, type Route } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

/** JSON Schema of a message as it travels: the input side of every codec. */
const schemaOf = (schema: z.ZodType): Json => {
  const made: Record<string, unknown> = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
  });
  // The document names the dialect once, by its version.
  delete made['$schema'];
  return made;
};

const parameters = (schema: z.ZodType | undefined, where: 'path' | 'query'): Json[] => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema) as {
    properties?: Record<string, Json>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }));
};

const TITLES: Readonly<Record<number, string>> = {
  200: 'Done',
  201: 'Created',
  202: 'Accepted',
  204: 'Done, nothing to say',
};

const responses = (route: Route): Json => ({
  ...Object.fromEntries(
    Object.entries(route.answers).map(([status, schema]) => [
      status,
      {
        description: TITLES[Number(status)] ?? 'An answer',
        ...(schema === null ? {} : { content: { 'application/json': { schema: schemaOf(schema) } } }),
      },
    ]),
  ),
  default: {
    description: ['A problem', ...route.problems].join(' · '),
    content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
  },
});

const operation = (route: Route): Json => ({
  summary: route.summary,
  parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
  ...(route.body === undefined
    ? {}
    : {
        requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body) } } },
      }),
  responses: responses(route),
  security: route.auth === publicAuth ? [] : [{ [route.auth.schemeName]: [] }],
});

/** The document of a service, made from the schemas that its routes check with. Spec: OpenAPI 3.1.0. */
export const openApiDocument = (
  info: { readonly title: string; readonly version: string },
  routes: readonly Route[],
): Json => {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  const securitySchemes = Object.fromEntries(
    routes.filter(({ auth }) => auth !== publicAuth).map(({ auth }) => [auth.schemeName, auth.scheme]),
  );
  return {
    openapi: '3.1.0',
    info,
    paths,
    components: { schemas: { Problem: schemaOf(problem) }, securitySchemes },
  };
};
