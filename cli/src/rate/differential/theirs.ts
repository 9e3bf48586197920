import { spawnSync } from 'node:child_process';

/** Totals of a session before and after taxes, in ten thousandths of the currency's unit. */
export interface Totals {
  readonly before: bigint;
  readonly after: bigint;
}

export type Answer =
  { readonly kind: 'priced'; readonly totals: Totals } | { readonly kind: 'refused'; readonly why: string };

const PLACES = 4;

/** An amount as the tool prints it, `€5.5000` or `€0`. */
const tenThousandths = (text: string): bigint => {
  const [whole = '0', fraction = ''] = text.replace(/[^\d.-]/gu, '').split('.');
  return BigInt(whole + fraction.padEnd(PLACES, '0').slice(0, PLACES));
};

/** The tool's version, or undefined where it cannot be run. */
export const versionOf = (tool: string): string | undefined => {
  const { status, stdout } = spawnSync(tool, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
};

/** What `ocpi-tariffs price` makes of a CDR under a tariff; its own totals, not whether they are those of the CDR. */
export const theirs = (
  tool: string,
  { cdr, tariff, zone, version }: { cdr: string; tariff?: string; zone: string; version: 'v221' | 'v211' },
): Answer => {
  const { stdout, stderr } = spawnSync(
    tool,
    ['price', '-c', cdr, ...(tariff === undefined ? [] : ['-t', tariff]), '-z', zone, '-o', version],
    { encoding: 'utf8' },
  );
  const report = (side: string): string | undefined =>
    new RegExp(`^\\| Total Cost \\(${side}\\.\\) +\\| ([^|]+?) +\\|`, 'mu').exec(stdout)?.[1];
  const [before, after] = [report('Excl'), report('Incl')];
  if (before !== undefined && after !== undefined)
    return {
      kind: 'priced',
      totals: { before: tenThousandths(before), after: tenThousandths(after) },
    };
  const why = stderr.split('\n').find((line) => /error/iu.test(line)) ?? stderr.trim();
  return { kind: 'refused', why: why.slice(0, 160) };
};
