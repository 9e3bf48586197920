import {
  auditBundle,
  authorityFile,
  authorityRecordPage,
  authorityReport,
  canonicalText,
  type AuthorityFile,
  type AuthorityRecord,
} from '@roamgrid/wire';
import type { Door } from './doors.ts';

/** What an authority takes away from a utility: a report of a period and a place, its records, and what proves each. */

export interface ReportScope {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly countryCode?: string;
  readonly placeId?: string;
  readonly stationId?: string;
  /** The last block that counts: a checkpoint's last one where its records are to be proven by it. */
  readonly asOfBlock?: number;
}

const PAGE = 500;

const queryOf = (scope: object): string =>
  new URLSearchParams(
    Object.entries(scope).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();

/** @param door a gateway that is asked in role authority */
export const takeReport = async (door: Door, scope: ReportScope): Promise<AuthorityFile> => {
  const url = `${door.url}/authority/v1`;
  const report = await door.ask('GET', `${url}/report?${queryOf(scope)}`, undefined, authorityReport);
  const records: AuthorityRecord[] = [];
  for (let after: string | undefined; ;) {
    // Whatever is settled in the meantime is in neither.
    const { asOfBlock } = report;
    const query = queryOf({ ...scope, asOfBlock, limit: PAGE, ...(after !== undefined && { after }) });
    const page = await door.ask('GET', `${url}/records?${query}`, undefined, authorityRecordPage);
    records.push(...page.items);
    after = page.cursor;
    if (after === undefined) return { format: 'roamgrid-report', version: 1, report, records };
  }
};

export const reportText = (file: AuthorityFile): string => canonicalText(authorityFile, file);

/** One record's bundle under a checkpoint of so many blocks. */
export const proofText = async (door: Door, sessionId: string, blocks: number): Promise<string> => {
  const url = `${door.url}/authority/v1/proofs/${sessionId}?blocks=${blocks}`;
  return canonicalText(auditBundle, await door.ask('GET', url, undefined, auditBundle));
};
