import { createPrivateKey } from 'node:crypto';
import {
  CreditLedger,
  hexOf,
  issueChargeToken,
  keyIdOf,
  type ChargeToken,
  type CreditHome,
  type CreditStore,
  type IssuerList,
} from '@roamgrid/offline';
import { NODE_SUITE, publicKeyOf, signerOf } from '@roamgrid/offline/node';
import { newKeys, short } from '@roamgrid/offline/testing';
import {
  activateRules,
  HOME,
  makeCustomer,
  makeKey,
  nextSessionId,
  VISITED,
} from '@roamgrid/service-kit/testing';
import { commit, makeCdr, settle } from './records.ts';
import type { Cdr } from '@roamgrid/wire';
import { driverAppConfig, startDriverApp } from './driver-app.ts';
import { until } from './until.ts';
import { startWorld, storeOf } from './world.ts';

/** A utility that issues tokens, and a customer whose phones tell of their credit. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MS_PER_S = 1_000;
export const DECK = ['US*DUK*EXEAL1', 'US*DUK*EXEAL2', 'US*DUK*EXEAL3'] as const;

const bytes = (some: string): Uint8Array => new Uint8Array(Buffer.from(some, 'base64url'));
const text = (some: Uint8Array): string => Buffer.from(some).toString('base64url');

export class MemoryEntries implements CreditStore {
  readonly entries: Uint8Array[];

  constructor(entries: readonly Uint8Array[] = []) {
    this.entries = [...entries];
  }

  all(): Promise<readonly Uint8Array[]> {
    return Promise.resolve([...this.entries]);
  }

  add(seq: number, entry: Uint8Array): Promise<boolean> {
    if (seq !== this.entries.length + 1) return Promise.resolve(false);
    this.entries.push(entry);
    return Promise.resolve(true);
  }
}

export interface GivenToken {
  readonly costMicros?: bigint;
  readonly sessions?: number;
  readonly outlets?: number;
  /** When it is over, from now; it was good for two hours before. */
  readonly overInMs?: number;
}

