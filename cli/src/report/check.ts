import { verifyBundle } from '@roamgrid/auditor';
import { nodePrimitives } from '@roamgrid/auditor/node';
import {
  auditBundle,
  canonicalText,
  cdr as cdrSchema,
  parseSettled,
  sessionOpenBody,
  type AuthorityFile,
  type AuthorityPlace,
  type AuthorityRecord,
} from '@roamgrid/wire';

/** Whether a report says what its records say, and whether each record is the one that the ledger proves. */

const FIELDS = ['energyWh', 'netMicros', 'taxMicros', 'totalMicros'] as const;
type Amounts = Readonly<Record<(typeof FIELDS)[number], bigint>> & { readonly sessions: number };

const sumOf = (records: readonly AuthorityRecord[]): Amounts => {
  const sum = (field: (typeof FIELDS)[number]): bigint =>
    records.reduce((total, { cdr }) => total + cdr[field], 0n);
  return {
    sessions: records.length,
    energyWh: sum('energyWh'),
    netMicros: sum('netMicros'),
    taxMicros: sum('taxMicros'),
    totalMicros: sum('totalMicros'),
  };
};

const differences = (where: string, told: Amounts, found: Amounts): readonly string[] =>
  (['sessions', ...FIELDS] as const).flatMap((field) =>
    told[field] === found[field]
      ? []
      : [`${where}: ${field} is ${told[field]}, its records have ${found[field]}`],
  );

const elementDifferences = (place: AuthorityPlace, records: readonly AuthorityRecord[]): readonly string[] =>
  place.elements.flatMap(({ tariffId, tariffVersion, kind, element, unit, amountMicros, taxMicros }) => {
    const lines = records
      .filter(({ cdr }) => cdr.tariffId === tariffId && cdr.tariffVersion === tariffVersion)
      .flatMap(({ cdr }) => cdr.lines)
      .filter((line) => line.kind === kind && line.element === element && line.unit === unit);
    const net = lines.reduce((sum, line) => sum + line.amountMicros, 0n);
    const tax = lines.reduce((sum, line) => sum + line.taxMicros, 0n);
    const where = `${place.stationId}: ${kind} of ${tariffId} version ${tariffVersion}`;
    return net === amountMicros && tax === taxMicros
      ? []
      : [`${where} is ${amountMicros} and ${taxMicros} of tax, its lines have ${net} and ${tax}`];
  });

/** What a report and its records do not agree on, in words; nothing when they do. */
const disagreements = ({ report, records }: AuthorityFile): readonly string[] => {
  const { fromMs, untilMs, places, totals } = report;
  const ids = records.map(({ cdr }) => cdr.sessionId);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  const outside = records.filter(({ cdr }) => cdr.endMs < fromMs || cdr.endMs >= untilMs);
  const of = (place: AuthorityPlace): readonly AuthorityRecord[] =>
    records.filter(
      ({ cdr, stationId }) =>
        stationId === place.stationId &&
        cdr.vun === place.vun &&
        cdr.hun === place.hun &&
        cdr.currency === place.currency,
    );
  const covered = places.reduce((count, place) => count + of(place).length, 0);
  return [
    ...twice.map((id) => `${id} stands twice`),
    ...outside.map(({ cdr }) => `${cdr.sessionId} did not end in the period`),
    ...places.flatMap((place) => [
      ...differences(place.stationId, place, sumOf(of(place))),
      ...elementDifferences(place, of(place)),
    ]),
    ...(covered === records.length
      ? []
      : [`${records.length - covered} records are of no place of the report`]),
    ...totals.flatMap((total) =>
      differences(total.currency, total, sumOf(records.filter(({ cdr }) => cdr.currency === total.currency))),
    ),
    ...[...new Set(records.map(({ cdr }) => cdr.currency))]
      .filter((currency) => !totals.some((total) => total.currency === currency))
      .map((currency) => `${currency} has no total`),
  ];
};

/** Why a record is not proven by a bundle; undefined when it is. */
const unproven = async (
  { cdr, stationId }: AuthorityRecord,
  bundle: string,
  checkpoint: string,
): Promise<string | undefined> => {
  const verdict = await verifyBundle(nodePrimitives, bundle, checkpoint);
  if (!verdict.holds) return `${cdr.sessionId}: ${verdict.firstFailure}`;
  const { cdr: proven, bodies } = auditBundle.parse(JSON.parse(bundle));
  if (canonicalText(cdrSchema, proven) !== canonicalText(cdrSchema, cdr))
    return `${cdr.sessionId}: the ledger proves another record`;
  const { quote } = sessionOpenBody.parse(JSON.parse(parseSettled(bodies.settled).openText));
  return quote.stationId === stationId ? undefined : `${cdr.sessionId}: it was charged at ${quote.stationId}`;
};

/** What records are proven with. */
export interface Proofs {
  readonly checkpoint: string;
  readonly bundleOf: (sessionId: string) => string;
}

/** The first thing of a report that does not hold, and how many of its records are proven; without proofs its sums alone are judged. */
export const judge = async (
  file: AuthorityFile,
  proofs: Proofs | undefined,
): Promise<{ readonly firstFailure: string | undefined; readonly proven: number }> => {
  const [differs] = disagreements(file);
  if (differs !== undefined || proofs === undefined) return { firstFailure: differs, proven: 0 };
  let proven = 0;
  for (const record of file.records) {
    const failure = await unproven(record, proofs.bundleOf(record.cdr.sessionId), proofs.checkpoint);
    if (failure !== undefined) return { firstFailure: failure, proven };
    proven += 1;
  }
  return { firstFailure: undefined, proven };
};
