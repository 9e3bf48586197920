import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { canonicalText, gridCommands, utilityRecord } from '@roamgrid/wire';
import { gatewayConfig } from '../config.ts';
import { ledgerInTestTime } from '../testing/clock.ts';
import { DUKE } from '../testing/consortium.ts';
import { gatewayRig, type GatewayRig } from '../testing/gateway-rig.ts';
import { MSP } from '../testing/ledger-rig.ts';
import { startWire } from '../testing/wire.ts';
import { LedgerRefusal, LedgerUnavailable } from './errors.ts';
import type { LedgerCommand } from './ledger.ts';
import { openLedger } from './open-ledger.ts';

describe('the connection to the ledger', function () {
  this.timeout(90_000);
  let rig: GatewayRig;
  let wire: Awaited<ReturnType<typeof startWire>>;
  before(async () => {
    rig = await gatewayRig('connection');
    wire = await startWire(rig.ledger.address(MSP.duke));
  });
  after(async () => {
    wire.close();
    await rig.close();
  });
  const settings = (endpoint?: string) => {
    const { ledger } = gatewayConfig.parse(rig.config(DUKE, 'unused'));
    return endpoint === undefined ? ledger : { ...ledger, endpoint };
  };
  const demand = (commandId: string, atMs: number): LedgerCommand => ({
    contract: 'grid',
    transaction: 'recordDemand',
    argument: canonicalText(gridCommands.recordDemand, {
      commandId,
      chunk: {
        utilityId: DUKE,
        areaId: 'WIRE',
        intervalMs: 3_600_000,
        readings: [{ atMs, demandW: 1n }],
      },
    }),
    role: 'grid-operator',
  });

  it('signs with the identity whose role the command needs, and gives the first receipt to a repeat', async () => {
    const ledger = openLedger(settings(), ledgerInTestTime);
    const first = await ledger.submit(demand('wire-1', 1_600_000_000_000));
    const again = await ledger.submit(demand('wire-1', 1_600_000_000_000));
    assert.notEqual(again.transactionId, first.transactionId);
    assert.deepEqual(again.receipt, first.receipt);
    const text = await ledger.evaluate({
      contract: 'consortium',
      transaction: 'getUtility',
      argument: JSON.stringify({ utilityId: DUKE }),
      role: 'operator',
    });
    assert.equal(utilityRecord.parse(JSON.parse(text)).name, 'Duke Energy');
    ledger.close();
  });

  it('tells a contract’s refusal by its code, from a submit and from a query', async () => {
    const ledger = openLedger(settings(), ledgerInTestTime);
    const refusedAs = (code: string) => (thrown: unknown) =>
      thrown instanceof LedgerRefusal && thrown.code === code && thrown.message.length > 5;
    await ledger.submit(demand('wire-2', 1_600_003_600_000));
    await assert.rejects(ledger.submit(demand('wire-2', 1_600_007_200_000)), refusedAs('CONFLICT'));
    const asStation = { ...demand('wire-3', 1_600_007_200_000), role: 'station' } as const;
    await assert.rejects(ledger.submit(asStation), refusedAs('FORBIDDEN'));
    const query = { contract: 'consortium', transaction: 'getUtility', role: 'operator' } as const;
    await assert.rejects(
      ledger.evaluate({ ...query, argument: '{"utilityId":"FRXYZ"}' }),
      refusedAs('NOT_FOUND'),
    );
    ledger.close();
  });

  it('says that nothing was written when no peer answers or no identity fits', async () => {
    const ledger = openLedger(settings('localhost:9'), ledgerInTestTime);
    await assert.rejects(ledger.submit(demand('wire-4', 1)), LedgerUnavailable);
    ledger.close();
    const unable = openLedger({ ...settings(), users: {} });
    await assert.rejects(unable.submit(demand('wire-5', 1)), LedgerUnavailable);
    unable.close();
  });

  it('finds out what became of a transaction when the wire is cut at any moment, and commits it once', async () => {
    const ledger = openLedger(settings(wire.address), ledgerInTestTime);
    await ledger.submit(demand('cut-0', 1_610_000_000_000));
    for (let round = 1; round <= 8; round += 1) {
      const command = demand(`cut-${round}`, 1_610_000_000_000 + round * 3_600_000);
      const outcome = ledger.submit(command);
      // Spread over proposal, submission and the wait for the commit.
      await sleep(round * 4);
      wire.cut();
      await sleep(20);
      wire.mend();
      const committed = await outcome;
      const again = await ledger.submit(command);
      assert.deepEqual(again.receipt, committed.receipt);
    }
    ledger.close();
    const { body } = await rig.duke.ask(
      'auditor',
      'GET',
      `/auditor/v1/demand?utilityId=${DUKE}&areaId=WIRE&fromMs=1610000000000&limit=100`,
    );
    assert.equal((body['items'] as unknown[]).length, 9);
  });
});
