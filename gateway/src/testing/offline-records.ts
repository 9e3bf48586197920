import { createHash, randomBytes } from 'node:crypto';
import {
  encodeCbor,
  issueChargeToken,
  recordOf,
  startProof,
  statementText,
  type ChargeToken,
  type SessionFacts,
} from '@roamgrid/offline';
import { keyIdOf } from '@roamgrid/offline/judged';
import { NODE_SUITE, publicKeyOf, signerOf } from '@roamgrid/offline/node';
import { DOCUMENT_TYPE, offlineLeave, signDocument, signOcmf, type OfflineLeave } from '@roamgrid/wire';
import { TEST_MINUTE_MS } from './clock.ts';
import { AGREEMENT_ID, ALABAMA, DUKE, TARIFF_ID, type TestSite } from './consortium.ts';
import { testKey, type TestKey } from './keys.ts';

/** What a phone, a charger without network and its meter sign, by a token of Alabama Power's. */

const MS_PER_S = 1_000;
const MILLI = 1_000n;

/** Alabama Power's key for tokens, and the key of a customer's phone. */
export const TOKEN_KEY = testKey('alp-tokens-1');
export const PHONE_KEY = testKey('phone-1');
export const CIN_REF = createHash('sha256').update('offline customer').digest('hex');

export interface TokenWish {
  readonly home: TestKey;
  readonly channel: string;
  readonly site: TestSite;
  readonly audience: ChargeToken['audience'];
  readonly fromMs: number;
  readonly limits: ChargeToken['limits'];
  /** Whose token it is; the customer's usual phone when left out. */
  readonly holder?: TestKey;
}

/** A token with the leave beside it, as home gives them to a phone that is online. */
export interface PhoneToken {
  readonly token: Uint8Array;
  readonly leave: string;
}

/** 0.25 a kWh and 1.00 a session, 10 % tax: the tests' tariff. */
const PRICE = { currency: 'USD', microsPerKWh: 275_000n, microsPerHour: 0n, microsPerSession: 1_100_000n };

export const tokenOf = async ({
  home,
  channel,
  site,
  audience,
  fromMs,
  limits,
  holder = PHONE_KEY,
}: TokenWish): Promise<PhoneToken> => {
  const tokenId = new Uint8Array(randomBytes(16));
  const fromS = Math.floor(fromMs / MS_PER_S);
  const untilS = fromS + 6 * 3_600;
  const said: OfflineLeave = {
    ...{ iss: ALABAMA, aud: DUKE, channel, profileId: Buffer.from(tokenId).toString('hex') },
    ...{ laneId: `${DUKE}-${ALABAMA}-${site.group}`, cinRef: CIN_REF, service: 'charging', loyalty: 'gold' },
    ...{ customerClass: 'residential', paymentMethod: 'postpaid', adjustmentPpm: 0n, currency: 'USD' },
    ...{ perSessionMicros: limits.costMicros, exposureMicros: limits.costMicros },
    ...{ maxSessions: limits.sessions, energyWh: limits.energyWh, agreementId: AGREEMENT_ID },
    ...{
      validFromMs: fromS * MS_PER_S,
      validUntilMs: untilS * MS_PER_S,
      tariffId: TARIFF_ID,
      tariffVersion: 1,
    },
    zoneOffsets: [{ fromMs: 0, offsetMinutes: -300 }],
  };
  const leave = await signDocument(offlineLeave, DOCUMENT_TYPE.offlineLeave, said, {
    kid: home.kid,
    key: home.key,
  });
  const quoteHash = new Uint8Array(createHash('sha256').update(leave).digest().subarray(0, 16));
  const token = await issueChargeToken(
    {
      ...{ tokenId, issuer: ALABAMA, audience, limits, revocationEpoch: 0 },
      ...{ issuedAtS: fromS, notBeforeS: fromS, expiresS: untilS, holder: publicKeyOf(holder.key) },
      price: { ...PRICE, quoteHash },
    },
    signerOf(TOKEN_KEY.key, await keyIdOf(publicKeyOf(TOKEN_KEY.key), NODE_SUITE)),
  );
  return { token, leave };
};

export interface SessionWish {
  readonly site: TestSite;
  readonly outlet?: number;
  readonly meter: TestKey;
  readonly number: number;
  readonly beganMs: number;
  readonly lastedMs?: number;
  readonly fromWh: bigint;
  readonly energyWh: bigint;
  /** Nothing is asked for it. */
  readonly isFree?: boolean;
}

/** A session's record as its charger seals it, in base64url, without the seal. */
export const recordFor = async ({ token }: PhoneToken, wish: SessionWish): Promise<string> => {
  const {
    site,
    outlet = 0,
    meter,
    number,
    beganMs,
    fromWh,
    energyWh,
    lastedMs = 10 * TEST_MINUTE_MS,
    isFree = false,
  } = wish;
  const { evseId = '', meterId = '' } = site.evses[outlet] ?? {};
  const transcript = new Uint8Array(randomBytes(32));
  const proof = await startProof({ token, transcript, askedWh: energyWh }, NODE_SUITE);
  const signature = await signerOf(PHONE_KEY.key, new Uint8Array()).sign(proof);
  const evidence = { token, transcript, signature };
  const beganS = Math.floor(beganMs / MS_PER_S);
  const signed = signOcmf(
    {
      gateway: { model: 'Roamgrid station', serial: site.stationId, version: '1' },
      meter: { vendor: 'Roamgrid', model: 'simulated', serial: meterId, firmware: '1' },
      page: number,
      evseId,
      tariffText: await statementText(NODE_SUITE, evidence),
      readings: [
        { atMs: beganS * MS_PER_S, sync: 'S', transaction: 'B', registerMilliWh: fromWh * MILLI },
        {
          ...{ atMs: beganS * MS_PER_S + lastedMs, sync: 'S', transaction: 'E' },
          registerMilliWh: (fromWh + energyWh) * MILLI,
        },
      ],
    },
    meter.key,
  );
  const facts: SessionFacts = {
    ...{ reason: 'stopped', lastedMs, energyWh, registerMilliWh: (fromWh + energyWh) * MILLI, signed },
    ...{ isPlugged: true, faults: [], temperatureDeciC: 210, humidityPermille: 400 },
  };
  const before = { sessions: 0, energyWh: 0n, costMicros: 0n };
  const open = {
    ...{
      number,
      beganS,
      endsS: beganS + 7_200,
      mostWh: energyWh,
      mostMicros: 0n,
      isFree,
      before,
      evidence,
    },
  };
  return Buffer.from(encodeCbor(recordOf(evseId, 1, open, facts))).toString('base64url');
};
