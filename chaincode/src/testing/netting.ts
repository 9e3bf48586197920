import {
  commitTo,
  nettingRecord,
  pairBalances,
  pairOf,
  pairSums,
  payableStatement,
  sealBody,
  stateKey,
  sumOpenings,
  type CreditRecord,
  type JsonValue,
  type NettingRecord,
  type PairPeriodRecord,
  type PayableStatement,
} from '@roamgrid/wire';
import { z } from 'zod';
import { acceptedInvoice } from './invoices.ts';
import type { MemoryLedger, Outcome } from './memory-ledger.ts';
import { by, call, NOW_MS, saltOf, type Utility } from './parties.ts';

export type { Utility };
import { withGroundwork } from './prepared.ts';

/** Netting as its members' gateways do it, each from what it may know. */

export const PERIOD = '2026-07';

export const owes = (
  invoiceId: string,
  debtor: Utility,
  creditor: Utility,
  payableMicros: bigint,
  currency = 'USD',
): PayableStatement => ({
  invoiceId,
  periodId: PERIOD,
  debtor,
  creditor,
  currency,
  payableMicros,
  salt: saltOf(invoiceId),
});

interface Balance {
  readonly low: string;
  readonly high: string;
  readonly lowOwesMicros: bigint;
  readonly blinding: string;
}

const MSP_UTILITIES: readonly Utility[] = ['USALP', 'USDUK', 'USGPC'];
type Parts = Parameters<typeof call>[0];

export class NettingStage {
  readonly ledger: MemoryLedger;
  readonly periodId: string;
  nowMs = NOW_MS;
  round = 1;
  #commands = 0;
  readonly #statements = new Map<string, PayableStatement>();
  readonly #balances = new Map<string, Balance[]>();

  private constructor(ledger: MemoryLedger, periodId: string) {
    this.ledger = ledger;
    this.periodId = periodId;
  }

  static async with(statements: readonly PayableStatement[], periodId = PERIOD): Promise<NettingStage> {
    const stage = new NettingStage(await withGroundwork(), periodId);
    for (const statement of statements) stage.accepted({ ...statement, periodId });
    return stage;
  }

  /** An invoice that both accepted, as earlier transactions would have left it. */
  accepted(statement: PayableStatement, state: 'accepted' | 'issued' = 'accepted'): void {
    acceptedInvoice(this.ledger, statement, { state });
    this.#due(`invoice:${statement.invoiceId}`, statement);
  }

  /** A credit note as earlier transactions would have left it: the visited utility owes. */
  noted(statement: PayableStatement): void {
    const { invoiceId: creditId, periodId, debtor: vun, creditor: hun } = statement;
    const record: CreditRecord = {
      type: 'credit',
      version: 1,
      creditId,
      invoiceId: 'any',
      agreementId: 'any',
      vun,
      hun,
      periodId,
      state: 'accepted',
      bodyHash: saltOf('body'),
      payableHash: sealBody(payableStatement, statement).hash,
      issuedAtMs: NOW_MS,
    };
    this.ledger.state.set(stateKey.credit(creditId), JSON.stringify(record));
    this.#due(`credit:${creditId}`, statement);
  }

  /** Lets both parties know what a document owes that they told themselves. */
  knows(document: string, statement: PayableStatement): void {
    this.#statements.set(document, statement);
  }