export const startCredit = async () => {
  const tokenKey = makeKey('tokens-1');
  const { kid: _kid, ...jwk } = tokenKey;
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  const kid = await keyIdOf(publicKeyOf(privateKey), NODE_SUITE);
  const world = await startWorld({ ...driverAppConfig, offline: { key: tokenKey, phones: 20 } });
  const own = world.registry.issuers.get(HOME);
  if (own === undefined) throw new Error('home is a member');
  const { x, y } = tokenKey;
  const offlineKeys = [{ kty: 'EC', crv: 'P-256', kid: 'tokens-1', use: 'tokens', x, y, fromMs: 0 } as const];
  world.registry.issuers.set(HOME, { ...own, utility: { ...own.utility, offlineKeys } });
  await activateRules(world.ask);
  const store = await storeOf(world);
  const app = await startDriverApp(world);
  let numbers = 0;

  /** A customer who is signed in, with as many phones as he likes. */
  const newCustomer = async () => {
    const account = { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: '1000000000' };
    const customer = await makeCustomer(world.ask, { account });
    const ask = { scope: 'openid offline', resource: `${world.node.url}/driver` };
    const { token: access } = await app.signIn(customer, ask);
    const balance = async (): Promise<bigint> => {
      const row = await store.db
        .selectFrom('account')
        .select('balance_micros')
        .where('account_id', '=', customer.accountId)
        .executeTakeFirstOrThrow();
      return row.balance_micros;
    };

    /** One more phone of the customer, who is signed in on it. */
    const newPhone = async (keys = newKeys(), phoneId = `phone-${(numbers += 1)}`) => {
      const beforeMicros = await balance();
      const path = `/driver/v1/offline/phones/${phoneId}`;
      const key = { kty: 'EC', crv: 'P-256', kid: phoneId, x: text(keys.key.x), y: text(keys.key.y) };
      const call = async <T extends object>(method: string, at: string, body?: unknown): Promise<T> => {
        const { status, ...told } = await app.call<T & { detail: string }>(access, method, at, body);
        if (status >= 300) throw new Error(`${told.code}: ${told.detail}`);
        return told as unknown as T;
      };
      await call('PUT', path, { key, label: 'mine' });
      type Standing = Awaited<ReturnType<CreditHome['standing']>>;
      const standing = ({ challenge, seq }: { challenge: string; seq: number }): Standing => ({
        ...{ challenge: bytes(challenge), seq },
      });
      const home: CreditHome = {
        standing: async () => standing(await call('GET', `${path}/credit`)),
        async tell({ head, entries }) {
          const body = { head: text(head), entries: entries.map(text) };
          const told = await call<{ ack: string; challenge: string; seq: number }>(
            'POST',
            `${path}/credit`,
            body,
          );
          return { ack: bytes(told.ack), ...standing(told) };
        },
      };
      const nowS = () => Math.floor(Date.now() / MS_PER_S);
      const ledger = (kept: CreditStore) =>
        CreditLedger.open({ suite: NODE_SUITE, store: kept, holder: keys.signer, key: keys.key, nowS });

      /** A token of the phone, with the money that is held for it. */
      const newToken = async ({
        costMicros = 5_000_000n,
        sessions = 20,
        outlets = 1,
        overInMs = HOUR_MS,
      }: GivenToken = {}) => {
        const untilMs = Math.floor((Date.now() + overInMs) / MS_PER_S) * MS_PER_S;
        const fromMs = untilMs - 2 * HOUR_MS - overInMs;
        const tokenId = NODE_SUITE.random(16);
        const name = hexOf(tokenId);
        const token: ChargeToken = {
          ...{ tokenId, issuer: HOME, issuedAtS: fromMs / MS_PER_S, notBeforeS: fromMs / MS_PER_S },
          ...{ expiresS: untilMs / MS_PER_S, holder: short(keys.key), revocationEpoch: 0 },
          audience:
            outlets === 1 ? { kind: 'outlet', evseId: DECK[0] } : { kind: 'group', groupId: 'CITY-HALL' },
          limits: { energyWh: 60_000n, costMicros, sessions },
          price: {
            ...{ quoteHash: NODE_SUITE.random(16), currency: 'USD', microsPerKWh: 320_000n },
            ...{ microsPerHour: 0n, microsPerSession: 0n },
          },
        };
        const signed = await issueChargeToken(token, signerOf(privateKey, kid));
        const heldUntilMs = untilMs + DAY_MS;
        await store.db
          .insertInto('hold')
          .values({
            ...{ hold_id: `hold-${name}`, account_id: customer.accountId, micros: costMicros, state: 'open' },
            ...{ offer_of: null, placed_at_ms: Date.now(), expires_at_ms: heldUntilMs },
          })
          .execute();
        await store.db
          .insertInto('offline_token')
          .values({
            ...{ token_id: name, customer_id: customer.customerId, request_id: name, phone_id: phoneId },
            ...{ cin_ref: customer.cinRef, quote_id: name, vun: VISITED, hold_id: `hold-${name}` },
            ...{
              token: text(signed),
              signed_quote: quoteOf(outlets),
              signed_leave: 'a.b.c',
              consent: 'a.b.c',
            },
            ...{ exchange: null, energy_wh: 60_000n, currency: 'USD', cost_micros: costMicros, sessions },
            ...{ state: 'open', issued_at_ms: fromMs, from_ms: fromMs, until_ms: untilMs },
            ...{ held_until_ms: heldUntilMs, told_at_ms: fromMs },
          })
          .execute();
        return { token, name, bytes: signed };
      };

      const committed = async (
        cdr: Cdr,
        profileId: string,
        offline: { readonly evseId: string; readonly number: number },
      ) => {
        const of = { authorisedBy: 'cache', consentBy: 'device', profileId, offline } as const;
        commit(world.registry, 'hun', cdr, { cinRef: customer.cinRef, ...of });
        await until('the record is read', () =>
          store.db
            .selectFrom('cdr')
            .select('verdict')
            .where('session_id', '=', cdr.sessionId)
            .executeTakeFirst(),
        );
      };

      /** The ledger has the record of a session, and home has read it. */
      const record = async (
        tokenId: string,
        number: number,
        totalMicros = 2_192_000n,
        evseId: string = DECK[0],
      ) => {
        const sessionId = nextSessionId();
        const shares = { hun: totalMicros, vun: 0n, infrastructure: 0n, driver: 0n };
        const laneSequence = (numbers += 1);
        await committed(
          makeCdr({ laneSequence, sessionId, totalMicros, shares, energyWh: 6_850n }),
          tokenId,
          { evseId, number },
        );
      };

      /** The same of a session whose settled text the gateway has: an hour and 10 kWh, within the token's time. */
      const settled = async (tokenId: string, number: number): Promise<Cdr> => {
        const at = { openedAtMs: Date.now() - HOUR_MS, cinRef: customer.cinRef };
        const cdr = await settle(world.registry, { ...at, laneSequence: (numbers += 1) });
        await committed(cdr, tokenId, { evseId: DECK[0], number });
        return cdr;
      };

      /** What was billed since the phone is there. */
      const billed = async (): Promise<bigint> => beforeMicros - (await balance());

      const keyPoint = `${key.x}.${key.y}`;
      return { phoneId, keyPoint, keys, call, path, home, ledger, newToken, record, settled, billed };
    };
    return { ...customer, newPhone };
  };
  const { newPhone } = await newCustomer();

  const members: IssuerList = {
    ...{ version: 1, madeAtS: 0 },
    issuers: [
      { utilityId: HOME, kid, key: publicKeyOf(privateKey), fromS: 0, untilS: 2 ** 40, revocationEpoch: 0 },
    ],
  };
  return {
    ...{ world, store, newCustomer, newPhone },
    believing: { members, suite: NODE_SUITE },
    async close() {
      await store.close();
      await world.close();
    },
  };
};

/** A quote that names so many outlets; nothing else of it is read here. */
const quoteOf = (outlets: number): string => {
  const quote = {
    ...{ channel: 'roam', quoteId: 'q', vun: VISITED, hun: HOME, agreementId: 'a', cinRef: '0'.repeat(64) },
    ...{ loyalty: 'none', audience: { kind: 'group', groupId: 'CITY-HALL' }, fromMs: 0, untilMs: 1 },
    ...{ energyWh: '60000', sessions: 20, laneId: 'USDUK-USALP-g0', tariffId: 't', tariffVersion: 1 },
    outlets: DECK.slice(0, outlets).map((evseId) => ({ stationId: 'DUK-XEAL-1', evseId })),
    ...{ zoneOffsets: [{ fromMs: 0, offsetMinutes: 0 }], adjustmentPpm: '0', currency: 'USD' },
    ...{ microsPerKWh: '320000', microsPerHour: '0', microsPerSession: '0', issuedAtMs: 0, validUntilMs: 1 },
  };
  return `e30.${Buffer.from(JSON.stringify(quote)).toString('base64url')}.e30`;
};
