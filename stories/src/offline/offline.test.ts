import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@roamgrid/domain';
import { believeToken, judgeStart, keyIdOf, type ChargeToken, type IssuerList } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import {
  DOCUMENT_TYPE,
  offlineLeave,
  offlineOffer,
  offlinePhones,
  offlineTokenAnswer,
  offlineTokens,
  openDocument,
  type OfflineOffer,
  type OfflineToken,
} from '@roamgrid/wire';
import { CAR_PARK, EPOCH, EVSE_ID, startOfflineStage, type OfflineStage } from './testing/stage.ts';
import { TestPhone } from './testing/phone.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A customer's wallet, as the app on a phone of his asks for it. */
class Wallet {
  readonly phone: TestPhone;
  readonly #stage: OfflineStage;
  readonly #cinRef: string;
  #asks = 0;

  constructor(phone: TestPhone, stage: OfflineStage, cinRef: string) {
    this.phone = phone;
    this.#stage = stage;
    this.#cinRef = cinRef;
  }

  price(changes: Record<string, unknown> = {}): Promise<OfflineOffer> {
    const fromMs = Math.floor(Date.now() / SECOND_MS) * SECOND_MS;
    const wish = {
      requestId: `ask-${(this.#asks += 1)}`,
      cinRef: this.#cinRef,
      vun: CAR_PARK.utilityId,
      audience: { kind: 'outlet', evseId: EVSE_ID },
      fromMs,
      untilMs: fromMs + 3 * HOUR_MS,
      energyWh: '6850',
      ...changes,
    };
    return this.phone.ask('POST', '/driver/v1/offline/quotes', wish, offlineOffer);
  }

