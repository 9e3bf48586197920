import { z } from 'zod';
import type { KeyRing } from './key-ring.ts';
import type { RunningUtility } from './utility.ts';

const opened = z.object({ customerId: z.string() });
const issued = z.object({ cin: z.string(), cinRef: z.string(), printed: z.string() });

export interface NewCustomer {
  readonly name: string;
  readonly login: string;
  readonly loyalty: 'none' | 'gold' | 'diamond' | 'platinum';
  readonly customerClass: 'residential' | 'commercial';
  readonly creditLimitMicros: bigint;
  readonly currency: string;
  readonly customerNumber: string;
  /** In which stations are to speak to the customer (ISO 639-1). */
  readonly language?: string;
  /** By bill when left out; who pays by token has the money in escrow as his limit. */
  readonly paymentMethod?: 'postpaid' | 'crypto';
}

/** Password of a customer of the local system: random at each first start, and short enough to type. */
export const passwordOf = (keys: KeyRing, login: string): string =>
  keys.secret(`password-${login}`).slice(0, 16);

/** Open a customer at a utility and issue one CIN for charging. */
export async function openCustomer(
  utility: RunningUtility,
  customer: NewCustomer,
  keys: KeyRing,
): Promise<{ customerId: string; cin: string; cinRef: string }> {
  const base = `${utility.aaa.url}/operator/v1/customers`;
  const person = {
    name: customer.name,
    login: customer.login,
    email: `${customer.login}@example.org`,
    password: passwordOf(keys, customer.login),
    ...(customer.language !== undefined && { language: customer.language }),
  };
  const { customerId } = await utility.operator(
    'POST',
    base,
    {
      person,
      customerClass: customer.customerClass,
      loyalty: customer.loyalty,
      account: {
        paymentMethod: customer.paymentMethod ?? 'postpaid',
        currency: customer.currency,
        creditLimitMicros: customer.creditLimitMicros.toString(),
      },
    },
    opened,
  );
  const { cin, cinRef } = await utility.operator(
    'POST',
    `${base}/${customerId}/cins`,
    { customerNumber: customer.customerNumber },
    issued,
  );
  return { customerId, cin, cinRef };
}

/** The home utility's rules for residential customers: what each loyalty level is worth, parts per million of the price. */
const RESIDENTIAL_RULES = {
  basePpm: '0',
  byLoyalty: { none: '0', gold: '-50000', diamond: '-80000', platinum: '-120000' },
  byPayment: { postpaid: '0', prepaid: '-10000', debit: '0', 'credit-card': '15000', crypto: '0' },
};
const PARTNER_RULES = [{ hun: '*', minPpm: '-150000', maxPpm: '50000' }];

/** Put charging rules in force: drafted by one operator, reviewed by another. */
export async function setChargingRules(utility: RunningUtility, effectiveFromMs: number): Promise<void> {
  const version = z.object({ version: z.int() });
  for (const [table, rules] of [
    ['residential', RESIDENTIAL_RULES],
    ['commercial', RESIDENTIAL_RULES],
    ['partner', PARTNER_RULES],
  ] as const) {
    const url = `${utility.aaa.url}/operator/v1/crp/${table}/versions`;
    const draft = await utility.operator('POST', url, { rules, effectiveFromMs }, version);
    await utility.reviewer('POST', `${url}/${draft.version}/review`, undefined, z.unknown());
    await utility.operator('POST', `${url}/${draft.version}/activate`, undefined, z.unknown());
  }
}
