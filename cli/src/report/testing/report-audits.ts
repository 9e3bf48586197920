import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { authorityFile } from '@roamgrid/wire';
import { exitOf, TOOL } from '../../testing/tool.ts';
import { judge } from '../check.ts';

/** A report's file as JSON has it, as far as it is altered here. */
interface AuthorityFileJson {
  readonly report: {
    untilMs: number;
    asOfBlock: number;
    readonly totals: { taxMicros: string }[];
    readonly places: { energyWh: string; stationId: string; countryCode: string; placeId?: string }[];
  };
  readonly records: {
    stationId: string;
    countryCode: string;
    placeId?: string;
    disputed?: string;
    readonly cdr: { readonly endMs: number; endReason: string };
  }[];
}

type Case = readonly [change: (file: AuthorityFileJson) => void, says: RegExp];

/** Audits of what authorities are told by the two utilities of a scenario of two sessions. */
export const reportAudits = (stateDirOf: () => string, idsOf: () => readonly string[]): void => {
  describe('reported to an authority', () => {
    const fileOf = (name: string): string => join(stateDirOf(), 'audit', `${name}.json`);
    const verify = async (path: string, ...more: readonly string[]) => {
      const { code, stdout } = await exitOf([TOOL, 'report', 'verify', path, '--json', ...more]);
      return { code, ...(JSON.parse(stdout) as { holds: boolean }) };
    };
    const proofs = () => ['--checkpoint', fileOf('checkpoint'), '--proofs', join(stateDirOf(), 'audit')];

    it('adds up, and each of its records is proven from the ledger, at both utilities', async () => {
      for (const utility of ['USDUK', 'USALP']) {
        const found = await verify(fileOf(`report-${utility}`), ...proofs());
        assert.deepEqual(found, { code: 0, holds: true, firstFailure: null, records: 2, proven: 2 });
      }
      const { stdout } = await exitOf([TOOL, 'report', 'verify', fileOf('report-USDUK')]);
      assert.match(stdout, /^US \S+ \(USDUK, USALP\) +2 +50\.000 /mu);
      assert.match(stdout, /^holds: 2 records add up to it, 0 of them proven from the ledger$/mu);
    });

    it('does not hold with another sum, another record, or a record of another station', async () => {
      const text = await readFile(fileOf('report-USDUK'), 'utf8');
      const checkpoint = await readFile(fileOf('checkpoint'), 'utf8');
      const ids = idsOf();
      const bundles = new Map(
        await Promise.all(ids.map(async (each) => [each, await readFile(fileOf(each), 'utf8')] as const)),
      );
      const altered = (change: (file: AuthorityFileJson) => void): AuthorityFileJson => {
        const file = JSON.parse(text) as AuthorityFileJson;
        change(file);
        return file;
      };
      const [id = ''] = ids;
      const cases: readonly Case[] = [
        [
          ({ report: { totals } }) => totals.forEach((each) => (each.taxMicros = '1')),
          /^\/report\/totals\/0\/taxMicros is 1, its records have/,
        ],
        [
          ({ report: { places } }) => places.forEach((each) => (each.energyWh = '7')),
          /^\/report\/places\/0\/energyWh is 7, its records have 50000/,
        ],
        [({ records }) => records.pop(), /sessions is 2, its records have 1/],
        [({ records }) => records.push(...records.slice(0, 1)), /^\/records\/2: .* stands twice/],
        [(file) => (file.report.untilMs = file.records[0]?.cdr.endMs ?? 0), /did not end in the period/],
        [
          ({ records, report: { places } }) => {
            for (const each of [...records, ...places]) each.stationId = 'elsewhere';
          },
          new RegExp(`^${id}: it was charged at `, 'u'),
        ],
        [({ records }) => records.forEach(({ cdr }) => (cdr.endReason = 'fault')), /proves another record/],
        [
          ({ records, report: { places } }) => {
            for (const each of [...records, ...places]) each.countryCode = 'CA';
          },
          new RegExp(`^${id}: it was charged at place none in US`, 'u'),
        ],
        [
          ({ records, report: { places } }) => {
            for (const each of [...records, ...places]) each.placeId = 'mall';
          },
          new RegExp(`^${id}: it was charged at place none in US`, 'u'),
        ],
        [
          ({ records }) => records.forEach((each) => (each.disputed = 'credited')),
          new RegExp(`^${id}: disputed is credited, its bundle proves no dispute`, 'u'),
        ],
        [({ report }) => (report.asOfBlock = 3), /it was settled in block \d+, the report is as of block 3/],
        [({ report }) => (report.asOfBlock += 1), /^\/report\/asOfBlock is \d+, the checkpoint ends before/],
      ];
      for (const [change, says] of cases) {
        const file = authorityFile.parse(altered(change));
        const by = { checkpoint, bundleOf: (each: string) => bundles.get(each) ?? '' };
        assert.match((await judge(file, by)).firstFailure ?? 'holds', says);
      }
      const path = fileOf('report-altered');
      await writeFile(path, JSON.stringify(altered(({ records }) => void records.pop())));
      const { code, holds } = await verify(path);
      assert.deepEqual([code, holds], [4, false]);
    });
  });
};
