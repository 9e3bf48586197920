import { readSign1 } from '../cose/sign1.ts';
import type { Suite } from '../suite/suite.ts';
import { readChargeToken, type ChargeToken, type TokenPrice } from '../token/charge-token.ts';
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
