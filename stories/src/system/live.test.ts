import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedger } from '@roamgrid/gateway';
import { clockSwitchFile, setEndorsementClock } from '@roamgrid/test-network';
import { CHAINCODE_NAME } from '@roamgrid/wire';
import { z } from 'zod';
import { ALABAMA_POWER, DUKE_ENERGY } from './consortium.ts';
import { foundConsortium } from './admission.ts';
import { recordDemand } from './grid-demand.ts';
import { startSystem, type LocalSystem, type SystemOptions } from './system.ts';
import { until } from './until.ts';

const HOUR_MS = 3_600_000;
/** The simulated time: long ago. */
const THEN_MS = Date.UTC(2019, 4, 27, 13);
const readiness = z.object({
  checks: z.array(z.looseObject({ name: z.string(), detail: z.string().optional() })),
});

describe('a system that lives in simulated time', function () {
  this.timeout(90_000);
  const utilities = [ALABAMA_POWER, DUKE_ENERGY];
  let stateDir = '';
  let options: SystemOptions;
  let system: LocalSystem;

  before(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'live-'));
    options = {
      stateDir,
      utilities,
      ledger: { kind: 'embedded' },
      tuning: {
        logLevel: 'silent',
        simulated: { nowMs: () => THEN_MS, patienceMs: HOUR_MS, ledger: true },
      },
      progress: () => undefined,
    };
    system = await startSystem(options);
  });
  after(async () => {
    await system.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const ledgerAt = (proposalTimeMs?: () => number) => {
    const { channel, mspId, address, tlsRootCertPath, user } = system.ledger.endpoint(DUKE_ENERGY.mspId);
    const connection = { channel, mspId, endpoint: address, tlsRootCertPath };
    const users = { operator: user('operator') };
    const dated = proposalTimeMs === undefined ? {} : { proposalTimeMs };
    return openLedger({ kind: 'gateway', chaincode: CHAINCODE_NAME, ...connection, users }, dated);
  };
  /** When the last transaction on the ledger was proposed. */
  const lastProposedMs = async (): Promise<number> => {
    const ledger = ledgerAt();
    const stop = new AbortController();
    try {
      const last = (await ledger.height()) - 1n;
      for await (const { transactions } of ledger.blocks(last, stop.signal))
        return transactions[0]?.atMs ?? 0;
      throw new Error('there is no block');
    } finally {
      stop.abort();
      ledger.close();
    }
  };
  /** What contracts say that answer: a busy machine's may take longer than whoever asks for health waits. */
  const clocks = () =>
    Promise.all(
      utilities.map(({ utilityId }) =>
        until(`the endorsement clock of ${utilityId}`, async () => {
          const answer = await fetch(`${system.utility(utilityId).gateway.url}/readyz`);
          const { checks } = readiness.parse(await answer.json());
          const said = checks.find(({ name }) => name === 'endorsement-clock')?.detail;
          return said === 'the contracts do not say' ? undefined : said;
        }),
      ),
    );
  const tellDemand = (areaId: string) =>
    recordDemand(system.utility(DUKE_ENERGY.utilityId), areaId, [{ atMs: THEN_MS - HOUR_MS, demandW: 1n }]);
  /** What endorsers say to a command that is dated by the simulation. */
  const endAgreementThen = async () => {
    const ledger = ledgerAt(() => THEN_MS);
    const argument = JSON.stringify({ agreementId: 'none', commandId: 'end-none', version: 1 });
    try {
      await ledger.submit({
        contract: 'consortium',
        transaction: 'endAgreement',
        argument,
        role: 'operator',
      });
      return 'ok';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      ledger.close();
    }
  };

  it('has endorsers that sign proposals of its time, and says so at /readyz', async () => {
    assert.deepEqual(await clocks(), ['simulated', 'simulated']);
    await foundConsortium(
      utilities.map(({ utilityId }) => system.utility(utilityId)),
      Date.now(),
    );
    await tellDemand('THEN');
    assert.equal(await lastProposedMs(), THEN_MS);
    assert.equal(await endAgreementThen(), 'there is no agreement:none');
  });

  it('goes live: its gateways propose at the wall’s time, and endorsers that run sign no other', async () => {
    await system.goLive();
    assert.deepEqual(await clocks(), ['on', 'on']);
    const beforeMs = Date.now();
    await tellDemand('NOW');
    const proposedMs = await lastProposedMs();
    assert.ok(proposedMs >= beforeMs - 1_000 && proposedMs <= Date.now(), String(proposedMs - beforeMs));
    assert.match(
      await endAgreementThen(),
      /CLOCK_SKEW: the proposal is dated \d+ ms before the clock of this/,
    );
  });

  it('never goes back: not by the switch, not by a file that somebody writes, not by a new start', async () => {
    await assert.rejects(setEndorsementClock(stateDir, 'simulated'), /that is not undone/);
    await assert.rejects(startSystem(options), /that is not undone/);
    await writeFile(clockSwitchFile(stateDir), '{"endorsementClock":"simulated"}\n');
    assert.deepEqual(await clocks(), ['on', 'on']);
    assert.match(await endAgreementThen(), /CLOCK_SKEW/);
  });

  it('comes back by itself when a part of it is killed: database, peer, contract', async () => {
    const isReady = async () => {
      for (const { utilityId } of utilities) {
        const { gateway, aaa, router } = system.utility(utilityId);
        for (const { url } of [gateway, aaa, router]) {
          if ((await fetch(`${url}/readyz`)).status !== 200) return undefined;
        }
      }
      return true;
    };
    for (const name of ['postgres', 'peer', 'usduk/chaincode']) {
      const part = system.supervisor.part(name);
      const before = part.restarts;
      part.kill('SIGKILL');
      await until(`${name} runs again`, () =>
        Promise.resolve(part.restarts > before && part.state === 'running' ? true : undefined),
      );
      await until(`all are ready after the end of ${name}`, isReady);
      await tellDemand(`AFTER-${name.toUpperCase().replace('/', '-')}`);
    }
  });
});