  async agree(offer: OfflineOffer, costMicros: bigint, changes: Record<string, unknown> = {}) {
    const request = {
      requestId: offer.quoteId,
      quoteId: offer.quoteId,
      phoneId: this.phone.phoneId,
      consent: await this.phone.consent(offer.signedQuote, costMicros, this.#stage.channel),
      ...changes,
    };
    return this.phone.ask('POST', '/driver/v1/offline/tokens', request, offlineTokenAnswer);
  }

  list() {
    return this.phone.ask('GET', '/driver/v1/offline/tokens', undefined, offlineTokens);
  }
}

describe('charging where nobody hears of anything', function () {
  this.timeout(120_000);
  let folder: string;
  let stage: OfflineStage;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'offline-'));
    stage = await startOfflineStage(folder);
  });
  after(async () => {
    await stage.system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (login: string, creditLimitMicros: bigint) => {
    const customer = await stage.customer(login, creditLimitMicros);
    const phone = await TestPhone.make(`${login}-1`, stage.origin, customer.prove);
    await phone.register();
    return { customer, phone, wallet: new Wallet(phone, stage, customer.cinRef) };
  };
  /** As a charger's list has the home utility, from its registration on. */
  const issuers = async (): Promise<IssuerList> => {
    const [key] = stage.alabama.offlineKeys;
    assert.ok(key);
    const part = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));
    const publicKey = { x: part(key.x), y: part(key.y) };
    const kid = await keyIdOf(publicKey, NODE_SUITE);
    const good = { fromS: 0, untilS: 2 ** 40, revocationEpoch: EPOCH };
    return { version: 1, madeAtS: 0, issuers: [{ utilityId: 'USALP', kid, key: publicKey, ...good }] };
  };
  const read = async ({ token }: OfflineToken): Promise<ChargeToken> =>
    unwrap(await believeToken(new Uint8Array(Buffer.from(token, 'base64url')), await issuers(), NODE_SUITE));

  it('shows a price, holds money for what was agreed to, and gives the phone a token by which a charger starts', async () => {
    const { phone, wallet } = await open('ada', 5_000_000n);
    const offer = await wallet.price();
    assert.deepEqual(
      [offer.microsPerKWh, offer.microsPerHour, offer.microsPerSession, offer.mostMicros],
      [320_000n, 0n, 0n, 2_192_000n],
    );
    assert.deepEqual(
      [offer.means.currency, offer.means.leftMicros, offer.means.lowMicros],
      ['USD', 5_000_000n, 1_000_000n],
    );
    const answer = await wallet.agree(offer, 2_200_000n);
    assert.equal(answer.means.leftMicros, 2_808_000n);
    const { token } = answer;
    const claims = await read(token);
    const started = judgeStart(
      claims,
      { energyWh: 6_850n },
      {
        ...{ evseId: EVSE_ID, groupIds: [], nowS: Math.floor(Date.now() / SECOND_MS) },
        usedOf: () => ({ sessions: 0, energyWh: 0n, costMicros: 0n }),
      },
    );
    assert.equal(unwrap(started).mostMicros, 2_192_000n);
    assert.deepEqual([claims.holder.x, claims.revocationEpoch], [phone.held.key.x, EPOCH]);
    // What the ledger judges a session by, later.
    const { signedLeave, tokenId } = token;
    const hash = createHash('sha256').update(signedLeave).digest().subarray(0, 16);
    assert.deepEqual(Buffer.from(claims.price.quoteHash), hash);
    const { signingKey } = stage.alabama;
    const leave = unwrap(
      await openDocument(offlineLeave, DOCUMENT_TYPE.offlineLeave, signedLeave, [signingKey]),
    );
    assert.deepEqual(
      [leave.profileId, leave.exposureMicros, leave.maxSessions, leave.energyWh, leave.validUntilMs],
      [tokenId, 2_192_000n, 1, 6_850n, token.untilMs],
    );
    assert.deepEqual(
      [leave.laneId, leave.tariffId, leave.tariffVersion, leave.adjustmentPpm],
      ['USDUK-USALP-g0', 'USDUK-DECK', 1, 0n],
    );
    // The same again is the same token, and no more money is held.
    assert.deepEqual(await wallet.agree(offer, 2_200_000n), answer);
    await assert.rejects(wallet.agree(offer, 1n, { requestId: 'other' }), /OFFLINE_QUOTE_OVER: a token/);
    // Low on money the driver is sent online, and told how much is left.
    assert.equal((await wallet.agree(await wallet.price(), 2_192_000n)).means.leftMicros, 616_000n);
    await assert.rejects(
      wallet.agree(await wallet.price(), 320_000n),
      /OFFLINE_GO_ONLINE: 0.616 USD are left, less than 1.00 USD/,
    );
    const { tokens, means } = await wallet.list();
    assert.deepEqual([tokens.length, means.leftMicros], [2, 616_000n]);
  });

  it('refuses what goes beyond its bounds, each with its reason', async () => {
    const { wallet, phone } = await open('bea', 1_000_000_000n);
    const nowMs = Math.floor(Date.now() / SECOND_MS) * SECOND_MS;
    const asks: readonly (readonly [RegExp, Record<string, unknown>])[] = [
      [/OFFLINE_WINDOW_INVALID: .*whole seconds/, { fromMs: nowMs + 1 }],
      [/OFFLINE_WINDOW_INVALID: .*over/, { fromMs: nowMs - HOUR_MS, untilMs: nowMs - SECOND_MS }],
      [/OFFLINE_WINDOW_INVALID: .*172800 s long/, { untilMs: nowMs + 2 * DAY_MS + 60 * SECOND_MS }],
      [/OFFLINE_WINDOW_INVALID: .*from now/, { fromMs: nowMs + 14 * DAY_MS, untilMs: nowMs + 15 * DAY_MS }],
      [/OFFLINE_ENERGY_TOO_MUCH/, { energyWh: '200001' }],
      [/OFFLINE_ENERGY_TOO_MUCH/, { energyWh: '0' }],
      [/OFFLINE_NO_QUOTE: OFFLINE_OUTLET_UNKNOWN/, { audience: { kind: 'outlet', evseId: 'US*DUK*ENONE' } }],
      [/OFFLINE_NO_QUOTE: OFFLINE_OUTLET_UNKNOWN/, { audience: { kind: 'group', groupId: 'LIBRARY' } }],
      [
        /OFFLINE_NO_QUOTE: OFFLINE_NO_TARIFF: the price there stands until/,
        { fromMs: stage.pricedUntilMs - HOUR_MS, untilMs: stage.pricedUntilMs + SECOND_MS },
      ],
      [/CIN_NOT_FOUND/, { cinRef: '0'.repeat(64) }],
      [/ISSUER_REFUSED/, { vun: 'USXXX' }],
    ];
    for (const [reason, changes] of asks) await assert.rejects(wallet.price(changes), reason);
    const offer = await wallet.price({ requestId: 'same', energyWh: '100000' });
    const again = { requestId: 'same', energyWh: '100001' };
    await assert.rejects(wallet.price(again), /OFFLINE_REQUEST_REUSED/);
    const agreements: readonly (readonly [RegExp, bigint, Record<string, unknown>?])[] = [
      [/OFFLINE_QUOTE_UNKNOWN/, 1n, { quoteId: 'price-none' }],
      [/OFFLINE_PHONE_UNKNOWN/, 1n, { phoneId: 'nobody' }],
      [/OFFLINE_CONSENT_INVALID: nothing/, 0n],
      [/OFFLINE_COST_TOO_MUCH: the agreement allows 20.00 USD/, 20_000_001n],
    ];
    for (const [reason, cost, changes] of agreements)
      await assert.rejects(wallet.agree(offer, cost, changes), reason);
    const stranger = await TestPhone.make(phone.phoneId, stage.origin, () => Promise.resolve({}));
    const forged = await stranger.consent(offer.signedQuote, 1_000_000n, stage.channel);
    await assert.rejects(wallet.agree(offer, 1n, { consent: forged }), /OFFLINE_CONSENT_INVALID/);
    const other = await phone.consent((await wallet.price()).signedQuote, 1_000_000n, stage.channel);
    await assert.rejects(
      wallet.agree(offer, 1n, { consent: other }),
      /OFFLINE_CONSENT_INVALID: .*another price/,
    );
    // Nothing of all that put money aside.
    assert.equal((await wallet.list()).means.leftMicros, 1_000_000_000n);
    for (let open = 0; open < 5; open += 1) await wallet.agree(await wallet.price(), 1_000_000n);
    await assert.rejects(wallet.agree(await wallet.price(), 1_000_000n), /OFFLINE_TOKENS_OPEN/);
    assert.equal((await wallet.list()).means.leftMicros, 995_000_000n);
  });

  it('takes tokens back with the phone, its key or the card; their money stays held as long as a charger may start by them', async () => {
    const { wallet, phone, customer } = await open('cyd', 100_000_000n);
    const states = async () => (await wallet.list()).tokens.map(({ state }) => state);
    const { token } = await wallet.agree(await wallet.price(), 2_192_000n);
    const phonePath = `/driver/v1/offline/phones/${phone.phoneId}`;
    const next = await TestPhone.make(phone.phoneId, stage.origin, customer.prove);
    await next.register();
    assert.deepEqual(await states(), ['revoked']);
    await assert.rejects(wallet.agree(await wallet.price(), 1_000_000n), /OFFLINE_CONSENT_INVALID/);
    const renewed = new Wallet(next, stage, customer.cinRef);
    await renewed.agree(await renewed.price({ requestId: 'renewed' }), 1_000_000n);
    assert.deepEqual(await states(), ['open', 'revoked']);
    await next.ask('DELETE', phonePath);
    await next.ask('DELETE', phonePath);
    assert.deepEqual(await states(), ['revoked', 'revoked']);
    await assert.rejects(next.register(), /OFFLINE_PHONE_REVOKED/);
    await assert.rejects(
      renewed.agree(await renewed.price({ requestId: 'late' }), 1_000_000n),
      /OFFLINE_PHONE_REVOKED/,
    );
    const others = await Promise.all(
      ['cyd-2', 'cyd-3', 'cyd-4', 'cyd-5'].map((id) => TestPhone.make(id, stage.origin, customer.prove)),
    );
    for (const other of others.slice(0, 3)) await other.register();
    await assert.rejects(async () => others[3]?.register(), /OFFLINE_PHONES_FULL/);
    const { phones } = await phone.ask('GET', '/driver/v1/offline/phones', undefined, offlinePhones);
    assert.deepEqual(
      phones.map(({ phoneId, state }) => [phoneId, state]),
      [
        ['cyd-1', 'revoked'],
        ['cyd-2', 'active'],
        ['cyd-3', 'active'],
        ['cyd-4', 'active'],
      ],
    );
    const dee = await open('dee', 100_000_000n);
    await assert.rejects(
      dee.phone.ask('PUT', '/driver/v1/offline/phones/dee-2', { key: others[0]?.key, label: 'x' }),
      /OFFLINE_KEY_TAKEN/,
    );
    await dee.wallet.agree(await dee.wallet.price(), 2_192_000n);
    const block = `${stage.alabama.aaa.url}/operator/v1/cins/state`;
    await stage.alabama.operator('POST', block, { cin: dee.customer.cin, state: 'lost' });
    assert.deepEqual(
      (await dee.wallet.list()).tokens.map(({ state }) => state),
      ['revoked'],
    );
    await assert.rejects(dee.wallet.price(), /CIN_NOT_ACTIVE/);
    assert.equal((await wallet.list()).means.leftMicros, 100_000_000n - 2_192_000n - 1_000_000n);
    assert.ok(token.heldUntilMs >= token.untilMs + 7 * DAY_MS);
  });
});
