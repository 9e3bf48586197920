import type { MinorAmount } from '@roamgrid/domain';
import type { BankMessage } from '../iso20022/read-message.ts';
import type { StatusReason } from '../iso20022/read-status-report.ts';
import { keyedMovements, type KeyedMovement } from './keyed-movements.ts';

/** An order that was given to the bank; its facts are kept before it leaves. */
export interface OrderFact {
  readonly kind: 'order';
  readonly orderId: string;
  readonly atMs: number;
  readonly transfers: readonly {
    readonly paymentId: string;
    readonly attempt: number;
    readonly endToEndId: string;
    readonly instructionId: string;
    readonly amount: MinorAmount;
  }[];
  /** As it goes to the bank, also when it goes a second time. */
  readonly text: string;
}

/** Everything that the desk knows, in the order in which it learnt it. */
export type Fact =
  | OrderFact
  | { readonly kind: 'delivered'; readonly orderId: string }
  /** A person asked for another attempt. */
  | { readonly kind: 'asked'; readonly paymentId: string }
  | {
      readonly kind: 'message';
      readonly sha256: string;
      readonly atMs: number;
      readonly message: BankMessage;
    };

/** What became of one attempt to pay. */
export type AttemptState =
  | 'ordered'
  | 'accepted' // the bank took it, the money has not left
  | 'rejected' // the bank did not
  | 'paid' // the money left
  | 'returned' // it left and came back
  | 'doubled'; // it left twice

export interface Attempt {
  readonly paymentId: string;
  readonly attempt: number;
  readonly endToEndId: string;
  readonly orderId: string;
  readonly amount: MinorAmount;
  readonly orderedAtMs: number;
  readonly state: AttemptState;
  readonly reasons: readonly StatusReason[];
}

/** Money that came in, and whether it was taken back since. */
export interface Came {
  readonly movement: KeyedMovement;
  readonly statementHash: string;
  readonly takenBack: string | undefined;
}

/** Money whose meaning a person has to find out. */
export interface Unclear {
  readonly movement: KeyedMovement;
  readonly why: 'several transfers in one entry' | 'taken back, and nothing such had come';
}

interface Order extends Omit<Attempt, 'state'> {
  readonly instructionId: string;
  readonly parts: string;
  /** What the bank said of the transfer or its part, and of the order as a whole: the former outweighs the latter. */
  own: 'accepted' | 'rejected' | undefined;
  whole: 'accepted' | 'rejected' | undefined;
  left: number;
  back: number;
  reasons: readonly StatusReason[];
}

/** The bank has the order already: what was given twice was not refused. Spec: ExternalStatusReason1Code. */
const DUPLICATE = new Set(['DUPL', 'DU01', 'DU02', 'DU03', 'DU04', 'AM05']);

/**
 * What follows from the facts. The same message again, another message of the same bookings, and messages in another order come to
 * the same. What is booked outweighs what was announced.
 */
export class Book {
  readonly #messages = new Map<string, string>();
  readonly #orders: Order[] = [];
  readonly #undelivered = new Map<string, OrderFact>();
  readonly #seen = new Set<string>();
  readonly #asked = new Set<string>();
  readonly #came: { movement: KeyedMovement; statementHash: string; takenBack: string | undefined }[] = [];
  readonly #waitingBack: KeyedMovement[] = [];
  readonly #unsplit: KeyedMovement[] = [];
  readonly #outside: KeyedMovement[] = [];

  apply(fact: Fact): void {
    if (fact.kind === 'order') this.#order(fact);
    else if (fact.kind === 'delivered') this.#undelivered.delete(fact.orderId);
    else if (fact.kind === 'asked') this.#asked.add(fact.paymentId);
    else {
      this.#messages.set(fact.sha256, fact.message.messageId);
      if (fact.message.kind === 'status') this.#status(fact.message);
      else for (const movement of keyedMovements(fact.message.accounts)) this.#moved(movement, fact.sha256);
    }
  }

  /** Whether the very same message was taken before. */
  hasMessage(sha256: string): boolean {
    return this.#messages.has(sha256);
  }

