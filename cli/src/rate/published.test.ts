import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, rateCommand } from './command.ts';
import { cdrOf, NO_VAT, WORKED } from './differential/worked.ts';

/**
 * `roamgrid rate` on the published files themselves: `ROAMGRID_VECTORS/ocpi/VERSION/examples` holds the examples of a release
 * of the public `ocpi/ocpi` repository. Without them the same tariffs, written anew, are rated in
 * the domain's tests, and records of our own making in `self-made.test.ts`.
 */
const { ROAMGRID_VECTORS } = process.env;
const FOLDER = ROAMGRID_VECTORS === undefined ? undefined : join(ROAMGRID_VECTORS, 'ocpi');

const run = (args: readonly string[], cdr = '') => {
  let [out, code] = ['', -1];
  rateCommand({
    read: (path) => (path === '-' ? cdr : readFileSync(path, 'utf8')),
    out: (text) => (out += text),
    err: (text) => (out += text),
    exitCode: (value) => (code = value),
    exit: () => assert.fail(out),
  }).parse([...args, '--json', '--check'], { from: 'user' });
  return { code, json: JSON.parse(out) as Record<string, unknown> & { notes?: readonly { code: string }[] } };
};

describe('roamgrid rate on the published examples of OCPI', () => {
  if (FOLDER === undefined) {
    console.log('skipped: ocpi');
    return;
  }
  const versions = readdirSync(FOLDER).sort();
  for (const version of versions) {
    const examples = join(FOLDER, version, 'examples');
    const files = readdirSync(examples);

    it(`${version}: every worked example has the price of its text, and no key is unknown`, () => {
      let rated = 0;
      const unworked = new Set(files.filter((file) => /^tariff(_\d|_put|restriction)/.test(file)));
      for (const [file, periods, end, before, after] of WORKED) {
        if (!files.includes(file)) continue;
        const { currency } = JSON.parse(readFileSync(join(examples, file), 'utf8')) as { currency: string };
        const { code, json } = run(
          ['--tariff', join(examples, file), '--cdr', '-'],
          cdrOf(periods, end, currency),
        );
        const total = (json['total_cost'] ?? {}) as Readonly<Record<string, number>>;
        const seen = [total['excl_vat'], total['incl_vat']].map((amount) => String(amount ?? 'unknown'));
        const known = version < '2.3' ? before : 'unknown';
        assert.deepEqual([file, code, ...seen], [file, EXIT.ok, before, after === NO_VAT ? known : after]);
        assert.ok(!json.notes?.some((note) => note.code === 'KEY_UNKNOWN'), file);
        unworked.delete(file);
        rated += 1;
      }
      assert.deepEqual([...unworked], [], 'each published tariff is rated');
      console.log(`      ${version}: ${rated} worked examples, all as their text has them`);
    });

    it(`${version}: the sample CDR passes its own check`, () => {
      const { code, json } = run(['--cdr', join(examples, 'cdr_example.json')]);
      assert.deepEqual([code, json['differences']], [EXIT.ok, []]);
      assert.ok(!json.notes?.some((note) => note.code === 'KEY_UNKNOWN'));
    });
  }
});
