import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulatedNode, type SimulatedNode } from '@roamgrid/chain-simulator';
import {
  connectChain,
  creationOf,
  deployUnsigned,
  permissionToSign,
  sessionCall,
  tokenCall,
  type Connection,
} from '@roamgrid/escrow';
import type { Store } from '@roamgrid/service-kit';
import { makeCustomer, type TestCustomer } from '@roamgrid/service-kit/testing';
import type { AaaDatabase } from '../store/schema.ts';
import { driverAppConfig, startDriverApp, type DriverApp } from '../testing/driver-app.ts';
import { until } from '../testing/until.ts';
import { startWorld, storeOf, type World } from '../testing/world.ts';

const CHAIN_ID = 31_340n;
const DEPTH = 2;
const PATIENCE_MS = 30_000;
const CAP = 15_000_000n;
const LEAST = 1_000n;
const MOST = 3;
const FULL = /^TOKEN_HOLDS_OPEN: .*3 open holds/;
const SMALL = /^TOKEN_HOLD_SMALL: .*1000 micros at least/;

interface Told {
  readonly state: string;
  readonly micros: string;
  readonly holds: readonly { readonly tokenHoldId: string; readonly state: string }[];
  readonly session: string;
  readonly escrow: string;
  readonly token: string;
  readonly drawer: string;
  readonly payee: string;
}

