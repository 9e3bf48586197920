import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportAudits } from '../report/testing/report-audits.ts';
import {
  canonicalJson,
  scenarioReport,
  type AuditBundle,
  type AuditCheckpoint,
  type JsonValue,
  type ScenarioReport,
} from '@roamgrid/wire';
import { exitOf, TOOL } from '../testing/tool.ts';
import { privacyOfRun } from './testing/privacy.ts';
import { auditBill } from '../verify/testing/audit-bill.ts';
import { ledgerAudits } from '../verify/testing/ledger-audits.ts';

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

describe('the Alabama–Duke scenario', () => {
  let stateDir: string;
  let report: ScenarioReport;
  let logs: string;

  before(async function () {
    this.timeout(180_000);
    stateDir = await mkdtemp(join(tmpdir(), 'scenario-'));
    const told = await exitOf([
      ...[TOOL, 'scenario', 'alabama-duke', '--json', '--verbose', '--state-dir', stateDir],
    ]);
    const { stdout } = told;
    logs = told.stderr;
    assert.equal(stdout.trim().split('\n').length, 1, 'one JSON object on standard output');
    report = scenarioReport.parse(JSON.parse(stdout));
  });
  after(() => rm(stateDir, { recursive: true, force: true }));

  it('authorises the first visit at home and the second from the cached profile', () => {
    assert.deepEqual(
      report.sessions.map(({ authorisedBy }) => authorisedBy),
      ['home', 'cache'],
    );
  });

  it('charges exactly the energy that was asked for and never above the consented cap', () => {
    assert.deepEqual(
      report.sessions.map(({ energyWh }) => energyWh),
      [30_000n, 20_000n],
    );
    for (const session of report.sessions) assert.ok(session.totalMicros <= session.capMicros);
  });

  it('prices the first session on both sides of the start of the peak hours', () => {
    const energy = report.sessions[0]?.lines.filter(({ kind }) => kind === 'ENERGY') ?? [];
    assert.deepEqual(
      energy.map(({ unitPrice }) => unitPrice),
      ['0.18081', '0.39404'],
    );
  });

  it('comes to the micro to what it always came to: on an ordinary day measured demand moves nothing', () => {
    assert.deepEqual(
      report.sessions.map(({ totalMicros }) => totalMicros),
      [7_500_733n, 8_010_833n],
    );
    assert.deepEqual(report.netMicros, { USALP: -14_270_640n, USDUK: 14_270_640n, USGPC: 0n });
    for (const { lines } of report.sessions) {
      const moves = lines.filter(({ kind }) => kind === 'ADAPTATION');
      assert.deepEqual(
        moves.map(({ amountMicros, grid }) => [amountMicros, grid?.outcome, grid?.ruleVersion]),
        [
          [0n, 'measured', 1],
          [0n, 'measured', 1],
        ],
      );
    }
  });

  it('gives the gold customer the negotiated discount as a line of its own', () => {
    for (const session of report.sessions) {
      assert.equal(session.adjustmentPpm, -50_000n);
      assert.ok(session.lines.some(({ kind, amountMicros }) => kind === 'ADJUSTMENT' && amountMicros < 0n));
    }
  });

  it('makes lines add up to the net and shares to the total', () => {
    for (const { lines, netMicros, taxMicros, totalMicros, shares } of report.sessions) {
      assert.equal(sum(lines.map(({ amountMicros }) => amountMicros)), netMicros);
      assert.equal(netMicros + taxMicros, totalMicros);
      assert.equal(shares.hun + shares.vun + shares.infrastructure + shares.driver, totalMicros);
    }
  });

  it('ends with one bill from home with both sessions', () => {
    assert.equal(report.bills.length, 1);
    const [bill] = report.bills;
    assert.equal(bill?.utilityId, 'USALP');
    assert.deepEqual(
      bill.lines.map(({ sessionId }) => sessionId).sort(),
      report.sessions.map(({ id }) => id).sort(),
    );
    assert.equal(bill.sessionsMicros - bill.creditMicros, bill.payableMicros);
  });

  it('ends with one paid invoice of the visited utility', () => {
    assert.deepEqual(
      report.invoices.map(({ vun, hun, state }) => [vun, hun, state]),
      [['USDUK', 'USALP', 'paid']],
    );
    assert.deepEqual(
      report.payments.map(({ payer, payee, state }) => [payer, payee, state]),
      [['USALP', 'USDUK', 'confirmed']],
    );
  });

  it('reconciles to the micro-unit', () => {
    const total = sum(report.sessions.map(({ totalMicros }) => totalMicros));
    assert.equal(sum(report.invoices.map(({ totalMicros }) => totalMicros)), total);
    assert.equal(sum(Object.values(report.netMicros)), 0n);
    assert.equal(report.netMicros['USDUK'], report.invoices[0]?.payableMicros);
  });

  it('leaves a chain that verifies and the recorded grid demand on it', () => {
    assert.equal(report.chain, 'verified');
    assert.equal(report.gridDemand.readings, 168);
  });

  describe('verified offline by an auditor', () => {
    const fileOf = (name: string): string => join(stateDir, 'audit', `${name}.json`);
    const checkpoint = (): string => fileOf('checkpoint');
    const verify = async (bundle: string, by = checkpoint()) => {
      const { code, stdout } = await exitOf([TOOL, 'verify', bundle, '--checkpoint', by, '--json']);
      return {
        code,
        ...(JSON.parse(stdout) as { holds: boolean; firstFailure: string | null; trusted: object | null }),
      };
    };
    const idOf = (index: number): string => report.sessions[index]?.id ?? '';

    it('holds from the meter’s signature to the confirmed payment, by a checkpoint that two utilities signed', async () => {
      for (const index of [0, 1]) {
        const { code, holds, firstFailure, trusted } = await verify(fileOf(idOf(index)));
        assert.deepEqual([code, holds, firstFailure], [0, true, null]);
        assert.match(JSON.stringify(trusted), /"USDUK".*"USALP"/);
      }
      const { stdout } = await exitOf([TOOL, 'verify', fileOf(idOf(0)), '--checkpoint', checkpoint()]);
      assert.match(
        stdout,
        /^holds: USDUK-USALP-g0-1, 30000 Wh for 7.500733 USD, invoice:.* payment:.* confirmed\n$/,
      );
    });

    it('holds for the driver’s bill with both sessions, and not for one that says a micro more', () =>
      auditBill(fileOf(report.bills[0]?.billId ?? ''), checkpoint()));

    it('finds any single changed byte', async function () {
      this.timeout(180_000);
      const { code, stdout } = await exitOf([
        ...[TOOL, 'audit', 'alter', fileOf(idOf(0)), '--checkpoint', checkpoint(), '--every', '97'],
      ]);
      const { changed, missed } = JSON.parse(stdout) as { changed: number; missed: number[] };
      assert.deepEqual([code, missed], [0, []]);
      assert.ok(changed > 1_000);
    });

    it('says the first thing that does not hold, and tells what is false from what cannot be read', async () => {
      const bundle = JSON.parse(await readFile(fileOf(idOf(0)), 'utf8')) as AuditBundle;
      const trusted = JSON.parse(await readFile(checkpoint(), 'utf8')) as AuditCheckpoint;
      const other = JSON.parse(await readFile(fileOf(idOf(1)), 'utf8')) as AuditBundle;
      const forged = join(stateDir, 'forged.json');
      const told = async (value: JsonValue) => {
        await writeFile(forged, canonicalJson(value));
        return forged;
      };
      const json = (value: object) => value as unknown as JsonValue;
      const cases: readonly [text: RegExp, code: number, bundle: object, by?: object][] = [
        [/not what the readings, the tariff and the terms give/, 4, { ...bundle, cdr: other.cdr }],
        [
          /not under its batch’s root/,
          4,
          {
            ...bundle,
            sessionId: other.sessionId,
            bodies: { ...bundle.bodies, settled: other.bodies.settled },
          },
        ],
        [
          /the terms are not those that both signed/,
          4,
          { ...bundle, bodies: { ...bundle.bodies, terms: '{}' } },
        ],
        [/block \d+ is needed and missing/, 4, { ...bundle, blocks: bundle.blocks.slice(0, -1) }],
        [/the bodies are of another session/, 4, { ...bundle, sessionId: other.sessionId }],
        [/has note, which proves nothing/, 3, { ...bundle, note: '' }],
        [
          /signed by 1 utilities: 2 are needed/,
          4,
          bundle,
          { ...trusted, signatures: trusted.signatures.slice(1) },
        ],
        [/not signed by USDUK as it says/, 4, bundle, { ...trusted, blocks: trusted.blocks - 1 }],
        [
          /is not one that the checkpoint covers|not signed by/,
          4,
          bundle,
          { ...trusted, root: 'ab'.repeat(32) },
        ],
      ];
      for (const [text, code, changed, by] of cases) {
        const file = join(stateDir, 'checkpoint-forged.json');
        await writeFile(file, canonicalJson(json(by ?? trusted)));
        const verdict = await verify(await told(json(changed)), file);
        assert.match(verdict.firstFailure ?? '', text);
        assert.deepEqual([verdict.code, verdict.holds], [code, false], verdict.firstFailure ?? '');
      }
      await writeFile(forged, `${canonicalJson(json(bundle))}\n`);
      assert.equal((await verify(forged)).code, 3);
    });
  });

  reportAudits(
    () => stateDir,
    () => report.sessions.map(({ id }) => id),
  );
  ledgerAudits(() => stateDir);
  privacyOfRun(
    () => stateDir,
    () => logs,
  );
});
