import { accountOf, readBalance, signPermission, tokenCall } from '@roamgrid/escrow';
import { call } from '@roamgrid/service-kit';
import { naturalMicrosCodec } from '@roamgrid/wire';
import { z } from 'zod';
import { passwordOf } from '../system/customer.ts';
import { CHAIN_ID, type LocalChain } from '../system/chain.ts';
import { driverCaller } from '../system/driver-caller.ts';
import type { LocalSystem } from '../system/system.ts';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';
import { CHAIN_DEPTH } from './cast.ts';

const wanted = z.looseObject({
  session: z.string(),
  drawer: z.string(),
  payee: z.string(),
  token: z.string(),
});
const hold = z.looseObject({
  state: z.string(),
  micros: naturalMicrosCodec,
  drawnMicros: naturalMicrosCodec.nullable(),
});
const holds = z.looseObject({ holds: z.array(hold) });
export type HoldSeen = z.output<typeof hold>;

/** A driver's wallet and the app of the home utility, in which he signs in. */
export interface Wallet {
  readonly account: string;
  /** Signs for an amount, and lets home put it in escrow; waits until home takes it as his means. */
  open(capMicros: bigint, expiresAtS: number): Promise<HoldSeen>;
  holds(): Promise<readonly HoldSeen[]>;
  balance(): Promise<bigint>;
}

/** So many blocks more that what was told is deep enough. */
export const mineSome = (chain: LocalChain): Promise<unknown> =>
  chain.within((node) => node.ask('anvil_mine', [`0x${CHAIN_DEPTH.toString(16)}`]));

/** A wallet with some tokens, whose holder is a customer of a utility. */
export const openWallet = async (
  system: LocalSystem,
  chain: LocalChain,
  home: RunningUtility,
  login: string,
  tokens: bigint,
): Promise<Wallet> => {
  const key = `0x${system.keys.secret(`wallet-${login}`)}`;
  const account = accountOf(key);
  await chain.fund(account, tokens);
  // What a wallet does by itself when its holder lets the escrow take from it.
  await chain.within(async (node) => {
    await node.ask('anvil_impersonateAccount', [account]);
    const data = tokenCall.approve(chain.escrow, tokens);
    await node.ask('eth_sendTransaction', [{ from: account, to: chain.token, data, gas: '0x30d40' }]);
    await node.ask('anvil_stopImpersonatingAccount', [account]);
  });
  const { origin } = new URL(home.aaa.issuer);
  const prove = await driverCaller(
    {
      issuer: home.aaa.issuer,
      clientId: home.driverApp.clientId,
      redirectUri: `${home.driverApp.origin}/`,
      login,
      password: passwordOf(system.keys, login),
    },
    'openid device',
    `${origin}/driver`,
  );
  const ask = async <T extends z.ZodType>(
    method: 'GET' | 'PUT',
    path: string,
    answer: T,
    body?: unknown,
  ): Promise<z.output<T> | string> => {
    const url = new URL(`/driver/v1/token-holds${path}`, origin);
    const result = await call({
      method,
      url: url.href,
      headers: { ...(await prove(method, url)) },
      answer,
      ...(body === undefined ? {} : { body }),
      timeoutMs: 30_000,
    });
    if (result.ok) return result.value;
    if (result.failure.kind === 'problem') return result.failure.problem.code;
    throw new Error(`the home utility gives no usable answer: ${result.failure.kind}`);
  };
  const must = <T>(answered: T | string): T => {
    if (typeof answered === 'string') throw new Error(answered);
    return answered;
  };
  return {
    account,
    async open(capMicros, expiresAtS) {
      const { session, drawer, payee, token } = must(await ask('GET', '/story/permission', wanted));
      const permission = {
        session,
        driver: account,
        token,
        // A base unit of this chain's token is a micro.
        cap: capMicros,
        drawer,
        payee,
        expiresAtS: BigInt(expiresAtS),
      };
      const signature = await signPermission(key, CHAIN_ID, chain.escrow, permission);
      const body = { driver: account, signed: { capMicros: capMicros.toString(), expiresAtS, signature } };
      return until('money in escrow', async () => {
        const answered = await ask('PUT', '/story', hold, body);
        if (typeof answered !== 'string') return answered;
        if (answered !== 'TOKEN_HOLD_NOT_FINAL') throw new Error(answered);
        await mineSome(chain);
        return undefined;
      });
    },
    holds: async () => must(await ask('GET', '', holds)).holds,
    balance: () => chain.within((node) => readBalance(node, chain.token, account)),
  };
};
