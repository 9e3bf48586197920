import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { framed, generatePair } from './generate.ts';
import { judge, type Verdict } from './ours.ts';
import { theirs, versionOf } from './theirs.ts';
import { cdrOf, WORKED } from './worked.ts';

/**
 * `npm run test:differential`: our prices beside those of the public Rust tool `ocpi-tariffs` (`cargo install ocpi-tariffs-cli`),
 * which `OCPI_TARIFFS` or the path has to lead to: on the published worked examples, where `ROAMGRID_VECTORS` has them, on CDRs
 * of `ROAMGRID_CDRS`, and on generated pairs (`PAIRS`, 500 when left out, from `SEED` on). Ends with 1 at a difference that no choice of the
 * specification explains; `docs/field.md` has the others kind by kind.
 */
const TOOL = process.env['OCPI_TARIFFS'] ?? 'ocpi-tariffs';
const PAIRS = Number(process.env['PAIRS'] ?? 500);
const SEED = Number(process.env['SEED'] ?? 1);
const VECTORS = process.env['ROAMGRID_VECTORS'];
const CDRS = process.env['ROAMGRID_CDRS'];

interface Case {
  readonly name: string;
  readonly cdr: string;
  readonly tariff?: string;
  readonly zone: string;
  readonly version: 'v221' | 'v211';
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const directory = mkdtempSync(join(tmpdir(), 'differential-'));
const keep = (name: string, json: unknown): string => {
  const path = join(directory, `${name.replace(/[^\w.-]/gu, '_')}.json`);
  writeFileSync(path, JSON.stringify(json));
  return path;
};

const publishedCases = (folder: string): readonly Case[] =>
  readdirSync(folder)
    .sort()
    .flatMap((release): Case[] => {
      const examples = join(folder, release, 'examples');
      const version = release === '2.1.1' ? 'v211' : 'v221';
      const worked = WORKED.filter(([file]) => existsSync(join(examples, file))).map(
        ([file, periods, end], at): Case => {
          const tariff = join(examples, file);
          const { currency } = JSON.parse(readFileSync(tariff, 'utf8')) as { currency: string };
          const cdr = framed(JSON.parse(cdrOf(periods, end, currency)) as Record<string, unknown>);
          const name = `${release} ${file}`;
          return { name, cdr: keep(`${name}-${at}`, cdr), tariff, zone: 'UTC', version };
        },
      );
      const sample = join(examples, 'cdr_example.json');
      return [...worked, { name: `${release} cdr_example.json`, cdr: sample, zone: 'UTC', version }];
    });

const folderCases = (folder: string): readonly Case[] =>
  readdirSync(folder)
    .sort()
    .filter((name) => existsSync(join(folder, name, 'cdr.json')))
    .map((name) => {
      const tariff = join(folder, name, 'tariff.json');
      const cdr = framed(
        JSON.parse(readFileSync(join(folder, name, 'cdr.json'), 'utf8')) as Record<string, unknown>,
      );
      return {
        name,
        cdr: keep(name, cdr),
        ...(existsSync(tariff) && { tariff }),
        zone: 'UTC',
        version: 'v221',
      };
    });

const generated = (): readonly Case[] =>
  Array.from({ length: PAIRS }, (_, at): Case => {
    const { seed, tariff, cdr, zone } = generatePair(SEED + at);
    const name = `pair ${seed}`;
    return { name, cdr: keep(name, cdr), tariff: keep(`${name} tariff`, tariff), zone, version: 'v221' };
  });

const text = (verdict: Verdict, other: { before: bigint; after: bigint }): string => {
  const amount = (each: bigint): string => (Number(each) / 10_000).toFixed(4);
  const own = verdict.kind === 'same' ? undefined : verdict.own;
  const ours =
    own === undefined
      ? ''
      : 'kind' in own
        ? own.kind === 'priced'
          ? `${amount(own.totals.before)}/${amount(own.totals.after)}`
          : `refused ${own.why}`
        : `${amount(own.before)}/${amount(own.after)}`;
  return `ours ${ours}, theirs ${amount(other.before)}/${amount(other.after)}`;
};

/** Prints each difference and how many there are of each kind; returns how many nothing explains. */
const compareAll = (title: string, cases: readonly Case[]): number => {
  const counts = new Map<string, number>();
  let unexplained = 0;
  for (const each of cases) {
    const other = theirs(TOOL, each);
    let kind = `not priced by the tool`;
    if (other.kind === 'refused') say(`  ${each.name}: ${kind}: ${other.why}`);
    else {
      const verdict = judge(each, other.totals);
      kind = verdict.kind === 'explained' ? `${verdict.kind} by ${verdict.by}` : verdict.kind;
      if (verdict.kind !== 'same') say(`  ${each.name}: ${kind}: ${text(verdict, other.totals)}`);
      if (verdict.kind === 'unexplained') unexplained += 1;
    }
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  say(`${title}: ${cases.length}`);
  for (const [kind, count] of [...counts].sort((a, b) => b[1] - a[1])) say(`  ${count} ${kind}`);
  return unexplained;
};

const version = versionOf(TOOL);
if (version === undefined) {
  say(`skipped: no ocpi-tariffs here (OCPI_TARIFFS names it; cargo install ocpi-tariffs-cli brings it)`);
} else {
  say(version);
  const unexplained =
    (VECTORS === undefined ? 0 : compareAll('published examples', publishedCases(join(VECTORS, 'ocpi')))) +
    (CDRS === undefined ? 0 : compareAll('CDRs', folderCases(CDRS))) +
    compareAll('generated pairs', generated());
  if (unexplained > 0) process.exitCode = 1;
}
rmSync(directory, { recursive: true });
