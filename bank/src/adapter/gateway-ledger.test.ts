import assert from 'node:assert/strict';
import {
  createLogger,
  createService,
  publicAuth,
  reply,
  route,
  withKitProblems,
} from '@roamgrid/service-kit';
import { z } from 'zod';
import { gatewayLedger } from './gateway-ledger.ts';

const payment = (nettingId: string, at: number, state: string) => ({
  type: 'payment',
  version: 1,
  paymentId: `${nettingId}.${at}`,
  nettingId,
  periodId: '2026-07',
  currency: 'USD',
  payer: 'USALP',
  payee: at === 2 ? 'USGPC' : 'USDUK',
  amountMicros: '10000',
  dueAtMs: 0,
  state,
  sent: [],
  receipts: [],
});

const netting = (nettingId: string, cast: number, state: string, payments: readonly object[]) => ({
  record: {
    type: 'netting',
    version: 1,
    nettingId,
    periodId: '2026-07',
    round: 1,
    currency: 'USD',
    cast,
    without: [],
    pairs: [],
    carriedPairs: [],
    positions: [],
    payments: [],
    dueAtMs: 0,
    nettedAtMs: 0,
  },
  state,
  payments,
});

describe('the ledger through a gateway', () => {
  it('has what a utility owes and is owed by what holds: neither others’ payments, nor those that a later cast took away', async () => {
    // The begun one of the first cast stands in the second, the one that nobody had begun fell away.
    const first = [payment('net-1', 1, 'sent'), payment('net-1', 2, 'due')];
    const second = [payment('net-1', 1, 'sent'), payment('net-1-2', 3, 'due')];
    const others = { ...payment('net-1-2', 4, 'due'), payer: 'USGPC' };
    const items = [
      netting('net-1', 1, 'replaced', first),
      netting('net-1-2', 2, 'open', [...second, others]),
    ];
    const service = createService({
      name: 'gateway-for-tests',
      version: '0.0.0',
      logger: createLogger('gateway', { level: 'silent' }),
      problems: withKitProblems({}),
      routes: [
        route({
          method: 'get',
          path: '/auditor/v1/nettings',
          summary: 'Nettings',
          auth: publicAuth,
          query: z.looseObject({}),
          answers: { 200: z.looseObject({}) },
          handler: () => Promise.resolve(reply(200, { items, asOfBlock: 0 })),
        }),
      ],
    });
    const url = await service.listen({ port: 0 });
    try {
      const ledger = gatewayLedger(url, 'USALP', () => Promise.resolve('anybody'));
      assert.deepEqual(
        (await ledger.payments()).map(({ paymentId, state }) => [paymentId, state]),
        [
          ['net-1.1', 'sent'],
          ['net-1-2.3', 'due'],
        ],
      );
    } finally {
      await service.close(0);
    }
  });
});
