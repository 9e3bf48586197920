import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  Contact,
  issueChargeToken,
  keyIdOf,
  openRecord,
  signChargerCertificate,
  signIssuerList,
  signReceipt,
  type Carried,
  type CarriedRecord,
  type ChargeToken,
  type Command,
  type IssuerList,
  type OfflineRecord,
} from '@roamgrid/offline';
import { NODE_SUITE, publicKeyOf, signerOf } from '@roamgrid/offline/node';
import { base64, type ChargerOrder } from './charger-order.ts';
import { startCharger, type ChargerProcess } from './charger-process.ts';
import { holdTo, type RadioOptions } from './phone-radio.ts';

/** A charger without a network in a process of its own, and phones of a visitor's home utility, each with a token of its own. */

export const EVSE_ID = 'GB*PKC*E0001*1';
const [HOUR_S, YEAR_S] = [3_600, 31_536_000];
export const pemOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();
/** What all tokens are priced at that are not said to be otherwise. */
export const PRICE = { currency: 'GBP', microsPerKWh: 372_000n, microsPerHour: 0n, microsPerSession: 0n };
export const keysOf = async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKeyOf(publicKey);
  const kid = await keyIdOf(key, NODE_SUITE);
  return { privateKey, key, kid, signer: signerOf(privateKey, kid) };
};

/** Keys of somebody's phone. */
export type PhoneKeys = Awaited<ReturnType<typeof keysOf>>;

/** Opens it. `folder` keeps what the charger has to know. */
export const openUnderground = async (folder: string, changes: Partial<ChargerOrder> = {}) => {
  const [home, visited, own] = [await keysOf(), await keysOf(), await keysOf()];
  const { frameBytes } = changes;
  /** So much later it is than when the charger was set up, where its time is held. */
  let passedMs = 0;
  const nowMs = (): number => (changes.heldAtMs === undefined ? Date.now() : changes.heldAtMs + passedMs);
  const nowS = Math.floor(nowMs() / 1_000);
  const good = { fromS: nowS - YEAR_S, untilS: nowS + YEAR_S, revocationEpoch: 0 };
  const members: IssuerList = {
    ...{ version: 1, madeAtS: nowS - HOUR_S },
    issuers: [
      { utilityId: 'GBNOR', kid: home.kid, key: home.key, ...good },
      { utilityId: 'GBPKC', kid: visited.kid, key: visited.key, ...good },
    ],
  };
  const certificate = await signChargerCertificate(
    { operator: 'GBPKC', evseId: EVSE_ID, key: own.key, fromS: good.fromS, untilS: good.untilS },
    visited.signer,
  );
  const reader = await NODE_SUITE.newAgreement();
  const order: ChargerOrder = {
    ...{ folder, evseId: EVSE_ID, groupIds: [], hasBattery: true, capacity: 8 },
    ...{ stationId: 'PKC-0001', utilityId: 'GBPKC', meterId: 'PKC-M0001-1', maxPowerW: '22000' },
    ...{ stationKeyPem: pemOf(own.privateKey), meterKeyPem: pemOf(own.privateKey) },
    charger: { keyPem: pemOf(own.privateKey), kid: base64(own.kid), certificate: base64(certificate) },
    operator: {
      kid: base64(visited.kid),
      ...{ x: base64(visited.key.x), y: base64(visited.key.y), readerPoint: base64(reader.point) },
    },
    firstIssuers: base64(await signIssuerList(members, visited.signer)),
    ...changes,
  };
  let charger: ChargerProcess = await startCharger(order);

  /** A phone with a new token. */
  const phone = async (token: Partial<ChargeToken> = {}, keys?: PhoneKeys): Promise<Carried> => {
    const holder = keys ?? (await keysOf());
    const now = Math.floor(nowMs() / 1_000);
    const signed = await issueChargeToken(
      {
        ...{ tokenId: NODE_SUITE.random(16), issuer: 'GBNOR', revocationEpoch: 0 },
        holder: { x: holder.key.x, y: (holder.key.y.at(-1) ?? 0) % 2 === 1 },
        audience: { kind: 'outlet', evseId: EVSE_ID },
        ...{ issuedAtS: now, notBeforeS: now - HOUR_S, expiresS: now + 12 * HOUR_S },
        limits: { energyWh: 20_000n, costMicros: 9_000_000n, sessions: 1 },
        price: { quoteHash: NODE_SUITE.random(16), ...PRICE },
        ...token,
      },
      home.signer,
    );
    return { suite: NODE_SUITE, token: signed, holder: holder.signer, members, nowS: now, evseId: EVSE_ID };
  };

  /** The phone is held to it, and hears what became of what it wants. @returns the contact, and how long it was until then */
  const meet = async (carried: Carried, command: Command, radio: RadioOptions = {}) => {
    const { link, leave } = await holdTo(charger.radioUrl, {
      ...(frameBytes !== undefined && { frameBytes }),
      ...radio,
    });
    const beganMs = performance.now();
    const met = await Contact.begin(link, carried, command);
    return { met, tookMs: performance.now() - beganMs, leave };
  };

  return {
    phone,
    meet,
    nowMs,
    evseId: EVSE_ID,
    charger: () => charger,
    /** Signs what its utility says. */
    operator: visited.signer,
    reader,
    /** The charger’s key, which its utility vouched for. */
    own,
    /** Lets so much of its held time pass. */
    async pass(ms: number, everyMs?: number) {
      passedMs += ms;
      return charger.act({ passMs: ms, ...(everyMs !== undefined && { everyMs }) });
    },
    /** Power goes, and comes back. */
    async powerAgain(): Promise<void> {
      await charger.cut();
      charger = await startCharger(changes.heldAtMs === undefined ? order : { ...order, heldAtMs: nowMs() });
    },
    /** Takes all records there are, and says that they are booked. */
    async collect(contact: Contact): Promise<readonly OfflineRecord[]> {
      const carried: CarriedRecord[] = [];
      await contact.take((record) => {
        carried.push(record);
        return Promise.resolve();
      });
      const numbers = carried.map(({ number }) => number);
      await contact.give('receipt', await signReceipt({ evseId: EVSE_ID, numbers }, visited.signer));
      const read = await Promise.all(
        carried.map((record) => openRecord(NODE_SUITE, reader, { evseId: EVSE_ID, ...record })),
      );
      return read.filter((record) => record !== undefined);
    },
    close: () => charger.cut(),
  };
};
