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
  offlinePhones,
  openDocument,
  setWord,
  stationCalendar,
  type OfflineToken,
} from '@roamgrid/wire';
import { creditTests } from './testing/credit-tests.ts';
import { Deck } from './testing/deck.ts';
import { EPOCH, EVSE_ID, startOfflineStage, type OfflineStage } from './stage.ts';
import { CustomerPhone } from './customer-phone.ts';
import { openWallet, Wallet } from './wallet.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

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

  const open = (login: string, creditLimitMicros: bigint) => openWallet(stage, login, creditLimitMicros);
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
    const stranger = await CustomerPhone.make(phone.phoneId, stage.origin, () => Promise.resolve({}));
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
    const next = await CustomerPhone.make(phone.phoneId, stage.origin, customer.prove);
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
      ['cyd-2', 'cyd-3', 'cyd-4', 'cyd-5'].map((id) => CustomerPhone.make(id, stage.origin, customer.prove)),
    );
    for (const other of others.slice(0, 3)) await other.register();
    const named = (id: string, label: string) =>
      next.ask('PUT', `/driver/v1/offline/phones/${id}/label`, { label });
    await named('cyd-2', ' <b>Cyd’s</b> ');
    await others[0]?.register();
    for (const label of ['', ' ', 'x'.repeat(61), 'a\nb', 'a\u202eb'])
      await assert.rejects(named('cyd-3', label), /INVALID_REQUEST/, label);
    await assert.rejects(named('cyd-9', 'x'), /OFFLINE_PHONE_UNKNOWN/);
    await assert.rejects(async () => others[3]?.register(), /OFFLINE_PHONES_FULL/);
    const { phones } = await phone.ask('GET', '/driver/v1/offline/phones', undefined, offlinePhones);
    assert.deepEqual(
      phones.map(({ phoneId, state, label }) => [phoneId, state, label]),
      [
        ['cyd-1', 'revoked', 'my phone'],
        ['cyd-2', 'active', '<b>Cyd’s</b>'],
        ['cyd-3', 'active', 'my phone'],
        ['cyd-4', 'active', 'my phone'],
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

  it('vouches for chargers at own outlets, one key each', async () => {
    const deck = await Deck.setUp(stage);
    assert.equal((await deck.certify()).certificate, deck.given.certificate);
    assert.equal((await deck.certifyAsStation()).certificate, deck.given.certificate);
    await assert.rejects(deck.certify('US*DUK*ENONE'), /OFFLINE_OUTLET_UNKNOWN/);
    await assert.rejects(deck.certifyAsStation('US*DUK*ENONE'), /FORBIDDEN/);
    const other = await Deck.setUp(stage);
    assert.notEqual(other.given.certificate, deck.given.certificate);
    const { members, issuers, receipt } = await other.words();
    assert.deepEqual(members.map(({ utilityId }) => utilityId).sort(), ['USALP', 'USDUK']);
    assert.equal(receipt, undefined);
    // What says the same is not made anew.
    assert.equal((await other.words()).issuers.list, issuers.list);
    assert.equal(other.given.issuers, issuers.list);
  });

  it('takes sealed records from any phone, however often and in whichever order, and keeps each once', async () => {
    const deck = await Deck.setUp(stage);
    const [ann, bob] = [await open('ann', 50_000_000n), await open('bob', 50_000_000n)];
    for (const { wallet, phone } of [ann, bob]) {
      const { token } = await wallet.agree(await wallet.price(), 2_192_000n);
      await deck.charge(token, phone, 5_000n);
    }
    const { token } = await bob.wallet.agree(await bob.wallet.price(), 2_192_000n);
    const records = await deck.collect(token, bob.phone);
    assert.deepEqual(
      records.map(({ number }) => number),
      [1, 2],
    );
    const [first, second] = records;
    assert.ok(first && second);
    const brought: readonly (readonly (typeof first)[])[] = [
      [second],
      [second, first],
      [first, second, first],
    ];
    for (const some of brought) {
      const { records: told, receipts } = await deck.bring(some);
      assert.deepEqual(
        told.map(({ number }) => number),
        some.map(({ number }) => number),
      );
      // This outlet's meter signs nothing, so what was taken is not booked when its turn comes.
      for (const { state, code = 'METER_INVALID' } of told)
        assert.ok(state !== 'booked' && code === 'METER_INVALID', `${state} ${code}`);
      // No charger forgets what is not booked.
      assert.deepEqual(receipts, []);
    }
    const kept = await deck.kept();
    assert.deepEqual(
      kept.map(({ number }) => number),
      [1, 2],
    );
    assert.equal(new Set(kept.map(({ tokenId }) => tokenId)).size, 2);
    assert.equal((await deck.read(first))?.facts.energyWh, 5_000n);
    await deck.refusals(first);
    assert.equal((await deck.kept()).length, 2);
  });

  it('tells a charger that lost its clock what time it is, for its own challenge alone', async () => {
    const deck = await Deck.setUp(stage);
    const { wallet, phone } = await open('eve', 50_000_000n);
    const { token } = await wallet.agree(await wallet.price(), 2_192_000n);
    deck.batteryS = undefined;
    await deck.start();
    await assert.rejects(deck.charge(token, phone, 1n), /CLOCK_LOST/);
    await assert.rejects(
      deck.timeFor({ evseId: 'US*DUK*ENONE', bootCounter: 1, monotonicMs: 0 }),
      /OFFLINE_OUTLET_UNKNOWN/,
    );
    await deck.setClock(token, phone);
    await deck.charge(token, phone, 1_000n);
    assert.equal(deck.outlet.registerWh, 1_000n);
  });

  it('says where its chargers are, and for whom', async () => {
    const deck = await Deck.setUp(stage);
    const { duke } = stage;
    const evse = { evseId: EVSE_ID, maxPowerW: 22_000n };
    const shown = async () => {
      const { stations } = await deck.chargers();
      return stations.map(({ stationId, place, outlets }) => [stationId, place, outlets]);
    };
    assert.deepEqual(await shown(), [
      ['DUK-XEAL-1', undefined, [{ ...evse, kind: 'public-all', isFree: false }]],
    ]);
    const place = { latitudeE6: 35_995_900, longitudeE6: -78_902_000 };
    const calendar = `${duke.gateway.url}/operator/v1/stations/DUK-XEAL-1/calendar`;
    await duke.operator('PUT', calendar, { version: 0, place, tasks: [] }, stationCalendar);
    const rules = `${duke.gateway.url}/operator/v1/offline/chargers/${encodeURIComponent(EVSE_ID)}/rules`;
    const said = { kind: 'public-shared', price: 'free', zone: 'America/New_York' };
    await duke.operator('PUT', rules, said, setWord.pick({ version: true }));
    assert.deepEqual(await shown(), [
      ['DUK-XEAL-1', place, [{ ...evse, kind: 'public-shared', isFree: true }]],
    ]);
  });

  creditTests(() => stage);
});
