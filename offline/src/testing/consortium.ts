import type { PublicKey } from '../suite/suite.ts';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { ChargerIdentity } from '../handshake/charger.ts';
import { signChargerCertificate, type ChargerCertificate } from '../handshake/charger-certificate.ts';
import { NODE_SUITE, publicKeyOf, signerOf } from '../suite/node-suite.ts';
import type { ChargeToken } from '../token/charge-token.ts';
import type { IssuerList } from '../token/issuer-list.ts';

/** Two utilities, a charger of the one, a phone of the other's customer, and a stranger's keys. */

export const second = (text: string): number => Date.parse(text) / 1_000;

export const newKeys = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = new Uint8Array(randomBytes(8));
  return { kid, key: publicKeyOf(publicKey), signer: signerOf(privateKey, kid) };
};

/** The key with y by its sign, as tokens have it. */
export const short = ({ x, y }: PublicKey & { readonly y: Uint8Array }): PublicKey => ({
  x,
  y: (y.at(-1) ?? 0) % 2 === 1,
});

export const [HOME, VISITED, PHONE, CHARGER, STRANGER] = [
  newKeys(),
  newKeys(),
  newKeys(),
  newKeys(),
  newKeys(),
];
export const EVSE_ID = 'US*DUK*EXEAL1';
export const NOW_S = second('2026-11-28T20:30:00Z');

/** Paragraph 91 of the source: that charger, hour and energy, at 0.32 USD a kWh (SECURE-5). */
export const TOKEN: ChargeToken = {
  tokenId: NODE_SUITE.random(16),
  issuer: 'USALP',
  audience: { kind: 'outlet', evseId: EVSE_ID },
  issuedAtS: second('2026-11-28T08:00:00Z'),
  notBeforeS: second('2026-11-28T20:12:00Z'),
  expiresS: second('2026-11-28T23:30:00Z'),
  holder: short(PHONE.key),
  limits: { energyWh: 6_850n, costMicros: 2_200_000n, sessions: 1 },
  price: {
    quoteHash: NODE_SUITE.random(16),
    currency: 'USD',
    microsPerKWh: 320_000n,
    microsPerHour: 0n,
    microsPerSession: 0n,
  },
  revocationEpoch: 3,
};

const GOOD = { fromS: second('2026-01-01T00:00:00Z'), untilS: second('2027-01-01T00:00:00Z') };

export const MEMBERS: IssuerList = {
  version: 7,
  madeAtS: second('2026-11-28T00:00:00Z'),
  issuers: [
    { utilityId: 'USALP', kid: HOME.kid, key: HOME.key, ...GOOD, revocationEpoch: 3 },
    { utilityId: 'USDUK', kid: VISITED.kid, key: VISITED.key, ...GOOD, revocationEpoch: 0 },
  ],
};

export const certified = (changes: Partial<ChargerCertificate> = {}, by = VISITED): Promise<Uint8Array> =>
  signChargerCertificate(
    { operator: 'USDUK', evseId: EVSE_ID, key: CHARGER.key, ...GOOD, ...changes },
    by.signer,
  );

export const charger = async (changes: Partial<ChargerIdentity> = {}): Promise<ChargerIdentity> => ({
  evseId: EVSE_ID,
  signer: CHARGER.signer,
  certificate: await certified(),
  ...changes,
});
