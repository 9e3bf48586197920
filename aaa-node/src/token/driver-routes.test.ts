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
import { startWorld, storeOf, type World } from '../testing/world.ts';

const CHAIN_ID = 31_340n;
const DEPTH = 2;
const PATIENCE_MS = 30_000;
const CAP = 15_000_000n;

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
    const token = await deployUnsigned(
      chain,
      wallet,
      creationOf('TestToken', ['Dollar', 'USD', 6]),
      PATIENCE_MS,
    );
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
  /** Signs as the wallet does, what the node asks for. */
  const signedFor = async (access: string, tokenHoldId: string, expiresAtS: number, capMicros = CAP) => {
    const asked = await app.call<Told>(access, 'GET', `${path(tokenHoldId)}/permission`);
    const { session = '', token = '', drawer = '', payee = '' } = asked;
    await chain.ask('anvil_setBalance', [drawer, '0xde0b6b3a7640000']);
    const { domain, types, message } = permissionToSign(CHAIN_ID, escrow, {
      session,
      driver: wallet,
      token,
      cap: capMicros,
      drawer,
      payee,
      expiresAtS: BigInt(expiresAtS),
    });
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

  it('opens ten at a time, and no eleventh', async () => {
    const { token: access } = await app.deviceToken(await byToken());
    const bodies = new Map<string, { readonly driver: string }>();
    for (let at = 0; at < 10; at += 1)
      bodies.set(`hold-${at}`, await signedFor(access, `hold-${at}`, inDays(2), 1_000n));
    for (const [name, body] of bodies)
      assert.equal((await app.call(access, 'PUT', path(name), body)).code, 'TOKEN_HOLD_NOT_FINAL');
    await mine(DEPTH);
    for (const [name, { driver }] of bodies)
      assert.equal((await app.call<Told>(access, 'PUT', path(name), { driver })).state, 'open', name);
    const eleventh = await signedFor(access, 'eleventh', inDays(2), 1_000n);
    const refused = await app.call<{ detail: string }>(access, 'PUT', path('eleventh'), eleventh);
    assert.equal(refused.code, 'TOKEN_HOLD_UNSUITABLE');
    assert.match(refused.detail ?? '', /10 open holds/);
  });

  it('is not forgotten while money is in escrow for him; afterwards nothing here leads to his wallet', async () => {
    const customer = await byToken();
    const { token: access } = await app.deviceToken(customer);
    const body = await signedFor(access, 'last', inDays(3));
    assert.equal((await open(access, 'last', body)).state, 'open');
    const pending = await erase(customer);
    assert.equal(pending.body.code, 'ERASURE_PENDING');
    assert.match(pending.body.detail, /1 holds of money in escrow are open/);
    const { hold_id: holdId } = await store.db
      .selectFrom('token_hold')
      .select('hold_id')
      .where('token_hold_id', '=', 'last')
      .executeTakeFirstOrThrow();

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
