/** What a gateway does when parts of a native network die under load. Run by `npm run test:native -w gateway`. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalText, gridCommands } from '@roamgrid/wire';
import { gatewayConfig } from '../config.ts';
import { DUKE } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import type { LedgerFaults } from '../testing/ledger-rig.ts';
import { LedgerOutcomeUnknown, LedgerUnavailable } from './errors.ts';
import type { Committed, Ledger, LedgerCommand } from './ledger.ts';
import { openLedger } from './open-ledger.ts';

const WORKERS = 6;
const BEFORE_MS = 1_500;
const DOWN_MS = 2_000;
const AFTER_MS = 3_000;
const RECOVERY_LIMIT_MS = 120_000;
const HOUR_MS = 3_600_000;

describe('the connection to a native ledger under load', function () {
  this.timeout(180_000);
  let rig: GatewayRig;
  let faults: LedgerFaults;
  let ledger: Ledger;

  before(async () => {
    rig = await gatewayRig('faults');
    assert.ok(rig.ledger.faults, 'TEST_LEDGER is neither native nor legacy');
    faults = rig.ledger.faults;
    ledger = openLedger(gatewayConfig.parse(rig.config(DUKE, 'unused')).ledger);
  });
  after(async () => {
    ledger.close();
    await rig.close();
  });

  const demand = (areaId: string, at: number): LedgerCommand => ({
    contract: 'grid',
    transaction: 'recordDemand',
    argument: canonicalText(gridCommands.recordDemand, {
      commandId: `${areaId}-${at}`,
      chunk: {
        utilityId: DUKE,
        areaId,
        intervalMs: HOUR_MS,
        readings: [{ atMs: 1_600_000_000_000 + at * HOUR_MS, demandW: 1n }],
      },
    }),
    role: 'grid-operator',
  });

  /** As the batcher does: the same command again until its outcome is known. */
  const insist = async (command: LedgerCommand): Promise<Committed> => {
    for (;;) {
      try {
        return await ledger.submit(command);
      } catch (thrown) {
        if (!(thrown instanceof LedgerUnavailable || thrown instanceof LedgerOutcomeUnknown)) throw thrown;
        await sleep(100);
      }
    }
  };

  /** Tells demand in several areas at once while `node` dies and comes back; then everything told is there, once. */
  const survive = async (name: string, node: string): Promise<void> => {
    let isOver = false;
    let told = 0;
    const work = async (areaId: string): Promise<Committed[]> => {
      const committed: Committed[] = [];
      while (!isOver) {
        committed.push(await insist(demand(areaId, committed.length)));
        told += 1;
      }
      return committed;
    };
    const workers = Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(`${name}-${worker}`)));
    let failure: unknown;
    workers.catch((thrown: unknown) => {
      failure = thrown;
    });
    await sleep(BEFORE_MS);
    await until('the load has begun', () => Promise.resolve(told > 0 ? true : undefined));
    await faults.kill(node);
    await sleep(DOWN_MS);
    await faults.start(node);
    const started = told;
    const startedMs = performance.now();
    while (told <= started + WORKERS) {
      assert.ifError(failure);
      assert.ok(performance.now() - startedMs < RECOVERY_LIMIT_MS, 'nothing is told any more');
      await sleep(50);
    }
    await sleep(AFTER_MS);
    isOver = true;
    for (const [worker, committed] of (await workers).entries()) {
      const areaId = `${name}-${worker}`;
      // The read model comes from block events, which went on where they broke off.
      const path = `/auditor/v1/demand?utilityId=${DUKE}&areaId=${areaId}&fromMs=0&limit=500`;
      const items = await until('the read model has what the ledger was told', async () => {
        const { body } = await rig.duke.ask('auditor', 'GET', path);
        const found = body['items'] as unknown[];
        return found.length >= committed.length ? found : undefined;
      });
      assert.equal(items.length, committed.length);
      // Whatever was repeated meanwhile counted once: a repeat gets the receipt of the first.
      const last = committed.length - 1;
      assert.deepEqual((await insist(demand(areaId, last))).receipt, committed[last]?.receipt);
    }
  };

  it('loses nothing and counts nothing twice when the ordering leader is killed', async () => {
    await survive('LEADER', await faults.leader());
  });

  it("loses nothing and counts nothing twice when the gateway's own peer is killed", async () => {
    await survive('PEER', 'peer-duke-energy');
  });

  it('loses nothing and counts nothing twice when the code of its utility is killed', async () => {
    await survive('CODE', 'chaincode-duke-energy');
  });
});
