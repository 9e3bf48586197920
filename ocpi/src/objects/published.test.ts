import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exactJsonText, parseJsonKeepingNumbers } from '@roamgrid/wire';
import type { z } from 'zod';
import { versionDetails, versionList } from './credentials.ts';
import { OBJECTS, type ObjectSchemas } from './index.ts';
import { isTree, patched, readObject, type JsonTree } from './read.ts';
import { VERSIONS } from './scalars.ts';

/**
 * The specification's own examples: `ROAMGRID_VECTORS/ocpi/VERSION/examples` holds those of a release of the public
 * `ocpi/ocpi` repository. Without them examples of our own in their shape are read in `objects.test.ts`.
 */
const { ROAMGRID_VECTORS } = process.env;
const FOLDER = ROAMGRID_VECTORS === undefined ? undefined : join(ROAMGRID_VECTORS, 'ocpi');

/** Which object an example is, by its file's name; the rest are parts of objects, and are named here. */
const kindOf = (file: string, objects: ObjectSchemas): z.ZodType | undefined => {
  if (file.startsWith('cdr_')) return objects.cdr;
  if (file.startsWith('credentials_')) return objects.credentials;
  if (file.startsWith('location_example') && !file.includes('hours')) return objects.location;
  if (file.startsWith('session_example')) return objects.session;
  if (/^tariff_/.test(file)) return objects.tariff;
  if (/^token_(example|put)/.test(file)) return objects.token;
  if (file === 'location_put_example_add_evse.json') return objects.evse;
  if (file === 'transport_and_format_get_token_example.json') return objects.token;
  if (/version_details_example/.test(file)) return versionDetails;
  if (/versions_info_example|version_info_example/.test(file)) return versionList;
  return undefined;
};
const PARTS = /_patch_|energymix|hours|restriction|displaytext|get_token_list/;

const unwrapped = (tree: unknown): unknown => (isTree(tree) && 'status_code' in tree ? tree['data'] : tree);

/** Examples that are none by the specification's own tables, with what they lack. See `docs/errata.md`. */
const ERRATA: Readonly<Record<string, readonly string[]>> = {
  '2.3.0': [
    'cdr_example.json /tariffs/0/tax_included',
    'location_put_example_add_evse.json /connectors/0/power_type',
    'tariff_put_example.json /last_updated',
  ],
  '2.2.1': [
    'location_put_example_add_evse.json /connectors/0/power_type',
    'tariff_put_example.json /last_updated',
  ],
};

describe('the published examples of OCPI', () => {
  if (FOLDER === undefined) {
    console.log('skipped: ocpi-examples');
    return;
  }
  for (const version of VERSIONS) {
    const examples = join(FOLDER, version, 'examples');
    if (!existsSync(examples)) {
      console.log(`skipped: ocpi-examples ${version}`);
      continue;
    }
    it(`${version}: every object passes its schema, and is written again with every digit and field`, () => {
      const wrong: string[] = [];
      let objects = 0;
      for (const file of readdirSync(examples)) {
        const text = readFileSync(join(examples, file), 'utf8');
        const parsed = parseJsonKeepingNumbers(text);
        assert.ok(parsed.ok, file);
        assert.deepEqual(JSON.parse(exactJsonText(parsed.value)), JSON.parse(text), file);
        const schema = kindOf(file, OBJECTS[version]);
        if (schema === undefined) {
          assert.match(file, PARTS, 'each example is known');
          continue;
        }
        objects += 1;
        const read = readObject(schema, unwrapped(parsed.value));
        if (read.ok) assert.equal(exactJsonText(read.value), exactJsonText(unwrapped(parsed.value)));
        else wrong.push(`${file} ${read.error}`);
      }
      assert.deepEqual(
        wrong.map((fault) => fault.split(': ')[0]),
        ERRATA[version],
      );
      console.log(`      ${version}: ${objects} objects`);
    });

    it(`${version}: every change, laid over an object of its kind, gives an object`, () => {
      const read = (file: string): JsonTree => {
        const parsed = parseJsonKeepingNumbers(readFileSync(join(examples, file), 'utf8'));
        assert.ok(parsed.ok && isTree(parsed.value), file);
        return parsed.value;
      };
      const { location, session, token } = OBJECTS[version];
      const rows: readonly (readonly [string, string, z.ZodType])[] = [
        ['location_example.json', 'location_patch_example_location.json', location],
        ['session_example_1_simple_start.json', 'session_patch_example_charging_period.json', session],
        ['session_example_1_simple_start.json', 'session_patch_example_total_cost.json', session],
        ['token_example_2_full_rfid.json', 'token_patch_example.json', token],
      ];
      for (const [file, patch, schema] of rows) {
        const result = readObject(schema, patched(read(file), read(patch)));
        assert.ok(result.ok, `${patch} ${result.ok ? '' : result.error}`);
      }
    });
  }
});
