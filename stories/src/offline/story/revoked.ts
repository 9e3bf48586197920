import { isDeepStrictEqual } from 'node:util';
import type { Carried } from '@roamgrid/offline';
import { register } from '../../system/admission.ts';
import { until } from '../../system/until.ts';
import { EPOCH, type OfflineStage } from '../stage.ts';
import { openWallet } from '../wallet.ts';
import type { Garage } from './garage.ts';
import type { StoryTime } from './story-time.ts';
import { buy } from './tokens.ts';

/** SECURE-1: a card that was lost. Home sells nothing by it any more; what it sold before starts nothing where the later epoch was heard of. */

export interface RevokedSeen {
  /** What home says to the next wish, and what has become of the token. */
  readonly atHome: string;
  readonly token: string;
  /** What the charger says to more than the token is for: as long as it believes it, and once another phone brought the list. */
  readonly says: readonly [before: string, after: string];
}

export interface RevokedInputs {
  readonly stage: OfflineStage;
  readonly time: StoryTime;
  readonly garage: Garage;
  /** Another customer's phone, with a token of the same epoch. */
  readonly carrier: Carried;
}

const [MS_PER_S, HOUR_MS] = [1_000, 3_600_000];
const TOO_MUCH = { kind: 'start', energyWh: 1_001n } as const;

export const liveRevoked = async (inputs: RevokedInputs): Promise<RevokedSeen> => {
  const { stage, time, garage, carrier } = inputs;
  const { alabama } = stage;
  const { wallet, phone, customer } = await openWallet(stage, 'eve', 20_000_000n);
  const fromMs = Math.floor(time.nowMs() / MS_PER_S) * MS_PER_S;
  const { tokenId, token } = await buy(wallet, {
    ...{ fromMs, untilMs: fromMs + HOUR_MS, evseId: garage.evseId },
    ...{ energyWh: 1_000n, costMicros: 320_000n },
  });
  const { issuers } = await garage.words();
  const asks = () => garage.asks(garage.brings(token, phone), TOO_MUCH);
  await garage.act('plug-in');
  const before = await asks();
  const lost = { cin: customer.cin, state: 'lost' };
  await alabama.operator('POST', `${alabama.aaa.url}/operator/v1/cins/state`, lost);
  const atHome = await wallet.price().then(
    () => 'offered',
    (error: unknown) => /CIN_NOT_ACTIVE/.exec(String(error))?.[0] ?? String(error),
  );
  const sold = (await wallet.list()).tokens.find((each) => each.tokenId === tokenId);
  await register(alabama, time.nowMs(), { commandId: 'epoch-of-the-lost', tokenEpoch: EPOCH + 1 });
  const list = await until('the list has the later epoch', async () => {
    const { issuers: later } = await garage.words();
    return later.version > issuers.version ? later.list : undefined;
  });
  await garage.collect(carrier, [['issuers', list]]);
  return { atHome, token: sold?.state ?? 'none', says: [before, await asks()] };
};

const RIGHT: RevokedSeen = {
  ...{ atHome: 'CIN_NOT_ACTIVE', token: 'revoked', says: ['TOKEN_OVER_ENERGY', 'TOKEN_REVOKED'] },
};

export const isRevoked = (seen: RevokedSeen): boolean => isDeepStrictEqual(seen, RIGHT);
