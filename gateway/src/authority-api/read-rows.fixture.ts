import assert from 'node:assert/strict';
import { sql, type Kysely } from 'kysely';
import type { GatewayRig } from '../testing/gateway-rig.ts';
import { withRows } from '../testing/rows.ts';
import type { GatewayDb } from '../store/schema.ts';
import { rowsAfter, type Scope } from './records.ts';

/** What PostgreSQL read for a page, as it tells itself: rows are counted, nothing is timed. */
interface Step {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Step[];
}

const RECORDS = 40_000;
const STATIONS = 40;
const LIMIT = 100;

/** A record a second, at each station in turn; a quarter of the stations lies in Canada, one of them at a place of its own. */
const fill = async (db: Kysely<GatewayDb>): Promise<void> => {
  await sql`insert into station select 'USDUK', 's' || n, jsonb_build_object('countryCode',
      case when n % 4 = 0 then 'CA' else 'US' end, 'placeId', case when n = 0 then 'mall' else 'p' || n end)
    from generate_series(0, ${STATIONS} - 1) n`.execute(db);
  await sql`insert into cdr (session_id, vun, hun, lane_id, lane_sequence, batch_id, end_ms, block_number, station_id, dispute_id, cdr)
    select 'x-' || n, 'USDUK', 'USALP', 'x', n, 'b', n * 1000, n / 100, 's' || n % ${STATIONS}, 'd' || n, '{}'
    from generate_series(1, ${RECORDS}) n`.execute(db);
  await sql`analyze station, cdr`.execute(db);
};

const stepsOf = (step: Step): readonly Step[] => [step, ...(step.Plans ?? []).flatMap(stepsOf)];

/** How a page from the middle of the period is read. */
const planOf = async (db: Kysely<GatewayDb>, place: Partial<Scope>): Promise<readonly Step[]> => {
  const scope = { fromMs: 0, untilMs: RECORDS * 1_000, asOfBlock: RECORDS, ...place };
  const after = { endMs: BigInt(RECORDS * 500), position: 0n };
  const [row] = await rowsAfter(db, scope, after, LIMIT).explain<{
    readonly 'QUERY PLAN': readonly [{ readonly Plan: Step }];
  }>('json', sql`analyze`);
  return stepsOf(row?.['QUERY PLAN'][0].Plan ?? assert.fail());
};

const readOf = (steps: readonly Step[], relation: string): readonly Step[] =>
  steps.filter((step) => step['Relation Name'] === relation);

const rowsRead = (steps: readonly Step[]): number =>
  steps.reduce(
    (sum, step) => sum + (step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0)) * step['Actual Loops'],
    0,
  );

/** @param shared a rig with a database server, on which these rows get a database of their own */
export const readRowsTests = (shared: () => GatewayRig): void => {
  it('reads of a period and a place what it gives, by an index, and no texts of sessions', () =>
    withRows(shared(), 'report_rows', async (db) => {
      await fill(db);
      const cases: readonly (readonly [place: Partial<Scope>, index: string, atMost: number])[] = [
        [{}, 'cdr_end_ms_position_idx', LIMIT],
        [{ stationId: 's7' }, 'cdr_station_id_end_ms_position_idx', LIMIT],
        // Stations of the country are a quarter of all, one after another.
        [{ countryCode: 'CA' }, 'cdr_end_ms_position_idx', 4 * LIMIT + STATIONS],
      ];
      for (const [place, index, atMost] of cases) {
        const steps = await planOf(db, place);
        const told = JSON.stringify(steps);
        const reads = readOf(steps, 'cdr');
        assert.deepEqual(
          reads.map((step) => step['Index Name']),
          [index],
          told,
        );
        assert.ok(rowsRead(reads) <= atMost, told);
        assert.equal(steps[0]?.['Actual Rows'], LIMIT);
        assert.ok(!steps.some((step) => step['Node Type'] === 'Sort'), told);
        assert.deepEqual(readOf(steps, 'settled_session'), []);
      }
      const mall = await planOf(db, { placeId: 'mall' });
      assert.ok(rowsRead(readOf(mall, 'cdr')) <= RECORDS / 2, JSON.stringify(mall));
    }));
};
