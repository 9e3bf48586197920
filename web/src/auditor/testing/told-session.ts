import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import {
  authorisation,
  bodyHash,
  canonicalJson,
  consentBinding,
  consentSigningInput,
  derOfOcmf,
  DOCUMENT_TYPE,
  driverConsentSigningInput,
  offlineLeave,
  settledText,
  signDocument,
  signOcmf,
  visitorProfile,
  type JsonValue,
} from '@roamgrid/wire';
import { issueChargeToken, keyIdOf, startProof } from '@roamgrid/offline';
import { NODE_SUITE, publicKeyOf, signerOf } from '@roamgrid/offline/node';
import type { Bill, CloseBody, Evidence, OpenBody, Station, Utility } from '../api.ts';
import type { Tariff } from '../tariff-check.ts';
import type { Inputs } from '../verify.ts';

export const BEGAN_MS = 1_700_000_000_000;
const ENDED_MS = BEGAN_MS + 3_600_000;
const sessionId = 'USDUK-USALP-g0-17';
const laneId = 'USDUK-USALP-g0';
const evseId = 'US*DUK*E0001*1';

const holder = (kid: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const dated = (untilMs?: number) => ({
    ...{ kty: 'EC' as const, crv: 'P-256' as const, kid, x, y, fromMs: 0 },
    ...(untilMs !== undefined && { untilMs }),
  });
  const raw = (text: string) =>
    sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  return { kid, key: privateKey, dated, raw };
};
const home = holder('home');
const station = holder('station');
const meter = holder('meter');
const device = holder('phone');
const tokens = holder('tokens');

const text = (value: unknown): string => canonicalJson(value as JsonValue);
const rootOfOne = (body: string): string =>
  createHash('sha256')
    .update(Buffer.from(`00${bodyHash(body)}`, 'hex'))
    .digest('hex');

const quote: OpenBody['quote'] = {
  ...{ channel: 'roamgrid', sessionId, vun: 'USDUK', hun: 'USALP', agreementId: 'ALP-DUK-1' },
  ...{ stationId: 'DUK-1', evseId, tariffId: 'TOU', tariffVersion: 1, adjustmentPpm: '0', currency: 'USD' },
  ...{ requestedEnergyWh: '10000', plannedMs: 3_600_000, estimateMicros: '3000000', capMicros: '4000000' },
  zoneOffsets: [{ fromMs: 0, offsetMinutes: 0 }],
  issuedAtMs: BEGAN_MS - 20_000,
  validUntilMs: BEGAN_MS + 60_000,
};
const offer: NonNullable<OpenBody['offer']> = {
  ...{ estimateMicros: '3000000', maxAdjustmentPpm: '0', maxMicrosPerKWh: '400000', minAdjustmentPpm: '0' },
  ...{ minMicrosPerKWh: '200000', requestedEnergyWh: '10000', validUntilMs: BEGAN_MS + 60_000 },
};

export interface Story {
  readonly authorisedBy: 'home' | 'cache';
  readonly statement: 'facts' | 'one text' | 'two texts' | 'two texts, the end first';
  readonly device?: 'signs' | 'is needed';
  /** It began at a charger without network: home signed a token and its leave ahead of time. */
  readonly isOffline?: boolean;
  /** What the token and its holder say, where it is not what the quote says. */
  readonly token?: { readonly askedWh?: bigint; readonly costMicros?: bigint; readonly evseId?: string };
  /** Until when each key counted. */
  readonly ended?: Partial<Record<'home' | 'station' | 'meter' | 'tokens', number>>;
}

const leaveFor = async ({ authorisedBy, device: needed, isOffline }: Story): Promise<string> => {
  const { channel, agreementId, stationId, tariffId, tariffVersion, currency } = quote;
  const said = {
    ...{ iss: 'USALP', aud: 'USDUK', channel, cinRef: 'c'.repeat(64), service: 'charging', loyalty: 'gold' },
    ...{ customerClass: 'residential', paymentMethod: 'postpaid', adjustmentPpm: '0', currency },
    validUntilMs: BEGAN_MS + 60_000,
    ...(needed && { driverKey: (({ fromMs: _from, ...jwk }) => jwk)(device.dated()) }),
    ...(needed === 'is needed' && { driverConsentAboveMicros: '1000000' }),
  };
  if (authorisedBy === 'cache') {
    const kept = {
      ...{
        profileId: 'p1',
        laneId,
        whitelist: 'ALWAYS',
        perSessionMicros: '5000000',
        exposureMicros: '9000000',
      },
      ...{ maxSessions: 9, validFromMs: BEGAN_MS - 50_000 },
    };
    if (isOffline === true) {
      const { whitelist: _whitelist, ...leave } = kept;
      const priced = {
        agreementId,
        tariffId,
        tariffVersion,
        zoneOffsets: quote.zoneOffsets,
        energyWh: '20000',
      };
      const whole = offlineLeave.parse({ ...said, ...leave, ...priced });
      return signDocument(offlineLeave, DOCUMENT_TYPE.offlineLeave, whole, home);
    }
    return signDocument(
      visitorProfile,
      DOCUMENT_TYPE.profile,
      visitorProfile.parse({ ...said, ...kept }),
      home,
    );
  }
  const seen = { agreementId, channel, currency, evseId, service: 'charging', sessionId, stationId };
  const offerHash = bodyHash(text({ ...seen, tariffId, tariffVersion, vun: 'USDUK', ...offer }));
  const limits = { limitMicros: '5000000', energyLimitWh: '20000', issuedAtMs: BEGAN_MS - 30_000 };
  return signDocument(
    authorisation,
    DOCUMENT_TYPE.authorisation,
    authorisation.parse({ ...said, sessionId, evseId, offerHash, ...limits }),
    home,
  );
};

