import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAssertionSigner } from '@roamgrid/service-kit';
import { makeKey, publicKey } from '@roamgrid/service-kit/testing';
import { openDesk, type Desk } from '../desk/desk.ts';
import type { AccountHolder } from '../iso20022/parties.ts';
import { SimulatedBank } from '../simulator/bank.ts';
import { serveBank, type BankServer } from '../simulator/bank-server.ts';
import { honest } from '../simulator/misdeeds.ts';
import { HOLDERS } from '../testing/holders.ts';
import { MemoryLedger } from '../testing/ledger.ts';
import { startBankService, type BankService } from './bank-service.ts';
import { httpBank } from './http-bank.ts';

const MEMBERS: Readonly<Record<string, AccountHolder>> = { USALP: HOLDERS.alabama, USDUK: HOLDERS.duke };
const token = (of: string): string => `${of}-`.padEnd(40, 'x');
const PAYMENT = 'net-2026-07-1-USD.1';

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let turns = 0; turns < 600; turns += 1) {
    if (await holds()) return;
    await sleep(50);
  }
  assert.fail('it did not come to pass');
};

describe('a desk and a bank over HTTP', () => {
  const key = makeKey('operator');
  const sign = createAssertionSigner({ key, iss: 'operator', utility: 'USALP', role: 'operator' });
  const ledger = new MemoryLedger();
  const services = new Map<string, BankService>();
  let root = '';
  let bank: BankServer;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'roamgrid-bank-'));
    const customers = Object.values(MEMBERS).map(({ name, account }) => ({
      name,
      account,
      currency: 'USD',
      opening: 1_000_000n,
      dialect: 'new' as const,
    }));
    const clients = Object.entries(MEMBERS).map(([id, { account }]) => ({
      account,
      token: token(`customer-${id}`),
      tell: () => ({ url: `${services.get(id)?.url ?? ''}/bank/v1/messages`, token: token(`bank-${id}`) }),
    }));
    bank = await serveBank(new SimulatedBank(customers, honest), clients);
    for (const [utilityId, own] of Object.entries(MEMBERS)) {
      const desk = openDesk({
        utilityId,
        folder: join(root, utilityId),
        accounts: {
          own,
          others: new Map(Object.entries(MEMBERS).filter(([id]) => id !== utilityId)),
          chargeBearer: 'DEBT',
        },
        ledger: ledger.of(utilityId),
        deliver: httpBank(bank.ordersUrl(own.account), token(`customer-${utilityId}`)),
        nowMs: Date.now,
      });
      services.set(
        utilityId,
        await startBankService({
          utilityId,
          desk,
          bankTokens: [token(`bank-${utilityId}`)],
          trusted: [{ iss: 'operator', role: 'operator', key: publicKey(key) }],
          listen: { port: 0 },
          roundEveryMs: 50,
          logLevel: 'silent',
        }),
      );
    }
  });
  after(async () => {
    await Promise.all([...services.values()].map((service) => service.close()));
    await bank.close();
    rmSync(root, { recursive: true, force: true });
  });

  const url = (): string => services.get('USALP')?.url ?? '';
  const ask = async (method: 'GET' | 'POST', path: string, bearer: string, body?: unknown) => {
    const response = await fetch(`${url()}${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
    };
  };
  const state = async () => (await ask('GET', '/bank/v1/state', await sign(url()))).body;

  it('pay what is due, and confirm it by what the bank tells', async () => {
    ledger.owe(PAYMENT, 'USALP', 'USDUK', 186_010_000n);
    await until(() => ledger.stateOf(PAYMENT) === 'confirmed');
    await until(async () => {
      const [attempt] = (await state())['attempts'] as {
        state: string;
        amount: string;
        endToEndId: string;
      }[];
      return attempt?.state === 'paid' && attempt.amount === '186.01' && attempt.endToEndId === PAYMENT;
    });
  });

  it('do one round after the other, however many look at once', async () => {
    let running = 0;
    let most = 0;
    const round = async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      running -= 1;
    };
    const desk = { round, close: () => undefined } as unknown as Desk;
    const alone = await startBankService({
      utilityId: 'USALP',
      desk,
      bankTokens: [token('bank-alone')],
      trusted: [],
      listen: { port: 0 },
      roundEveryMs: 60_000,
      logLevel: 'silent',
    });
    await Promise.all(Array.from({ length: 5 }, () => alone.look()));
    await alone.close();
    assert.equal(most, 1);
  });

  it('take messages of the bank alone, and refuse with a reason what is none', async () => {
    const message = { message: '<!DOCTYPE x><x/>' };
    assert.equal((await ask('POST', '/bank/v1/messages', token('bank-USDUK'), message)).status, 401);
    assert.equal((await ask('POST', '/bank/v1/messages', await sign(url()), message)).status, 401);
    const refused = await ask('POST', '/bank/v1/messages', token('bank-USALP'), message);
    assert.deepEqual([refused.status, refused.body['code']], [422, 'MESSAGE_REFUSED']);
    assert.match(String(refused.body['detail']), /^XML_FORBIDDEN: /);
  });

  it('tell operators alone how payments stand, and let nobody try what was never ordered', async () => {
    assert.equal((await ask('GET', '/bank/v1/state', token('bank-USALP'))).status, 401);
    const unknown = await ask('POST', '/bank/v1/payments/p-1/retry', await sign(url()));
    assert.deepEqual([unknown.status, unknown.body['code']], [409, 'PAYMENT_NOT_TRIED']);
    assert.equal((await ask('POST', `/bank/v1/payments/${PAYMENT}/retry`, token('bank-USALP'))).status, 401);
    assert.equal((await ask('POST', `/bank/v1/payments/${PAYMENT}/retry`, await sign(url()))).status, 202);
  });
});
