import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

/** Names of the published interface of OpenADR 3.1 under a folder of `ROAMGRID_VECTORS`. */
const FILES = ['openadr3.yaml', 'openadr3/openadr3.yaml', '3.1.0/openadr3.yaml'];

/** Whether a message is as the published interface has it. @throws Error that says what is wrong. */
export interface PublishedOpenApi {
  request(method: string, path: string, body: unknown): void;
  answer(method: string, path: string, status: number, body: unknown): void;
}

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** OpenAPI 3.0 writes an exclusive limit as a flag beside it; what it means for ajv. */
const modern = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(modern);
  if (!isNode(value)) return value;
  const members = Object.entries(value).map(([name, one]) => [name, modern(one)] as const);
  return Object.fromEntries(
    members.filter(([name, one]) => !(name === 'exclusiveMaximum' && typeof one === 'boolean')),
  );
};

/**
 * A VEN or resource is to be both "VEN" and "BL_VEN_REQUEST" by its two parts (docs/home-surfaces.md): nothing can be. The second is left out.
 */
const withoutContradiction = (schemas: Record<string, Node>): Record<string, Node> => {
  const told = (name: string): Node => {
    const { properties, ...rest } = schemas[name] as { properties: Node };
    const { objectType: _twice, ...others } = properties;
    return { ...rest, properties: others };
  };
  const both = (name: string): Node => ({
    allOf: [{ $ref: '#/components/schemas/objectMetadata' }, told(name)],
  });
  return { ...schemas, ven: both('BlVenRequest'), resource: both('BlResourceRequest') };
};

/** The published interface, where a folder of `ROAMGRID_VECTORS` has it; nothing of it is kept here. */
export const publishedOpenApi = (): PublishedOpenApi | undefined => {
  const file = (process.env['ROAMGRID_VECTORS'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => FILES.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
  if (file === undefined) return undefined;
  const document = modern(parse(readFileSync(file, 'utf8'))) as {
    paths: Record<string, Node>;
    components: { schemas: Record<string, Node> };
  };
  document.components.schemas = withoutContradiction(document.components.schemas);
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'openadr');
  const known = new Map<string, ValidateFunction>();
  const check = (pointer: string, body: unknown): void => {
    const validate = known.get(pointer) ?? ajv.compile({ $ref: `openadr#${pointer}` });
    known.set(pointer, validate);
    if (!validate(body))
      throw new Error(`${pointer}: ${ajv.errorsText(validate.errors)} of ${JSON.stringify(body)}`);
  };
  const escape = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');
  /** The path as it is written there: with the name of the id in braces. */
  const written = (path: string): string => {
    const [, name = '', id] = path.split('?')[0]?.split('/') ?? [];
    if (id === undefined || name === 'auth') return path.split('?')[0] ?? path;
    const found = Object.keys(document.paths).find((one) => one.startsWith(`/${name}/{`));
    return found ?? path;
  };
  const operation = (method: string, path: string): string =>
    `/paths/${escape(written(path))}/${method.toLowerCase()}`;
  const body = '/content/application~1json/schema';
  return {
    request(method, path, sent) {
      if (sent !== undefined) check(`${operation(method, path)}/requestBody${body}`, sent);
    },
    answer(method, path, status, told) {
      const answers = (
        document.paths[written(path)]?.[method.toLowerCase()] as { responses: Node } | undefined
      )?.responses;
      const one = answers?.[String(status)] as { $ref?: string } | undefined;
      if (one === undefined) throw new Error(`${method} ${path} answers no ${status}`);
      check(
        one.$ref === undefined
          ? `${operation(method, path)}/responses/${status}${body}`
          : `${one.$ref.slice(1)}${body}`,
        told,
      );
    },
  };
};