const bytesOf = (some: Uint8Array): string => Buffer.from(some).toString('base64url');

/** Home's token for the place, and what its holder signed at the charger. */
const offlineFor = async ({ token: changes = {} }: Story) => {
  const { askedWh = 10_000n, costMicros = 4_000_000n, evseId: at } = changes;
  const ms = (from: number) => Math.floor((BEGAN_MS + from) / 1_000);
  const price = { quoteHash: new Uint8Array(16), currency: 'USD', microsPerKWh: 300_000n };
  const token = await issueChargeToken(
    {
      ...{ tokenId: new Uint8Array(16).fill(7), issuer: 'USALP', revocationEpoch: 0 },
      ...{ issuedAtS: ms(-50_000), notBeforeS: ms(-50_000), expiresS: ms(60_000) },
      holder: publicKeyOf(device.key),
      audience: at === undefined ? { kind: 'group', groupId: 'MALL' } : { kind: 'outlet', evseId: at },
      limits: { energyWh: 20_000n, costMicros, sessions: 9 },
      price: { ...price, microsPerHour: 0n, microsPerSession: 0n },
    },
    signerOf(tokens.key, await keyIdOf(publicKeyOf(tokens.key), NODE_SUITE)),
  );
  const transcript = new Uint8Array(32).fill(3);
  const proof = await startProof({ token, transcript, askedWh }, NODE_SUITE);
  const { sign: signed } = signerOf(device.key, new Uint8Array(8));
  return {
    consent: { consentedAtMs: BEGAN_MS, kid: 'holder', method: 'app' as const },
    signature: bytesOf(await signed(proof)),
    offline: { number: 1, askedWh: '10000', token: bytesOf(token), transcript: bytesOf(transcript) },
  };
};

const openFor = async (story: Story): Promise<{ open: OpenBody; binding: string }> => {
  const ground = { channel: quote.channel, sessionId, quoteHash: bodyHash(text(quote)) };
  const consentedAtMs = BEGAN_MS - 10_000;
  const began = story.isOffline === true ? await offlineFor(story) : undefined;
  const consent = began?.consent ?? { consentedAtMs, kid: station.kid, method: 'kiosk' as const };
  const input = consentSigningInput(ground, consent, quote.stationId);
  const open: OpenBody = {
    ...{
      sessionId,
      cinRef: 'c'.repeat(64),
      authorisedBy: story.authorisedBy,
      evidence: await leaveFor(story),
    },
    ...(story.authorisedBy === 'home' && { offer }),
    quote,
    ...(began && { offline: began.offline }),
    consent: { ...consent, signature: began?.signature ?? station.raw(input) },
    ...(story.device === 'signs' && {
      driverConsent: {
        consentedAtMs,
        signature: device.raw(driverConsentSigningInput(ground, { consentedAtMs }, device.kid)),
      },
    }),
    openedAtMs: BEGAN_MS,
    salt: 'a'.repeat(64),
  };
  return { open, binding: consentBinding(input) };
};

const closeFor = ({ statement: form }: Story, tariffText: string): CloseBody => {
  const facts = {
    gateway: { model: 'Station', serial: 'DUK-1', version: '1' },
    meter: { vendor: 'Roamgrid', model: 'Simulated', serial: 'METER-1', firmware: '1' },
  };
  const begin = { atMs: BEGAN_MS, sync: 'S', transaction: 'B', registerMilliWh: 5_000_000n } as const;
  const end = { atMs: ENDED_MS, sync: 'S', transaction: 'E', registerMilliWh: 15_000_000n } as const;
  const signed = (page: number, readings: readonly (typeof begin | typeof end)[]) =>
    signOcmf({ ...facts, page, evseId, sessionId, tariffText, readings }, meter.key);
  const whole = signed(7, [begin, end]);
  const der = derOfOcmf(whole);
  assert.ok(der.ok);
  const statement: CloseBody['statement'] =
    form === 'facts'
      ? { form: 'facts', ...facts, page: 7, tariffText, signature: der.value.toString('base64') }
      : form === 'one text'
        ? { form: 'ocmf', end: whole }
        : { form: 'ocmf', end: signed(8, [end]), start: signed(form === 'two texts' ? 7 : 9, [begin]) };
  const reading = ({ atMs, registerMilliWh }: typeof begin | typeof end, charging: boolean) => ({
    ...{ atMs, charging, registerMilliWh: registerMilliWh.toString() },
  });
  return {
    ...{ sessionId, endReason: 'full', statement, salt: 'b'.repeat(64) },
    readings: [reading(begin, true), reading(end, false)],
  };
};

