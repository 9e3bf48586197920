import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { scenarioReport, type ScenarioReport } from '@roamgrid/wire';

const TOOL = join(import.meta.dirname, '..', '..', 'bin', 'roamgrid.js');
const run = promisify(execFile);
/** Run the tool to its end, whatever its exit code. */
const exitOf = (args: readonly string[]): Promise<{ code: number; stdout: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 10_000_000 }, (error, stdout) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout });
    });
  });
const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);

describe('the Alabama–Duke scenario', () => {
  let stateDir: string;
  let report: ScenarioReport;

  before(async function () {
    this.timeout(180_000);
    stateDir = await mkdtemp(join(tmpdir(), 'scenario-'));
    const { stdout } = await run(
      process.execPath,
      [TOOL, 'scenario', 'alabama-duke', '--json', '--state-dir', stateDir],
      { maxBuffer: 10_000_000 },
    );
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
    const verify = async (...options: string[]) => {
      const { code, stdout } = await exitOf([TOOL, 'verify', '--json', '--state-dir', stateDir, ...options]);
      return {
        code,
        answer: JSON.parse(stdout) as {
          verified: boolean;
          bills: { checks: { name: string; ok: boolean }[] }[];
        },
      };
    };
    const evidenceFile = () => join(stateDir, 'evidence', `${report.sessions[0]?.id ?? ''}.json`);

    it('holds from the meter’s signature to the net position', async function () {
      this.timeout(60_000);
      const { code, answer } = await verify();
      assert.equal(code, 0);
      assert.equal(answer.bills.length, 2);
      assert.ok(answer.bills.every(({ checks }) => checks.length > 20 && checks.every(({ ok }) => ok)));
    });

    it('finds a changed reading, a changed price and a changed net position', async function () {
      this.timeout(120_000);
      const original = await readFile(evidenceFile(), 'utf8');
      const forged = join(stateDir, 'forged.json');
      const changes: [string, (text: string) => string][] = [
        [
          'the meter DUK-METER-1 signed the end reading',
          (text) =>
            text.replaceAll('\\"registerMilliWh\\":\\"30000000\\"', '\\"registerMilliWh\\":\\"29000000\\"'),
        ],
        ['the CDR is what the readings and the tariff give', (text) => text.replaceAll('0.39404', '0.39405')],
        [
          'the netting is the one on the chain',
          (text) => text.replace(/"netMicros":"-?\d+"/g, '"netMicros":"0"'),
        ],
      ];
      for (const [broken, change] of changes) {
        await writeFile(forged, change(original));
        const { code, answer } = await verify('--evidence', forged);
        assert.equal(code, 4, broken);
        assert.ok(
          answer.bills[0]?.checks.some(({ name, ok }) => name === broken && !ok),
          broken,
        );
      }
    });

    it('finds one changed byte of the chain', async function () {
      this.timeout(60_000);
      const blocks = join(stateDir, 'channels', 'roamgrid', 'blocks.dat');
      const bytes = await readFile(blocks);
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(blocks, bytes);
      const { code, answer } = await verify();
      assert.deepEqual([code, answer.verified], [4, false]);
    });
  });
});
