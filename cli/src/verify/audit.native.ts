import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { scenarioReport, type ScenarioReport } from '@roamgrid/wire';
import { exitOf, TOOL } from '../testing/tool.ts';
import type { LedgerReport } from './ledger.ts';

/** Bundles and whole ledgers of Fabric's own peers and ordering nodes. Needs Fabric's programs in FABRIC_BIN or PATH. */
for (const orderer of ['raft', 'bft'] as const) {
  describe(`an audit of native Fabric, ${orderer}`, function () {
    this.timeout(900_000);
    let stateDir: string;
    let report: ScenarioReport;

    before(async () => {
      stateDir = mkdtempSync(join(tmpdir(), 'audit-native-'));
      const { stdout, stderr } = await exitOf([
        ...[TOOL, 'scenario', 'alabama-duke', '--ledger', 'native', '--orderer', orderer],
        ...['--json', '--state-dir', stateDir],
      ]);
      assert.notEqual(stdout, '', stderr);
      report = scenarioReport.parse(JSON.parse(stdout));
    });
    after(() => {
      rmSync(stateDir, { recursive: true, force: true });
    });

    const file = (...names: readonly string[]): string => join(stateDir, 'audit', ...names);

    it('proves each session and the bill by the ordering nodes’ signatures, and finds changed bytes', async () => {
      const names = [...report.sessions.map(({ id }) => id), ...report.bills.map(({ billId }) => billId)];
      assert.equal(names.length, 3);
      const by = ['--checkpoint', file('checkpoint.json')];
      for (const name of names) {
        const { code, stdout } = await exitOf([TOOL, 'verify', file(`${name}.json`), ...by]);
        assert.equal(code, 0, stdout);
      }
      const bundle = file(`${names[0] ?? ''}.json`);
      const { code, stdout } = await exitOf([TOOL, 'audit', 'alter', bundle, ...by, '--every', '997']);
      assert.deepEqual([code, (JSON.parse(stdout) as { missed: number[] }).missed], [0, []]);
    });

    it('verifies the whole ledger as it was fetched with one party’s bodies, and as a peer keeps it', async () => {
      const kept = readdirSync(join(stateDir, 'native'), { recursive: true })
        .map((name) => name.toString())
        // Ordering nodes keep blocks, too, and do not know which transactions count.
        .filter((name) => name.includes('ledgersData') && name.endsWith('blockfile_000000'))
        .map((name) => dirname(join(stateDir, 'native', name)));
      assert.ok(kept.length >= 3, kept.join());
      for (const args of [
        [file('ledger', 'blocks'), '--bodies', file('ledger', 'bodies')],
        ...kept.map((folder) => [folder]),
      ]) {
        const by = ['--json', '--checkpoint', file('checkpoint.json')];
        const { stdout } = await exitOf([TOOL, 'verify', '--blocks', ...args, ...by]);
        const told = JSON.parse(stdout) as LedgerReport;
        assert.deepEqual([told.firstFailure, told.counts?.sessions.closed], [null, 2], args[0]);
      }
    });
  });
}
