import { call, createAssertionSigner, type Call, type CallResult } from '@roamgrid/service-kit';
import { duration, privateJwk } from '@roamgrid/service-kit/runtime';
import { operatorReceipt } from '@roamgrid/wire';
import { z } from 'zod';

/** The utility's own gateway, and by what it knows the controller: under `iss`, role `aaa`. */
export const gatewayConfig = z.strictObject({
  url: z.url(),
  iss: z.string().min(1).max(64).default('energy-controller'),
  key: privateJwk,
  timeoutMs: duration(30_000),
});
export type GatewayLine = z.output<typeof gatewayConfig>;

/** What became of a command: `unknown` may be on the ledger, and is told again as it was. */
export type Told =
  { readonly outcome: 'taken' } | { readonly outcome: 'refused' | 'unknown'; readonly detail: string };

/** Refusals that pass by themselves, or that say nothing of the command: told again as it was. */
const MAY_PASS = new Set([401, 403, 408, 429]);

export interface GatewayDoor {
  /** Tells the ledger a command, `contract/transaction`. */
  tell(path: string, body: unknown): Promise<Told>;
  ask<T extends z.ZodType>(
    request: Omit<Call<T>, 'url' | 'timeoutMs'> & { path: string },
  ): Promise<CallResult<z.output<T>>>;
}

/** Asks the gateway as the site's controller. */
export const openGatewayDoor = (
  { url, iss, key, timeoutMs }: GatewayLine,
  utilityId: string,
): GatewayDoor => {
  const sign = createAssertionSigner({ key, iss, utility: utilityId, role: 'aaa' });
  const ask: GatewayDoor['ask'] = async ({ path, ...request }) =>
    call({
      ...request,
      url: url + path,
      headers: { authorization: `Bearer ${await sign(new URL(url).origin)}` },
      timeoutMs,
    });
  return {
    ask,
    async tell(path, body) {
      const told = await ask({
        ...{ method: 'POST', path: `/operator/v1/commands/${path}`, body, answer: operatorReceipt },
      });
      if (told.ok) return { outcome: 'taken' };
      const { failure } = told;
      if (failure.kind !== 'problem')
        return { outcome: 'unknown', detail: failure.kind === 'protocol' ? failure.detail : failure.kind };
      const { status, code, detail } = failure.problem;
      const isFinal = status < 500 && !MAY_PASS.has(status);
      return { outcome: isFinal ? 'refused' : 'unknown', detail: `${code}: ${detail}` };
    },
  };
};