describe('a driver with a wallet', function () {
  this.timeout(60_000);
  let node: SimulatedNode;
  let chain: Connection;
  let world: World;
  let store: Store<AaaDatabase>;
  let app: DriverApp;
  let folder: string;
  let wallet: string;
  let escrow: string;
  let token: string;

  const send = (to: string, data: string) =>
    chain.ask('eth_sendTransaction', [{ from: wallet, to, data, gas: '0x7a1200' }]);
  const mine = (blocks: number) => chain.ask('anvil_mine', [`0x${blocks.toString(16)}`]);
  const inDays = (days: number) => Math.ceil(Date.now() / 1_000) + days * 86_400;

  before(async () => {
    node = await startSimulatedNode({ chainId: CHAIN_ID, hardfork: 'shanghai' });
    chain = connectChain({ url: node.url, chainId: CHAIN_ID, requestMs: PATIENCE_MS });
    wallet = ((await chain.ask('eth_accounts', [])) as string[])[1] ?? '';
    escrow = await deployUnsigned(chain, wallet, creationOf('SessionEscrow'), PATIENCE_MS);
    // A base unit is a micro.
    token = await deployUnsigned(chain, wallet, creationOf('TestToken', ['Dollar', 'USD', 6]), PATIENCE_MS);
    await send(token, tokenCall.mint(wallet, 10n * CAP));
    await send(token, tokenCall.approve(escrow, 10n * CAP));
    folder = mkdtempSync(join(tmpdir(), 'roamgrid-wallet-'));
    world = await startWorld({
      ...driverAppConfig,
      token: {
        url: node.url,
        chainId: CHAIN_ID.toString(),
        depth: DEPTH,
        escrow,
        token,
        currency: 'USD',
        accountKey: `0x${createHash('sha256').update('home of these tests').digest('hex')}`,
        folder,
        feeCapPerGas: '100000000000',
        margin: 3_600_000,
        leastHoldMicros: LEAST.toString(),
        mostHolds: MOST,
      },
    });
    store = await storeOf(world);
    app = await startDriverApp(world);
  });
  after(async () => {
    await store.close();
    await world.close();
    chain.close();
    await node.stop();
    rmSync(folder, { recursive: true });
  });

  const byToken = () =>
    makeCustomer(world.ask, {
      account: { paymentMethod: 'crypto', currency: 'USD', creditLimitMicros: '0' },
    });
  const path = (tokenHoldId: string) => `/driver/v1/token-holds/${tokenHoldId}`;
  /** What the node asks for. */
  const permission = async (access: string, tokenHoldId: string, expiresAtS: number, cap: bigint) => {
    const asked = await app.call<Told>(access, 'GET', `${path(tokenHoldId)}/permission`);
    const { session = '', drawer = '', payee = '' } = asked;
    await chain.ask('anvil_setBalance', [drawer, '0xde0b6b3a7640000']);
    return { session, driver: wallet, token, cap, drawer, payee, expiresAtS: BigInt(expiresAtS) };
  };
  /** What the wallet puts in escrow by itself. */
  const openAlone = async (access: string, tokenHoldId: string, cap: bigint) => {
    await send(escrow, sessionCall.open(await permission(access, tokenHoldId, inDays(2), cap)));
    await mine(DEPTH);
    return refusalOf(access, tokenHoldId, { driver: wallet });
  };
  /** Signs as the wallet does. */
  const signedFor = async (access: string, tokenHoldId: string, expiresAtS: number, capMicros = CAP) => {
    const asked = await permission(access, tokenHoldId, expiresAtS, capMicros);
    const { domain, types, message } = permissionToSign(CHAIN_ID, escrow, asked);
    const domainTypes = [
      { name: 'name', type: 'string' },
      { name: 'version', type: 'string' },
      { name: 'chainId', type: 'uint256' },
      { name: 'verifyingContract', type: 'address' },
    ];
    const typed = {
      primaryType: 'Permission',
      types: { EIP712Domain: domainTypes, ...types },
      domain: { ...domain, chainId: CHAIN_ID.toString() },
      message: { ...message, cap: message.cap.toString(), expiresAtS: expiresAtS.toString() },
    };
    const signature = (await chain.ask('eth_signTypedData_v4', [wallet, typed])) as string;
    return { driver: wallet, signed: { capMicros: capMicros.toString(), expiresAtS, signature } };
  };
  const open = async (access: string, tokenHoldId: string, body: object) => {
    const first = await app.call<Told>(access, 'PUT', path(tokenHoldId), body);
    if (first.code !== 'TOKEN_HOLD_NOT_FINAL') return first;
    await mine(DEPTH);
    return app.call<Told>(access, 'PUT', path(tokenHoldId), body);
  };
  const erase = ({ customerId }: TestCustomer) =>
    world.ask('operator', 'DELETE', `/operator/v1/customers/${customerId}`);

  it('opens a hold by a signature alone, once; it is the driver’s means and nobody else’s', async () => {
    const customer = await byToken();
    const { token: access } = await app.deviceToken(customer);
    const body = await signedFor(access, 'one', inDays(2));
    const held = await open(access, 'one', body);
    assert.deepEqual([held.status, held.state, held.micros], [200, 'open', CAP.toString()]);
    assert.equal((await open(access, 'one', body)).state, 'open');
    const { holds } = await app.call<Told>(access, 'GET', '/driver/v1/token-holds');
    assert.deepEqual(
      holds?.map(({ tokenHoldId, state }) => [tokenHoldId, state]),
      [['one', 'open']],
    );
    const { token: strangers } = await app.deviceToken(await byToken());
    assert.deepEqual((await app.call<Told>(strangers, 'GET', '/driver/v1/token-holds')).holds, []);
    assert.equal((await app.call<Told>(strangers, 'PUT', path('one'), body)).code, 'TOKEN_HOLD_UNSUITABLE');
  });

  it('sends nothing for a signature that is not the wallet’s, an end that is too near, or an account that pays otherwise', async () => {
    const { token: access } = await app.deviceToken(await byToken());
    const good = await signedFor(access, 'two', inDays(2));
    const other = { ...good, signed: { ...good.signed, capMicros: (CAP + 1n).toString() } };
    assert.equal((await app.call(access, 'PUT', path('two'), other)).code, 'TOKEN_HOLD_UNSUITABLE');
    const soon = await signedFor(access, 'three', inDays(0));
    assert.equal((await app.call(access, 'PUT', path('three'), soon)).code, 'TOKEN_HOLD_UNSUITABLE');
    const { token: byBank } = await app.deviceToken(await makeCustomer(world.ask));
    assert.equal((await app.call(byBank, 'PUT', path('two'), good)).code, 'NOT_BY_TOKEN');
    assert.equal((await app.call('x', 'PUT', path('two'), good)).status, 401);
  });

  const statesOf = async (access: string) =>
    Object.fromEntries(
      ((await app.call<Told>(access, 'GET', '/driver/v1/token-holds')).holds ?? []).map(
        ({ tokenHoldId, state }) => [tokenHoldId, state],
      ),
    );
  /** Small holds, all signed before the first is told. */
  const signSome = async (access: string) => {
    const bodies = new Map<string, { readonly driver: string }>();
    for (let at = 0; at <= MOST; at += 1)
      bodies.set(`hold-${at}`, await signedFor(access, `hold-${at}`, inDays(2), LEAST));
    return bodies;
  };
  const refusalOf = async (access: string, name: string, body: object) => {
    const { code, detail } = await app.call<{ detail: string }>(access, 'PUT', path(name), body);
    return `${code ?? ''}: ${detail ?? ''}`;
  };

  it('opens as many at a time as there may be, and no further one, also when all are asked for at once', async () => {
    const { token: access } = await app.deviceToken(await byToken());
    const bodies = await signSome(access);
    const refusals = await Promise.all([...bodies].map(([name, body]) => refusalOf(access, name, body)));
    const [refused, ...more] = [...bodies].filter((_, at) => FULL.test(refusals[at] ?? ''));
    assert.ok(refused !== undefined && more.length === 0);
    const [further, signed] = refused;
    assert.equal(Object.keys(await statesOf(access)).length, MOST);
    for (const [name, { driver }] of bodies)
      if (name !== further)
        await until(`${name} is open`, async () => {
          const { state, code } = await app.call<Told>(access, 'PUT', path(name), { driver });
          if (state === 'open') return true;
          assert.equal(code, 'TOKEN_HOLD_NOT_FINAL');
          await mine(1);
          return undefined;
        });
    assert.match(await refusalOf(access, further, signed), FULL);
    // Each would be drawn at the utility's cost, whoever opened it.
    assert.match(await openAlone(access, 'alone', LEAST), FULL);
  });

  it('costs the utility nothing for a hold that is too small or that the contract refuses, and leaves no trace of it', async () => {
    const { token: access } = await app.deviceToken(await byToken());
    const small = await signedFor(access, 'small', inDays(2), LEAST - 1n);
    assert.match(await refusalOf(access, 'small', small), SMALL);
    assert.match(await openAlone(access, 'small', LEAST - 1n), SMALL);
    const good = await signedFor(access, 'refused', inDays(2));
    const other = { ...good, signed: { ...good.signed, capMicros: (CAP + 1n).toString() } };
    assert.match(await refusalOf(access, 'refused', other), /TOKEN_HOLD_UNSUITABLE/);
    assert.deepEqual(await statesOf(access), {});
    assert.equal((await open(access, 'refused', good)).state, 'open');
  });

  it('has what the chain refused at the utility’s cost counted until its end', async () => {
    const { token: access } = await app.deviceToken(await byToken());
    const bodies = await signSome(access);
    const [[first = '', body = {}] = [], ...others] = bodies;
    await chain.ask('evm_setAutomine', [false]);
    assert.match(await refusalOf(access, first, body), /TOKEN_HOLD_NOT_FINAL/);
    // The wallet takes its leave back in a transaction that offers more, and comes first.
    const fees = { maxFeePerGas: '0x14f46b0400', maxPriorityFeePerGas: '0xba43b7400' };
    const revoked = { from: wallet, to: token, data: tokenCall.approve(escrow, 0n), gas: '0x186a0', ...fees };
    await chain.ask('eth_sendTransaction', [revoked]);
    await mine(DEPTH);
    await chain.ask('evm_setAutomine', [true]);
    await send(token, tokenCall.approve(escrow, 10n * CAP));
    assert.match(await refusalOf(access, first, body), /TOKEN_HOLD_UNSUITABLE/);
    assert.deepEqual(await statesOf(access), { [first]: 'failed' });
    const refusals: string[] = [];
    for (const [name, signed] of others) refusals.push(await refusalOf(access, name, signed));
    assert.deepEqual(
      refusals.map((refusal) => refusal.startsWith('TOKEN_HOLDS_OPEN')),
      [...Array<boolean>(MOST - 1).fill(false), true],
    );
    // They become his means whether or not he asks again.
    await mine(DEPTH);
    await until('the others are open', async () =>
      Object.values(await statesOf(access)).filter((state) => state === 'open').length === MOST - 1
        ? true
        : undefined,
    );
  });

  it('is not forgotten while money is in escrow for him; afterwards nothing here leads to his wallet', async () => {
    const customer = await byToken();
    const { token: access } = await app.deviceToken(customer);
    const body = await signedFor(access, 'last', inDays(3));
    assert.match(await refusalOf(access, 'last', body), /TOKEN_HOLD_NOT_FINAL/);
    const row = () =>
      store.db
        .selectFrom('token_hold')
        .select(['hold_id', 'state'])
        .where('token_hold_id', '=', 'last')
        .executeTakeFirstOrThrow();
    const { hold_id: holdId } = await row();
    for (const state of ['opening', 'open']) {
      await until(state, async () => ((await row()).state === state ? true : undefined));
      const pending = await erase(customer);
      assert.equal(pending.body.code, 'ERASURE_PENDING');
      assert.match(pending.body.detail, /1 holds of money in escrow are open/);
      await mine(DEPTH);
    }

    await chain.ask('evm_increaseTime', [4 * 86_400]);
    await send(escrow, sessionCall.release(holdId));
    await mine(DEPTH);
    while ((await erase(customer)).status !== 204) await mine(1);
    const { rows } = await store.pool.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'aaa'",
    );
    for (const { name } of rows) {
      const known = `${holdId.slice(2)}|${wallet.slice(2)}`;
      const { rows: found } = await store.pool.query(
        `select 1 from aaa.${name} t where t::text ~* '${known}'`,
      );
      assert.equal(found.length, 0, `table ${name} still leads to the wallet`);
    }
  });
});
