import { issueChargeToken } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import type { CustomerPhone } from '../customer-phone.ts';
import { keysOf } from '../underground.ts';
import type { Wallet } from '../wallet.ts';

/** What a customer buys while his phone is online. */
export interface Bought {
  readonly tokenId: string;
  readonly token: Uint8Array;
}

interface Wish {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly energyWh: bigint;
  readonly costMicros: bigint;
  readonly evseId: string;
}

/** Sees the price, agrees, and has the token. */
export const buy = async (
  wallet: Wallet,
  { fromMs, untilMs, energyWh, costMicros, evseId }: Wish,
): Promise<Bought> => {
  const offer = await wallet.price({
    ...{ fromMs, untilMs, energyWh: energyWh.toString(), audience: { kind: 'outlet', evseId } },
  });
  const { token } = await wallet.agree(offer, costMicros);
  return { tokenId: token.tokenId, token: new Uint8Array(Buffer.from(token.token, 'base64url')) };
};

/** A token for the phone that no member signed, whatever it says of itself. */
export const forge = async (
  { held }: CustomerPhone,
  { fromMs, untilMs, energyWh, costMicros, evseId }: Wish,
): Promise<Uint8Array> => {
  const { signer } = await keysOf();
  const { x, y } = held.key;
  return issueChargeToken(
    {
      ...{ tokenId: NODE_SUITE.random(16), issuer: 'USALP', revocationEpoch: 9 },
      ...{ audience: { kind: 'outlet', evseId }, holder: { x, y } },
      ...{ issuedAtS: fromMs / 1_000, notBeforeS: fromMs / 1_000, expiresS: untilMs / 1_000 },
      limits: { energyWh, costMicros, sessions: 1 },
      price: {
        ...{ quoteHash: NODE_SUITE.random(16), currency: 'USD' },
        ...{ microsPerKWh: 320_000n, microsPerHour: 0n, microsPerSession: 0n },
      },
    },
    signer,
  );
};
