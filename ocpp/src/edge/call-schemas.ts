import { createRequire } from 'node:module';
import type { Subprotocol } from './rpc.ts';

const require = createRequire(import.meta.url);

type Schema = Readonly<Record<string, unknown>>;

const FILES: Readonly<Record<Subprotocol, string>> = {
  'ocpp1.6': 'ocpp1_6',
  'ocpp2.0.1': 'ocpp2_0_1',
  'ocpp2.1': 'ocpp2_1',
};

/** A copy in which what is named stands where it is named; what names itself is left open there. */
const inlined = (value: unknown, named: Schema, around: readonly string[]): unknown => {
  if (Array.isArray(value)) return value.map((each) => inlined(each, named, around));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref, definitions: _definitions, ...rest } = value as Schema;
  if (typeof $ref !== 'string')
    return Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, inlined(each, named, around)]));
  const name = $ref.replace('#/definitions/', '');
  return around.includes(name) ? {} : inlined(named[name], named, [...around, name]);
};

/** The published JSON Schemas of a version's calls by action, without references: for who makes or checks messages. */
export const callSchemas = (protocol: Subprotocol): Readonly<Record<string, Schema>> => {
  const shipped = require(`ocpp-rpc/lib/schemas/${FILES[protocol]}.json`) as readonly (Schema & {
    readonly $id: string;
  })[];
  return Object.fromEntries(
    shipped.flatMap((schema): [string, Schema][] => {
      const action = /^urn:(\w+?)(?:\.req|Request)$/.exec(schema.$id)?.[1];
      if (action === undefined) return [];
      const named = (schema['definitions'] ?? {}) as Schema;
      return [[action, inlined(schema, named, []) as Schema]];
    }),
  );
};
