import assert from 'node:assert/strict';
import { verifyBundle } from '@roamgrid/auditor';
import { nodePrimitives } from '@roamgrid/auditor/node';
import { answerBody, type AuditBundle, type Bill } from '@roamgrid/wire';
import { billBundleText, checkpointText, makeCheckpoint } from '../../audit/files.ts';
import { doorTo } from '../../audit/keep-bundles.ts';
import type { DisputesLived } from '../run-dispute.ts';
import type { DisputeStage } from '../stage.ts';

/** A driver's bills proven as an auditor does, from two files: those that were issued, and those that correct them. */

type Told = Exclude<Awaited<ReturnType<typeof verifyBundle>>, { readonly holds: false }>['told'];

/** A bill of other lines and corrections, that comes to them. */
const billOf = (bill: Bill, lines: Bill['lines'], corrections: Bill['corrections']): Bill => {
  const sum = (
    all: Bill['lines'] | NonNullable<Bill['corrections']>,
    name: 'totalMicros' | 'driverShareMicros',
  ) => all.reduce((total, each) => total + each[name], 0n);
  const { corrections: _all, ...rest } = bill;
  const more = corrections ?? [];
  const [sessionsMicros, creditMicros] = [sum(lines, 'totalMicros'), sum(lines, 'driverShareMicros')];
  const payableMicros =
    sessionsMicros - creditMicros + sum(more, 'totalMicros') - sum(more, 'driverShareMicros');
  return {
    ...{ ...rest, lines, sessionsMicros, creditMicros, payableMicros },
    ...(corrections && { corrections }),
  };
};

interface BillFile {
  readonly corrected: [Pick<AuditBundle, 'clearing'>];
}

/** Proves the bills of the story, and that none holds that corrects by anything else than what the ledger says disputes came to. */
export const proveBills = async (
  { home, visited }: DisputeStage,
  { bills: { first, later }, reading }: DisputesLived,
): Promise<void> => {
  const doors = [home, visited].map((utility) => doorTo(utility));
  const checkpoint = await makeCheckpoint(doors);
  const verify = (text: string) => verifyBundle(nodePrimitives, text, checkpointText(checkpoint));
  const textOf = (bill: Bill): Promise<string> => billBundleText(doors, bill, checkpoint);
  const proven = async (bill: Bill): Promise<Told> => {
    const verdict = await verify(await textOf(bill));
    assert.ok(verdict.holds, verdict.holds ? '' : verdict.firstFailure);
    return verdict.told;
  };
  const failure = async (text: string): Promise<string> => {
    const verdict = await verify(text);
    return verdict.holds ? 'it holds' : verdict.firstFailure;
  };
  const idOf = (fate: string): string =>
    reading.records.find((record) => record.fate === fate)?.sessionId ?? assert.fail();
  const lineOf = (fate: string) =>
    first.lines.find(({ sessionId }) => sessionId === idOf(fate)) ?? assert.fail();
  const corrections = later.corrections ?? assert.fail();

  assert.equal((await proven(first)).sessions.length, reading.records.length);
  const { bill: told, clearing } = await proven(later);
  assert.deepEqual([told?.corrections, told?.payableMicros], [4, later.payableMicros]);
  assert.ok([...clearing.keys()].some((key) => key.startsWith('credit:')));

  const revised = corrections.filter(({ sessionId }) => sessionId === idOf('revised'));
  const one = await textOf(billOf(later, [], revised));
  // As if its period had not been over: the record stands on the bill by what its dispute came to.
  const { answer } = (JSON.parse(one) as BillFile).corrected[0].clearing?.dispute ?? assert.fail();
  const { energyWh, totalMicros, shares } = answerBody.parse(JSON.parse(answer ?? ''));
  const decided = { ...lineOf('revised'), energyWh, totalMicros, driverShareMicros: shares.driver };
  await proven(billOf(later, [decided], undefined));

  const more = revised.map((each) => ({ ...each, totalMicros: each.totalMicros + 1n }));
  const honest = revised.map((each) => ({ ...each, sessionId: idOf('honest') }));
  const cases: readonly (readonly [text: string, says: RegExp])[] = [
    [await textOf(billOf(later, [], more)), /the correction of .* is not what its dispute came to/],
    [await textOf(billOf(later, [], honest)), /the ledger has no dispute of .* that is over/],
  ];
  for (const [text, says] of cases) assert.match(await failure(text), says);
};
