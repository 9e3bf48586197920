import type { bill } from '@roamgrid/wire';
import type { z } from 'zod';
import { createAssertionSigner } from '../auth/assertion.ts';
import type { TestKey } from './keys.ts';

/**
 * A view of everything that the services of the tests tell. What an answer does not have reads as undefined, whatever
 * the type says, and the assertion on it fails.
 */
export interface Told {
  readonly code: string;
  readonly detail: string;
  readonly outcome: string;
  readonly why: string | undefined;
  readonly state: string;
  readonly version: number;
  readonly reviewer: string;
  readonly versions: readonly { readonly state: string }[];
  readonly customerId: string;
  readonly sub: string;
  readonly accountId: string;
  readonly cin: string;
  readonly cinRef: string;
  readonly balanceMicros: string;
  readonly minAdjustmentPpm: string;
  readonly homes: readonly { readonly hun: string; readonly cursor: string }[];
  readonly delivered: boolean;
  readonly command: string;
  readonly bills: readonly z.input<typeof bill>[];
  readonly decisions: readonly Readonly<Record<string, unknown>>[];
  readonly cursor: string | undefined;
  readonly cdrs: readonly { readonly sessionId: string; readonly reasons: readonly string[] }[];
  readonly reviews: readonly {
    readonly invoiceId: string;
    readonly outcome: string;
    readonly reasons: readonly string[];
  }[];
}

export interface Answer {
  readonly status: number;
  readonly body: Told;
}

/** Who may ask, with key, name and role. */
export type Callers = Readonly<
  Record<
    string,
    { readonly key: TestKey; readonly iss: string; readonly role: 'operator' | 'router' | 'gateway' }
  >
>;

/** Asks a service as one of its own utility's machines or people, over HTTP. */
export type Ask = (who: string, method: string, path: string, body?: unknown) => Promise<Answer>;

export const createAsk =
  (url: () => string, utility: string, callers: Callers): Ask =>
  async (who, method, path, body) => {
    const caller = callers[who];
    if (caller === undefined) throw new Error(`nobody is called ${who}`);
    const sign = createAssertionSigner({ ...caller, utility });
    const response = await fetch(url() + path, {
      method,
      headers: {
        authorization: `Bearer ${await sign(url())}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Told };
  };

/** Drafts rules, has another review them, and puts them in force. Gives the version. */
export const putRules = async (
  ask: Ask,
  table: string,
  rules: unknown,
  effectiveFromMs = 0,
): Promise<number> => {
  const base = `/operator/v1/crp/${table}/versions`;
  const draft = await ask('operator', 'POST', base, { rules, effectiveFromMs });
  await ask('reviewer', 'POST', `${base}/${draft.body.version}/review`);
  const active = await ask('operator', 'POST', `${base}/${draft.body.version}/activate`);
  if (active.status !== 200) throw new Error(JSON.stringify([draft, active]));
  return draft.body.version;
};

/** Puts rules for both classes and for partners in force. */
export const activateRules = async (
  ask: Ask,
  byLoyalty = { none: '0', gold: '-50000', diamond: '-80000', platinum: '-120000' },
) => {
  const customer = {
    basePpm: '0',
    byLoyalty,
    byPayment: { postpaid: '0', prepaid: '10000', debit: '0', 'credit-card': '0', crypto: '0' },
  };
  await putRules(ask, 'residential', customer);
  await putRules(ask, 'commercial', { ...customer, basePpm: '20000' });
  await putRules(ask, 'partner', [{ hun: '*', minPpm: '-200000', maxPpm: '100000' }]);
};

let logins = 0;

export interface TestCustomer {
  readonly customerId: string;
  readonly sub: string;
  readonly accountId: string;
  readonly cin: string;
  readonly cinRef: string;
  readonly login: string;
  readonly password: string;
}

/** A customer with a CIN, made through the operator's interface. */
export const makeCustomer = async (
  ask: Ask,
  changes: Record<string, unknown> = {},
  cinChanges: Record<string, unknown> = {},
): Promise<TestCustomer> => {
  logins += 1;
  const login = `driver-${logins}`;
  const password = 'correct horse battery';
  const created = await ask('operator', 'POST', '/operator/v1/customers', {
    person: { name: 'Ada Driver', email: 'ada@example.org', login, password },
    customerClass: 'residential',
    account: { paymentMethod: 'postpaid', currency: 'USD', creditLimitMicros: '200000000' },
    ...changes,
  });
  if (created.status !== 201) throw new Error(JSON.stringify(created));
  const cin = await ask(
    'operator',
    'POST',
    `/operator/v1/customers/${created.body.customerId}/cins`,
    cinChanges,
  );
  if (cin.status !== 201) throw new Error(JSON.stringify(cin));
  const { customerId, sub, accountId } = created.body;
  return { customerId, sub, accountId, cin: cin.body.cin, cinRef: cin.body.cinRef, login, password };
};
