import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startSimulatedNode, type SimulatedNode } from '@roamgrid/chain-simulator';
import {
  connectChain,
  creationOf,
  deployUnsigned,
  readBalance,
  sessionCall,
  tokenCall,
  type Connection,
  type Permission,
} from '@roamgrid/escrow';
import {
  activateRules,
  makeConsent,
  makeCustomer,
  makeOffer,
  makeQuote,
} from '@roamgrid/service-kit/testing';
import { commit, makeCdr } from '../testing/records.ts';
import { startVisited, type Visited } from '../testing/visited.ts';
import { startWorld, type World } from '../testing/world.ts';

const CHAIN_ID = 31_338n;
const DEPTH = 3;
const PATIENCE_MS = 30_000;
const PERIOD = new Date().toISOString().slice(0, 7);
const CAP = 15_000_000n;
/** What a session of these tests comes to: 10.00 less the driver's 0.20. */
const OWED = 9_800_000n;
/** A token with 18 decimals. */
const UNITS_PER_MICRO = 10n ** 12n;

interface Hold {
  readonly state: string;
  readonly drawnMicros: string | null;
  readonly micros: string;
}

describe('a customer who pays by token', () => {
  let node: SimulatedNode;
  let chain: Connection;
  let world: World;
  let visited: Visited;
  let roaming: string;
  let folder: string;
  let driver: string;
  let escrow: string;
  let token: string;
  let sequence = 0;

  const send = async (to: string, data: string, from = driver) => {
    await chain.ask('eth_sendTransaction', [{ from, to, data, gas: '0x7a1200' }]);
  };
  const mine = (blocks: number) => chain.ask('anvil_mine', [`0x${blocks.toString(16)}`]);

  before(async () => {
    node = await startSimulatedNode({ chainId: CHAIN_ID, hardfork: 'shanghai' });
    chain = connectChain({ url: node.url, chainId: CHAIN_ID, requestMs: PATIENCE_MS });
    const accounts = (await chain.ask('eth_accounts', [])) as string[];
    driver = accounts[1] ?? '';
    escrow = await deployUnsigned(chain, driver, creationOf('SessionEscrow'), PATIENCE_MS);
    token = await deployUnsigned(chain, driver, creationOf('TestToken', ['Dollar', 'USD', 18]), PATIENCE_MS);
    await send(token, tokenCall.mint(driver, 1_000_000_000n * UNITS_PER_MICRO));
    await send(token, tokenCall.approve(escrow, 2n ** 256n - 1n));
    folder = mkdtempSync(join(tmpdir(), 'roamgrid-token-'));
    world = await startWorld({
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
        margin: 43_300_000,
      },
    });
    await activateRules(world.ask);
    visited = await startVisited(world);
    roaming = await visited.roamingToken();
  });
  after(async () => {
    await world.close();
    chain.close();
    await node.stop();
    rmSync(folder, { recursive: true });
  });

  const customerByToken = () =>
    makeCustomer(world.ask, {
      account: { paymentMethod: 'crypto', currency: 'USD', creditLimitMicros: '0' },
    });
  const asked = async (method: 'GET' | 'PUT', customerId: string, path: string, body?: object) =>
    (await world.ask('operator', method, `/operator/v1/customers/${customerId}/token-holds${path}`, body))
      .body as unknown as Record<string, string>;
  const permitted = async (customerId: string, tokenHoldId: string, changes: Partial<Permission> = {}) => {
    const wanted = await asked('GET', customerId, `/${tokenHoldId}/permission`);
    const { payee = '', drawer = '', session = '' } = wanted;
    await chain.ask('anvil_setBalance', [payee, '0xde0b6b3a7640000']);
    const expiresAtS = BigInt(Math.ceil(Date.now() / 1_000)) + 86_400n;
    return { session, driver, token, cap: CAP * UNITS_PER_MICRO, drawer, payee, expiresAtS, ...changes };
  };
  const tell = (customerId: string, tokenHoldId: string) =>
    asked('PUT', customerId, `/${tokenHoldId}`, { driver });
  const holdsOf = async (customerId: string) =>
    (await asked('GET', customerId, '')) as unknown as { readonly holds: readonly Hold[] };
  const until = async (customerId: string, state: string): Promise<Hold> => {
    for (;;) {
      const [hold] = (await holdsOf(customerId)).holds;
      if (hold?.state === state) return hold;
      await mine(1);
      await delay(20);
    }
  };
  const charge = async (customer: Awaited<ReturnType<typeof customerByToken>>) => {
    const offer = makeOffer();
    const { auth_req_id: id } = await visited.swipe(customer.cin, offer);
    const decision = await visited.decision(roaming, id);
    if (decision.outcome !== 'authorised') return decision.code;
    const { authorisation, signedAuthorisation: evidence } = decision;
    const by = { evidence, cinRef: authorisation.cinRef, offer };
    const body = await makeConsent(world.keys, makeQuote(authorisation, offer), by);
    assert.equal((await visited.consent(roaming, id, body)).status, 204);
    sequence += 1;
    const cdr = makeCdr({ laneSequence: sequence, sessionId: body.sessionId });
    commit(world.registry, 'hun', cdr, { cinRef: customer.cinRef, authorisedBy: 'home' });
    return 'charged';
  };
  const accountOf = async (customerId: string) =>
    (await world.ask('operator', 'GET', `/operator/v1/customers/${customerId}/account`)).body as unknown as {
      readonly balanceMicros: string;
      readonly openMicros: string;
      readonly payments: readonly unknown[];
    };

  it('charges against money in escrow, which the bill draws once and the rest of which comes back', async () => {
    const customer = await customerByToken();
    const { customerId } = customer;
    assert.equal(await charge(customer), 'LIMIT_EXCEEDED');
    const permission = await permitted(customerId, 'one');
    const before = await readBalance(chain, token, driver);
    await send(escrow, sessionCall.open(permission));
    assert.equal((await tell(customerId, 'one'))['code'], 'TOKEN_HOLD_NOT_FINAL');
    await mine(DEPTH);
    assert.equal((await tell(customerId, 'one'))['state'], 'open');
    assert.equal((await tell(customerId, 'one'))['micros'], CAP.toString());

    assert.equal(await charge(customer), 'charged');
    await mine(DEPTH);
    // Nothing is drawn before a bill asks for it.
    while ((await accountOf(customerId)).balanceMicros !== (-OWED).toString()) await delay(20);
    const bills = `/operator/v1/periods/${PERIOD}/bills`;
    assert.equal((await world.ask('operator', 'POST', bills, { issue: true })).status, 200);
    const drawn = await until(customerId, 'drawn');
    assert.equal(drawn.drawnMicros, OWED.toString());
    const account = await accountOf(customerId);
    assert.deepEqual([account.balanceMicros, account.openMicros], ['0', '0']);
    assert.equal(account.payments.length, 1);
    assert.equal(await readBalance(chain, token, permission.payee), OWED * UNITS_PER_MICRO);
    assert.equal(await readBalance(chain, token, driver), before - OWED * UNITS_PER_MICRO);
    // What is drawn is no means any more.
    assert.equal(await charge(customer), 'LIMIT_EXCEEDED');
    await world.restart();
    assert.equal((await accountOf(customerId)).payments.length, 1);
  });

  it('has no means from money that is for another customer, utility or token, or that ends too soon', async () => {
    const customer = await customerByToken();
    const { customerId } = customer;
    const soon = BigInt(Math.ceil(Date.now() / 1_000)) + 43_200n;
    const wrong: readonly (readonly [string, Partial<Permission>])[] = [
      ['payee', { payee: driver }],
      ['drawer', { drawer: driver }],
      ['end', { expiresAtS: soon }],
    ];
    for (const [name, changes] of wrong) {
      await send(escrow, sessionCall.open(await permitted(customerId, name, changes)));
      await mine(DEPTH);
      assert.equal((await tell(customerId, name))['code'], 'TOKEN_HOLD_UNSUITABLE', name);
    }
    const other = await customerByToken();
    await send(escrow, sessionCall.open(await permitted(other.customerId, 'mine')));
    await mine(DEPTH);
    assert.equal((await tell(customerId, 'mine'))['code'], 'TOKEN_HOLD_NOT_FINAL');
    assert.equal((await holdsOf(customerId)).holds.length, 0);
    const byBank = await makeCustomer(world.ask);
    assert.equal((await tell(byBank.customerId, 'mine'))['code'], 'NOT_BY_TOKEN');
  });

  it('loses the means when the chain takes the money back, and has them again when it comes again', async () => {
    const customer = await customerByToken();
    const { customerId } = customer;
    const permission = await permitted(customerId, 'one');
    const branch = await chain.ask('evm_snapshot', []);
    await send(escrow, sessionCall.open(permission));
    await mine(DEPTH);
    assert.equal((await tell(customerId, 'one'))['state'], 'open');
    await chain.ask('evm_revert', [branch]);
    await mine(DEPTH);
    await until(customerId, 'gone');
    assert.equal(await charge(customer), 'LIMIT_EXCEEDED');
    await send(escrow, sessionCall.open(permission));
    await mine(DEPTH);
    assert.equal((await tell(customerId, 'one'))['state'], 'open');
    assert.equal(await charge(customer), 'charged');
  });
});