  /** Puts a document on its pair's list. */
  #due(document: string, statement: PayableStatement): void {
    const { low, high } = pairOf(statement.debtor, statement.creditor);
    const key = `pairPeriod:${this.periodId}:${low}:${high}`;
    const before = this.pair(low, high);
    this.knows(document, statement);
    const record: PairPeriodRecord = {
      type: 'pairPeriod',
      periodId: this.periodId,
      low,
      high,
      statements: [],
      ...before,
      version: (before?.version ?? 0) + 1,
      pending: [...(before?.pending ?? []), document],
    };
    this.ledger.state.set(key, JSON.stringify(record));
  }

  pair(low: string, high: string): PairPeriodRecord | undefined {
    const text = this.ledger.state.get(`pairPeriod:${this.periodId}:${low}:${high}`);
    return text === undefined ? undefined : (JSON.parse(text) as PairPeriodRecord);
  }

  /** A record as it stands. */
  record<S extends z.ZodType>(schema: S, key: string): z.output<S> {
    return z.decode(schema, JSON.parse(this.ledger.state.get(key) ?? 'null') as z.input<S>);
  }

  netted(nettingId: string): NettingRecord {
    return this.record(nettingRecord, stateKey.netting(nettingId));
  }

  parts(caller: Utility, verb: string, command: Record<string, JsonValue>, role = 'operator'): Parts {
    this.#commands += 1;
    return {
      caller: by(caller, role as 'operator'),
      verb,
      command: { commandId: `n-${this.#commands}`, ...command },
      nowMs: this.nowMs,
    };
  }

  tell(parts: Parts): Promise<Outcome> {
    return this.ledger.submit(call(parts));
  }

  refusal(parts: Parts): Promise<string> {
    return this.ledger.refusal(call(parts));
  }

  calling(): Parts {
    return this.parts('USALP', 'netting.call', {
      utilityId: 'USALP',
      periodId: this.periodId,
      round: this.round,
    });
  }

  async called(): Promise<void> {
    await this.tell(this.calling());
  }

  /** What closes a pair, with the documents that the test names as being netted. */
  closing(
    one: Utility,
    other: Utility,
    documents: readonly string[],
    onAccount: readonly { readonly payer: string; readonly micros: bigint }[] = [],
  ): Parts {
    const { low, high } = pairOf(one, other);
    const statements = documents.map((document) => {
      const found = this.#statements.get(document);
      if (found === undefined) throw new Error(`no ${document}`);
      return [document, found] as const;
    });
    const sums = pairSums(
      low,
      statements,
      onAccount.map(({ payer, micros }) => ({ currency: 'USD', payer, amountMicros: micros })),
    );
    const balances = [...sums].map(([currency, { lowOwesMicros }]) => ({
      currency,
      lowOwesMicros,
      blinding: saltOf(`${low} ${high} ${currency} ${this.round}`),
    }));
    for (const { currency, lowOwesMicros, blinding } of balances) {
      const key = `${this.round} ${currency}`;
      this.#balances.set(key, [...(this.#balances.get(key) ?? []), { low, high, lowOwesMicros, blinding }]);
    }
    const parts = this.parts(one, 'netting.close', {
      periodId: this.periodId,
      round: this.round,
      low,
      high,
      commitments: balances.map(({ currency, lowOwesMicros, blinding }) => ({
        currency,
        commitment: commitTo({ micros: lowOwesMicros, blinding }),
      })),
    });
    const body = sealBody(pairBalances, { periodId: this.periodId, round: this.round, low, high, balances });
    const payables = statements.map(([, statement]) => sealBody(payableStatement, statement).text);
    return { ...parts, transient: { payables: `[${payables.join(',')}]`, balances: body.text } };
  }

  /** The same for a pair whose closing was refused. */
  closingAgain(...of: Parameters<NettingStage['closing']>): Parts {
    const { low, high } = pairOf(of[0], of[1]);
    for (const [key, balances] of this.#balances) {
      if (!key.startsWith(`${this.round} `)) continue;
      this.#balances.set(
        key,
        balances.filter((each) => each.low !== low || each.high !== high),
      );
    }
    return this.closing(...of);
  }

  /** What states a member's position, from its own balances. */
  stating(utilityId: Utility, without: readonly string[] = [], currency = 'USD'): Parts {
    const own = (this.#balances.get(`${this.round} ${currency}`) ?? []).filter(
      ({ low, high }) =>
        (low === utilityId || high === utilityId) && !without.includes(low) && !without.includes(high),
    );
    const { micros, blinding } = sumOpenings(
      own.map(({ low, lowOwesMicros, blinding: of }) => ({
        sign: low === utilityId ? -1 : 1,
        of: { micros: lowOwesMicros, blinding: of },
      })),
    );
    return this.parts(utilityId, 'netting.position', {
      periodId: this.periodId,
      round: this.round,
      utilityId,
      currency,
      without: [...without],
      netMicros: micros.toString(),
      blinding,
    });
  }

  netting(utilityId: Utility = 'USGPC', without: readonly string[] = []): Parts {
    return this.parts(utilityId, 'netting.net', {
      utilityId,
      periodId: this.periodId,
      round: this.round,
      without: [...without],
    });
  }

  /** Calls the round, closes the pairs with these documents, and lets all state their positions. */
  async stated(
    pairs: readonly (readonly [Utility, Utility, readonly string[]])[],
    currency = 'USD',
  ): Promise<void> {
    await this.called();
    for (const [one, other, documents] of pairs) await this.tell(this.closing(one, other, documents));
    const members = new Set(pairs.flatMap(([one, other]) => [one, other]));
    for (const utilityId of MSP_UTILITIES) {
      if (members.has(utilityId)) await this.tell(this.stating(utilityId, [], currency));
    }
  }
}

/** Three that owe in a ring: 100 to Duke, 70 to Georgia, 50 to Alabama, in dollars. */
export const RING = [
  owes('i1', 'USALP', 'USDUK', 100_000_000n),
  owes('i2', 'USDUK', 'USGPC', 70_000_000n),
  owes('i3', 'USGPC', 'USALP', 50_000_000n),
];

export const RING_PAIRS = [
  ['USALP', 'USDUK', ['invoice:i1']],
  ['USGPC', 'USDUK', ['invoice:i2']],
  ['USALP', 'USGPC', ['invoice:i3']],
] as const;

/** The ring, netted: Alabama owes 50, Duke gets 30 and Georgia 20. */
export const nettedRing = async (): Promise<NettingStage> => {
  const stage = await NettingStage.with(RING);
  await stage.stated(RING_PAIRS);
  await stage.tell(stage.netting());
  return stage;
};
