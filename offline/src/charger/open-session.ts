import { readSign1 } from '../cose/sign1.ts';
import type { Suite } from '../suite/suite.ts';
import { readChargeToken, type ChargeToken, type TokenPrice } from '../token/charge-token.ts';
import { isSame } from '../cbor/bytes.ts';
import { costMicros } from '../token/cost.ts';
import type { TokenUse } from '../token/judge.ts';
import type { OpenSession } from './memory.ts';
import type { OfflineSession } from './outlet-port.ts';
import { statementText } from './record.ts';

/** The token of a session that it started by: it was believed then. @throws when the chip spoiled it */
export const tokenOf = ({ evidence }: OpenSession): ChargeToken => {
  const read = readSign1(evidence.token);
  const token = read.ok ? readChargeToken(read.value.payload) : read;
  if (!token.ok) throw new Error(`CHARGER_MEMORY_DAMAGED: ${token.error.message}`);
  return token.value;
};

/** What the outlet has to know of a session. */
export const sessionOf = async (suite: Suite, open: OpenSession): Promise<OfflineSession> => {
  const { number, mostWh, mostMicros, beganS, endsS, evidence } = open;
  // What nobody pays for is signed as that: it fits no bill.
  const tariffText = open.isFree ? `roamgrid-free ${number}` : await statementText(suite, evidence);
  return { number, mostWh, mostMicros, beganS, endsS, price: priceOf(open), tariffText };
};

/** What a session is paid by: nothing where nobody pays, whatever was agreed to elsewhere. */
export const priceOf = (open: OpenSession): TokenPrice => {
  const { price } = tokenOf(open);
  return open.isFree ? { ...price, microsPerKWh: 0n, microsPerHour: 0n, microsPerSession: 0n } : price;
};

export const UNUSED: TokenUse = { sessions: 0, energyWh: 0n, costMicros: 0n };

export const sumOf = (a: TokenUse, b: TokenUse): TokenUse => ({
  sessions: a.sessions + b.sessions,
  energyWh: a.energyWh + b.energyWh,
  costMicros: a.costMicros + b.costMicros,
});

const MS_PER_S = 1_000n;

/** The most that a session can still come to: all that was asked for, until it has to end. */
const mostCost = (open: OpenSession): bigint => {
  const lastsMs = BigInt(open.endsS - open.beganS) * MS_PER_S;
  const cost = costMicros(priceOf(open), open.mostWh, lastsMs);
  return cost < open.mostMicros ? cost : open.mostMicros;
};

/** What a token has been used for, with the session that runs by it, which may take all that was asked for. */
export const useOf = (tokenId: Uint8Array, open: OpenSession | undefined, spent: TokenUse): TokenUse =>
  open === undefined || open.isFree || !isSame(tokenOf(open).tokenId, tokenId)
    ? spent
    : sumOf(open.before, { sessions: 1, energyWh: open.mostWh, costMicros: mostCost(open) });
