import { readFileSync } from 'node:fs';
import { DEFAULT_POLICY, rateCdr, type PricingPolicy } from '@roamgrid/domain';
import { readCdr, readTariffs, zoneOf } from '../read-input.ts';
import type { Answer, Totals } from './theirs.ts';

/** Choices of the specification that the other engine makes otherwise; their reasons are in `docs/errata.md`. */
const CHOICES = {
  stepBasis: 'used',
  straddle: 'period-start',
  powerRange: 'any-moment',
  mixedTimeStep: 'last',
  volumes: 'as-stated',
} as const satisfies Partial<PricingPolicy>;
type Choice = keyof typeof CHOICES;
const NAMES = Object.keys(CHOICES) as readonly Choice[];

/** Every set of choices, the smallest first. */
const SETS: readonly (readonly Choice[])[] = Array.from({ length: 2 ** NAMES.length }, (_, bits) =>
  NAMES.filter((_name, at) => (bits >> at) & 1),
).sort((left, right) => left.length - right.length);

const MICROS_EACH = 100n;
const rounded = (micros: bigint): bigint => (micros + MICROS_EACH / 2n) / MICROS_EACH;

const io = {
  read: (path: string) => readFileSync(path, 'utf8'),
  out: () => undefined,
  err: () => undefined,
  exitCode: () => undefined,
  exit: (code: number): never => {
    throw new Error(`the command ended with ${code}`);
  },
};

type Element = Readonly<Record<string, unknown>> & {
  readonly restrictions?: Readonly<Record<string, unknown>>;
};

const lacking =
  (...names: readonly string[]) =>
  (element: Element): Element => ({
    ...element,
    restrictions: Object.fromEntries(
      Object.entries(element.restrictions ?? {}).filter(([name]) => !names.includes(name)),
    ),
  });

/**
 * What the other engine leaves out of a tariff, tried on ours: elements of reservations, and limits of a power whose end the CDR does
 * not state (`docs/errata.md`, E8, has ours).
 */
const LACKS: readonly (readonly [
  lack: string | undefined,
  without: (element: Element) => Element | undefined,
])[] = [
  [undefined, (element) => element],
  ['reservation', (element) => (element.restrictions?.['reservation'] === undefined ? element : undefined)],
  ['min_power', lacking('min_power')],
  ['max_power', lacking('max_power')],
  ['min_power', lacking('min_power', 'max_power')],
];

/** The tariff file with each element as it is left. */
const lessen = (path: string, without: (element: Element) => Element | undefined): typeof io => ({
  ...io,
  read: (file) => {
    const text = readFileSync(file, 'utf8');
    if (file !== path) return text;
    const tariff = JSON.parse(text) as { readonly elements?: readonly Element[] };
    if (tariff.elements === undefined) return text;
    return JSON.stringify({
      ...tariff,
      elements: tariff.elements.map(without).filter((each) => each !== undefined),
    });
  },
});

const priced = (
  files: { readonly cdr: string; readonly tariff?: string; readonly zone: string },
  choices: readonly Choice[],
  without: (element: Element) => Element | undefined = (element) => element,
): Answer => {
  const tariffs =
    files.tariff === undefined ? undefined : readTariffs(lessen(files.tariff, without), files.tariff).tariffs;
  const cdr = readCdr(io, files.cdr, tariffs === undefined);
  const { offsets } = zoneOf(cdr, files.cdr, files.zone);
  const policy = {
    ...DEFAULT_POLICY,
    ...Object.fromEntries(choices.map((choice) => [choice, CHOICES[choice]])),
  };
  const rated = rateCdr({ cdr, zoneOffsets: offsets, policy, ...(tariffs && { tariffs }) });
  if (!rated.ok) return { kind: 'refused', why: rated.error.map(({ code }) => code).join(', ') };
  const { totalMicros, totalInclTaxMicros } = rated.value;
  return {
    kind: 'priced',
    totals: { before: rounded(totalMicros), after: rounded(totalInclTaxMicros) },
  };
};

/** Amounts of a CDR that names no tax, where the two say the same of taxes in different ways, are compared before taxes. */
const isSame = (own: Totals, other: Totals): boolean => {
  const near = (a: bigint, b: bigint): boolean => a - b <= 1n && b - a <= 1n;
  return near(own.before, other.before) && (other.after === 0n || near(own.after, other.after));
};

export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'explained'; readonly by: string; readonly own: Totals }
  | { readonly kind: 'unexplained'; readonly own: Answer };

/** Whether both engines price alike, or which choices of ours would have to be other ones for it. */
export const judge = (
  files: { readonly cdr: string; readonly tariff?: string; readonly zone: string },
  other: Totals,
): Verdict => {
  const own = priced(files, []);
  if (own.kind !== 'priced') return { kind: 'unexplained', own };
  if (isSame(own.totals, other)) return { kind: 'same' };
  for (const [lack, without] of LACKS) {
    const text = files.tariff === undefined ? undefined : readFileSync(files.tariff, 'utf8');
    if (lack !== undefined && (text === undefined || !text.includes(`"${lack}"`))) continue;
    for (const choices of SETS) {
      const tried = priced(files, choices, without);
      if (tried.kind === 'priced' && isSame(tried.totals, other))
        return {
          kind: 'explained',
          by: [...(lack === undefined ? [] : [lack]), ...choices].join(' + '),
          own: own.totals,
        };
    }
  }
  // Whoever knows no reservations prices one that expired as a session without energy.
  const cdr = readFileSync(files.cdr, 'utf8');
  if (cdr.includes('"RESERVATION_TIME"') && !/"(?:ENERGY|TIME)"/u.test(cdr))
    return { kind: 'explained', by: 'expired reservation', own: own.totals };
  return { kind: 'unexplained', own };
};