const shares = { hun: '300000', vun: '2000000', infrastructure: '700000', driver: '0' };
const bill: Bill = {
  ...{ cdrId: sessionId, sessionId, vun: 'USDUK', hun: 'USALP', laneSequence: 1, currency: 'USD' },
  ...{ startMs: BEGAN_MS, endMs: ENDED_MS, energyWh: '10000', tariffId: 'TOU', tariffVersion: 1 },
  meteredBy: 'meter',
  ...{ pricingPolicy: 'x', netMicros: '3000000', taxMicros: '0', totalMicros: '3000000', shares },
  lines: [
    {
      kind: 'ENERGY',
      quantity: '10000',
      unit: 'Wh',
      unitPrice: '0.30',
      amountMicros: '3000000',
      taxMicros: '0',
    },
  ],
  endReason: 'full',
};

/** What gateways of an honest consortium would tell of a session that went as the story says. */
export const told = async (story: Story): Promise<Inputs> => {
  const { open, binding } = await openFor(story);
  const close = closeFor(story, binding);
  const openBody = text(open);
  const settledBody = settledText(text(close), openBody);
  const merkleRoot = rootOfOne(settledBody);
  const pair = { vun: 'USDUK', hun: 'USALP', agreementId: 'ALP-DUK-1' };
  const sums = { energyWh: '10000', totalMicros: '3000000', shares, lastEndMs: ENDED_MS };
  const range = { ...pair, batchId: 'batch-1', laneId, fromSequence: 1, toSequence: 1, merkleRoot };
  const batchHeader = text({ ...range, ...sums, currency: 'USD', salt: 'd'.repeat(64) });
  const root = rootOfOne(openBody);
  const slot = { laneId, agreementId: 'ALP-DUK-1', slot: 4 };
  const evidence: Evidence = {
    record: {
      ...{
        type: 'session',
        sessionId,
        number: 17,
        state: 'closed',
        openedAtMs: BEGAN_MS,
        batchId: 'batch-1',
      },
      ...{ ...pair, ...slot, openedBlock: '5', endedBlock: '9' },
    },
    opening: {
      type: 'opening',
      version: 1,
      ...slot,
      root,
      count: 1,
      first: 17,
      bits: 'AQ==',
      atMs: BEGAN_MS,
    },
    openingProof: { state: 'present', proof: { slot: 4, index: 0, size: 1, path: [] } },
    openBody,
    batch: { type: 'batch', version: 1, ...range, headerHash: bodyHash(batchHeader), atMs: ENDED_MS },
    batchHeader,
    settledBody,
    proof: { index: 0, size: 1, path: [] },
    cdr: bill,
    transactions: ['5', '9'].map((blockNumber) => ({ transactionId: blockNumber, blockNumber, valid: true })),
  };
  const { ended } = story;
  const evse = {
    evseId,
    meterKeys: [{ ...meter.dated(ended?.meter), meterId: 'METER-1', signedBy: 'meter' as const }],
    maxPowerW: '1',
  };
  const registered = {
    utilityId: 'USDUK',
    stationId: 'DUK-1',
    placeId: 'MALL',
    signingKeys: [station.dated(ended?.station)],
    evses: [evse],
  };
  const tariff = {
    ...{ tariffId: 'TOU', version: 1, utilityId: 'USDUK', appliesTo: { placeId: 'MALL' } },
    ...{ validFromMs: BEGAN_MS - 1, validUntilMs: BEGAN_MS + 1 },
  };
  const offlineKeys = [{ ...tokens.dated(ended?.tokens), use: 'tokens' }];
  const utility = { utilityId: 'USALP', signingKeys: [home.dated(ended?.home)], offlineKeys };
  return {
    evidence,
    others: [{ name: 'Duke Energy', evidence }],
    bills: [bill],
    // What the checks do not read of a registration is left out.
    stations: [registered as unknown as Station],
    tariffs: [{ record: tariff, boundUnder: ['ALP-DUK-1'] } as unknown as Tariff],
    utilities: [utility as unknown as Utility],
  };
};
