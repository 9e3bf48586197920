import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as wire from '@roamgrid/wire';
import { z } from 'zod';
import { iecDocument } from './document.ts';
import { OBJECTS } from './objects.ts';
import { OCPP_VERSIONS, type OcppVersion } from './row.ts';
import { SERVICES } from './services.ts';

const ROWS = [...OBJECTS, ...SERVICES];
const FILES = { '1.6': 'ocpp1_6', '2.0.1': 'ocpp2_0_1', '2.1': 'ocpp2_1' } as const satisfies Record<
  OcppVersion,
  string
>;

const schemaIds = z.array(z.looseObject({ $id: z.string() }));
const read = createRequire(import.meta.url);
/** Names of the requests of a version, as the schemas of the RPC library have them. */
const messagesOf = (version: OcppVersion): ReadonlySet<string> =>
  new Set(
    schemaIds
      .parse(read(`ocpp-rpc/lib/schemas/${FILES[version]}.json`))
      .map(({ $id }) => /^urn:(\w+?)(?:\.req|Request)$/.exec($id)?.[1])
      .filter((name) => name !== undefined),
  );

/** Whether a path of fields leads anywhere in a schema, through lists, unions and what may be absent. */
const leadsTo = (schema: unknown, path: readonly string[]): boolean => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional)
    return leadsTo(schema.unwrap(), path);
  if (schema instanceof z.ZodArray) return leadsTo(schema.element, path);
  if (schema instanceof z.ZodUnion) return schema.options.some((option) => leadsTo(option, path));
  const [field, ...rest] = path;
  if (field === undefined) return schema instanceof z.ZodType;
  return (
    schema instanceof z.ZodObject && Object.hasOwn(schema.shape, field) && leadsTo(schema.shape[field], rest)
  );
};
const isFact = (fact: string): boolean => {
  const [schema = '', ...path] = fact.split('.');
  return path.length > 0 && leadsTo(Object.entries(wire).find(([name]) => name === schema)?.[1], path);
};

describe('the table of IEC objects and services', () => {
  it('is what the document says', () => {
    const file = join(import.meta.dirname, '..', '..', '..', 'docs', 'iec.md');
    assert.equal(readFileSync(file, 'utf8'), iecDocument(), 'npm run iec -w ocpp writes it anew');
  });

  it('names no fact that is not a field of the wire schemas', () => {
    assert.deepEqual(
      ROWS.flatMap(({ object, facts }) =>
        facts.filter((fact) => !isFact(fact)).map((fact) => `${object}: ${fact}`),
      ),
      [],
    );
    assert.ok(!isFact('quote.colour') && !isFact('colour.quote') && !isFact('cdr.lines.colour'));
  });

  for (const version of OCPP_VERSIONS) {
    it(`names no message that OCPP ${version} does not have`, () => {
      const known = messagesOf(version);
      assert.ok(known.has('Authorize'));
      assert.deepEqual(
        ROWS.flatMap(({ messages }) => messages[version].filter((message) => !known.has(message))),
        [],
      );
    });
  }

  it('has each row once, and says why where there is neither a fact nor a message', () => {
    const names = ROWS.map(({ object }) => object);
    assert.equal(new Set(names).size, names.length);
    const empty = ROWS.filter(
      ({ facts, messages }) =>
        facts.length === 0 && Object.values(messages).every((list) => list.length === 0),
    );
    assert.ok(empty.every(({ reading }) => reading === 'not read'));
  });
});