  /** Orders that may not have left. */
  get undelivered(): readonly OrderFact[] {
    return [...this.#undelivered.values()];
  }

  /** Payments that are to be tried again. */
  get asked(): ReadonlySet<string> {
    return this.#asked;
  }

  get attempts(): readonly Attempt[] {
    return this.#orders.map(({ own, whole, left, back, instructionId: _i, parts: _p, ...order }) => ({
      ...order,
      state: stateOf(left, back, own ?? whole ?? 'ordered'),
    }));
  }

  /** All that came in, the first first. */
  get came(): readonly Came[] {
    return this.#came;
  }

  get unclear(): readonly Unclear[] {
    return [
      ...this.#unsplit.map((movement) => ({ movement, why: 'several transfers in one entry' }) as const),
      ...this.#waitingBack.map(
        (movement) => ({ movement, why: 'taken back, and nothing such had come' }) as const,
      ),
    ];
  }

  /** What went out and is of no order: other business on the same account. */
  get outside(): readonly KeyedMovement[] {
    return this.#outside;
  }

  #order(fact: OrderFact): void {
    const currencies = [...new Set(fact.transfers.map(({ amount }) => amount.currency))];
    for (const transfer of fact.transfers) {
      this.#asked.delete(transfer.paymentId);
      this.#orders.push({
        ...transfer,
        orderId: fact.orderId,
        orderedAtMs: fact.atMs,
        parts: `${fact.orderId}-${currencies.indexOf(transfer.amount.currency) + 1}`,
        own: undefined,
        whole: undefined,
        left: 0,
        back: 0,
        reasons: [],
      });
    }
    this.#undelivered.set(fact.orderId, fact);
  }

  #status(report: Extract<BankMessage, { kind: 'status' }>): void {
    for (const order of this.#orders.filter(({ orderId }) => orderId === report.orderId)) {
      const found =
        report.transfers.find(({ instructionId }) => instructionId === order.instructionId) ??
        report.transfers.find(
          ({ instructionId, endToEndId }) => instructionId === undefined && endToEndId === order.endToEndId,
        ) ??
        report.parts.find(({ paymentInfoId }) => paymentInfoId === order.parts);
      const { status, reasons } = found ?? report;
      const why = reasons.length > 0 ? reasons : report.reasons;
      if (status === undefined || status === 'pending') continue;
      if (status === 'rejected' && why.some(({ code }) => DUPLICATE.has(code))) continue;
      const which = found === undefined ? 'whole' : 'own';
      if (status === 'rejected') {
        order[which] = status;
        if (which === 'own' || order.own === undefined) order.reasons = why;
      } else order[which] ??= 'accepted';
    }
  }

  #moved(movement: KeyedMovement, statementHash: string): void {
    if (this.#seen.has(movement.movementId)) return;
    this.#seen.add(movement.movementId);
    if (movement.isUnsplit) {
      this.#unsplit.push(movement);
      return;
    }
    const order = this.#orders.find(({ endToEndId }) => endToEndId === movement.endToEndId);
    if (order !== undefined && order.amount.currency === movement.amount.currency) {
      if (movement.direction === 'debit') order.left += 1;
      else {
        order.back += 1;
        const code = movement.returnReason;
        if (code !== undefined) order.reasons = [{ code, text: movement.remittance }];
      }
    } else if (movement.direction === 'credit') this.#cameIn(movement, statementHash);
    else this.#wentOut(movement);
  }

  #cameIn(movement: KeyedMovement, statementHash: string): void {
    const at = this.#waitingBack.findIndex((back) => isBackOf(back, movement));
    const [back] = at < 0 ? [] : this.#waitingBack.splice(at, 1);
    this.#came.push({ movement, statementHash, takenBack: back?.movementId });
  }

  #wentOut(movement: KeyedMovement): void {
    const isBack = movement.isReversal || movement.returnReason !== undefined;
    const taken = [...this.#came]
      .reverse()
      .find((came) => came.takenBack === undefined && isBackOf(movement, came.movement));
    if (taken !== undefined) taken.takenBack = movement.movementId;
    else if (isBack) this.#waitingBack.push(movement);
    else this.#outside.push(movement);
  }
}

/** What was booked outweighs what was said. */
const stateOf = (left: number, back: number, said: AttemptState): AttemptState => {
  if (left - back > 1) return 'doubled';
  if (left > back) return 'paid';
  return left > 0 ? 'returned' : said;
};

/** Whether a debit takes back a credit: the same transfer, whole. */
const isBackOf = (back: KeyedMovement, came: KeyedMovement): boolean =>
  back.endToEndId !== undefined &&
  came.endToEndId !== undefined &&
  back.endToEndId === came.endToEndId &&
  back.account === came.account &&
  back.amount.currency === came.amount.currency &&
  back.amount.minor === came.amount.minor;
