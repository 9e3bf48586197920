import { verifyBundle } from '@roamgrid/auditor';
import { nodePrimitives } from '@roamgrid/auditor/node';
import {
  auditBundle,
  authorityReport,
  bodyHash,
  canonicalText,
  cdr as cdrSchema,
  disputeIdOf,
  ReportSums,
  stateKey,
  type AuthorityFile,
  type AuthorityRecord,
  type JsonValue,
} from '@roamgrid/wire';
import { z } from 'zod';

/**
 * Whether a report says what its records say, and whether each record is the one that the ledger proves. What does not hold is named
 * by its JSON pointer in the file. Spec: RFC 6901.
 */

type Maybe = JsonValue | undefined;

const brief = (value: Maybe): string => (typeof value === 'string' ? value : JSON.stringify(value));

const isNested = (value: Maybe): value is JsonValue[] | { [name: string]: JsonValue } =>
  typeof value === 'object' && value !== null;

/** The first element, in the order of the schema, that two values do not have alike. */
const firstDifference = (told: Maybe, found: Maybe, pointer: string): string | undefined => {
  if (told === undefined) return `${pointer} is missing, its records have ${brief(found)}`;
  if (found === undefined) return `${pointer} is ${brief(told)}, its records have nothing of it`;
  if (!isNested(told) || !isNested(found))
    return told === found ? undefined : `${pointer} is ${brief(told)}, its records have ${brief(found)}`;
  const [own, others] = [told, found].map((each) => new Map(Object.entries(each)));
  for (const name of new Set([...(others?.keys() ?? []), ...(own?.keys() ?? [])])) {
    const difference = firstDifference(own?.get(name), others?.get(name), `${pointer}/${name}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
};

/** Why a record has no place in the report; undefined when it has. */
const misplaced = (
  { utilityId, fromMs, untilMs, ...place }: AuthorityFile['report'],
  { cdr, ...at }: AuthorityRecord,
): string | undefined => {
  const { sessionId, vun, hun, endMs } = cdr;
  if (endMs < fromMs || endMs >= untilMs) return `${sessionId} did not end in the period`;
  if (vun !== utilityId && hun !== utilityId) return `${utilityId} is no party of ${sessionId}`;
  const [other] = (['countryCode', 'placeId', 'stationId'] as const).filter(
    (name) => place[name] !== undefined && place[name] !== at[name],
  );
  return other && `${sessionId} has ${other} ${at[other] ?? 'unknown'}, the report is of ${place[other]}`;
};

/** The first thing that a report and its records do not agree on: the records make the whole report anew. */
const disagreement = ({ report, records }: AuthorityFile): string | undefined => {
  const seen = new Set<string>();
  const sums = new ReportSums();
  for (const [index, record] of records.entries()) {
    const { sessionId } = record.cdr;
    const fault = seen.has(sessionId) ? `${sessionId} stands twice` : misplaced(report, record);
    if (fault !== undefined) return `/records/${index}: ${fault}`;
    seen.add(sessionId);
    sums.add(record);
  }
  const { places: _places, totals: _totals, ...head } = report;
  const json = (value: typeof report) => z.encode(authorityReport, value) as unknown as JsonValue;
  return firstDifference(json(report), json(sums.report(head)), '/report');
};

/** What records are proven with. */
export interface Proofs {
  readonly checkpoint: string;
  readonly bundleOf: (sessionId: string) => string;
}

/** Why a record is not proven by its bundle; undefined when it is. */
const unproven = async (
  { asOfBlock }: AuthorityFile['report'],
  { cdr, ...at }: AuthorityRecord,
  { bundleOf, checkpoint }: Proofs,
): Promise<string | undefined> => {
  const { sessionId } = cdr;
  const bundle = bundleOf(sessionId);
  const verdict = await verifyBundle(nodePrimitives, bundle, checkpoint);
  if (!verdict.holds) return `${sessionId}: ${verdict.firstFailure}`;
  const { cdr: proven, bodies, settle } = auditBundle.parse(JSON.parse(bundle));
  if (canonicalText(cdrSchema, proven) !== canonicalText(cdrSchema, cdr))
    return `${sessionId}: the ledger proves another record`;
  const [session] = verdict.told.sessions;
  const { stationId, countryCode, placeId } = session?.station ?? {};
  const charged = `${sessionId}: it was charged at`;
  if (stationId !== at.stationId) return `${charged} ${stationId ?? 'no station'}`;
  if (countryCode !== at.countryCode || placeId !== at.placeId)
    return `${charged} place ${placeId ?? 'none'} in ${countryCode ?? 'no country'}`;
  if (settle.block > asOfBlock)
    return `${sessionId}: it was settled in block ${settle.block}, the report is as of block ${asOfBlock}`;
  if (asOfBlock >= verdict.trusted.blocks)
    return `/report/asOfBlock is ${asOfBlock}, the checkpoint ends before block ${verdict.trusted.blocks}: take the report as of the checkpoint`;
  const disputed = verdict.told.clearing.get(stateKey.dispute(disputeIdOf(bodyHash(bodies.settled))));
  return disputed === at.disputed
    ? undefined
    : `${sessionId}: disputed is ${at.disputed ?? 'not told'}, its bundle proves ${disputed ?? 'no dispute'}`;
};

/** The first thing of a report that does not hold, and how many of its records are proven; without proofs its sums alone are judged. */
export const judge = async (
  file: AuthorityFile,
  proofs: Proofs | undefined,
): Promise<{ readonly firstFailure: string | undefined; readonly proven: number }> => {
  const differs = disagreement(file);
  if (differs !== undefined || proofs === undefined) return { firstFailure: differs, proven: 0 };
  let proven = 0;
  for (const record of file.records) {
    const failure = await unproven(file.report, record, proofs);
    if (failure !== undefined) return { firstFailure: failure, proven };
    proven += 1;
  }
  return { firstFailure: undefined, proven };
};
