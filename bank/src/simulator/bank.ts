import { currencyCode, unwrap, type MinorAmount } from '@roamgrid/domain';
import { MessageFault } from '../iso20022/message-node.ts';
import { honest, type Misdeed, type Temper } from './misdeeds.ts';
import { readCreditTransfer, type TakenOrder, type TakenTransfer } from './read-credit-transfer.ts';
import { writeAccountReport, type ToldAccount, type ToldEntry } from './write-account-report.ts';
import { writeStatusReport, type ToldReason } from './write-status-report.ts';

/** A customer of the bank, and how the bank tells him things. */
export interface BankCustomer {
  readonly name: string;
  readonly account: ToldAccount;
  readonly currency: string;
  /** In the currency's smallest units. */
  readonly opening: bigint;
  /** Version of the account reports and answers that he gets. */
  readonly dialect: 'old' | 'new';
  /** Some banks give their bookings no reference. */
  readonly isWithoutReferences?: boolean;
}

/** A message for a customer. */
export interface BankPost {
  readonly to: string;
  readonly name: string;
  readonly text: string;
}

interface Held {
  readonly customer: BankCustomer;
  readonly statement: ToldEntry[];
  balance: bigint;
}

interface Later {
  readonly atMs: number;
  readonly order: number;
  readonly work: (nowMs: number) => void;
}

const DAY_MS = 86_400_000;
/** A charge that a bank between the two keeps. */
const CHARGE = 500n;

/** The customer's account in one spelling. */
export const keyOf = (account: ToldAccount): string => ('iban' in account ? account.iban : account.number);

const REJECTIONS: Readonly<Partial<Record<Misdeed, ToldReason>>> = {
  closed: { code: 'AC04', text: 'the account of the payee is closed' },
  'no-funds': { code: 'AM04', text: 'not enough on the account' },
};

/**
 * A bank of all customers: it takes orders, answers them, books, and tells both sides, by messages alone. It errs as its temper
 * says. Nothing happens but in `tick`, so that a test owns the time.
 */
export class SimulatedBank {
  readonly #accounts = new Map<string, Held>();
  readonly #orders = new Set<string>();
  readonly #times = new Map<string, number>();
  readonly #later: Later[] = [];
  readonly #post: BankPost[] = [];
  readonly #temper: Temper;
  readonly #takesBackAfterMs: number;
  #count = 0;

  constructor(customers: readonly BankCustomer[], temper: Temper = honest, takesBackAfterMs = DAY_MS) {
    this.#temper = temper;
    this.#takesBackAfterMs = takesBackAfterMs;
    for (const customer of customers)
      this.#accounts.set(keyOf(customer.account), { customer, statement: [], balance: customer.opening });
  }

  /** An order of a customer, as bytes: answered, and booked when its time has come. */
  take(from: string, bytes: Uint8Array, nowMs: number): void {
    let order: TakenOrder;
    try {
      order = readCreditTransfer(bytes);
    } catch (thrown) {
      if (!(thrown instanceof MessageFault)) throw thrown;
      this.#answer(from, nowMs, 'UNKNOWN', [], { code: 'FF01', text: thrown.message.slice(0, 105) });
      return;
    }
    if (this.#orders.has(order.messageId)) {
      this.#answer(from, nowMs, order.messageId, [], { code: 'DU01', text: 'this order is here already' });
      return;
    }
    this.#orders.add(order.messageId);
    this.#answer(
      from,
      nowMs,
      order.messageId,
      order.parts.map(({ paymentInfoId, payerAccount, transfers }) => ({
        paymentInfoId,
        transfers: transfers.map((transfer) => {
          const { instructionId, endToEndId } = transfer;
          const reason = keyOf(payerAccount) === from ? this.#begin(from, transfer, nowMs) : NOT_YOURS;
          return {
            instructionId,
            endToEndId,
            status: reason === undefined ? 'ACSP' : 'RJCT',
            ...(reason && { reason }),
          };
        }),
      })),
    );
  }

  /** Does what is due. What it has to say since the last time. */
  tick(nowMs: number): readonly BankPost[] {
    for (;;) {
      this.#later.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const [next] = this.#later;
      if (next === undefined || next.atMs > nowMs) break;
      this.#later.shift();
      next.work(nowMs);
    }
    return this.#post.splice(0);
  }

  /** Statements of the day to everybody: all that was booked since the last, from balance to balance. */
  closeDay(nowMs: number): void {
    for (const [key, held] of this.#accounts) {
      const { customer, statement, balance } = held;
      const currency = unwrap(currencyCode(customer.currency));
      const inOwn = statement.filter(({ amount }) => amount.currency === currency);
      const moved = inOwn.reduce(
        (sum, { direction, amount }) => sum + (direction === 'credit' ? amount.minor : -amount.minor),
        0n,
      );
      this.#report(key, 'camt.053', inOwn, nowMs, {
        opening: { currency, minor: balance - moved },
        closing: { currency, minor: balance },
      });
      statement.length = 0;
    }
  }

  #number(): string {
    this.#count += 1;
    return this.#count.toString().padStart(6, '0');
  }

  #answer(
    to: string,
    nowMs: number,
    orderId: string,
    parts: Parameters<typeof writeStatusReport>[0]['parts'],
    reason?: ToldReason,
  ): void {
    const number = this.#number();
    const text = writeStatusReport({
      version: this.#accounts.get(to)?.customer.dialect === 'old' ? '03' : '12',
      messageId: `STS-${number}`,
      createdAtMs: nowMs,
      orderId,
      ...(reason !== undefined && { groupStatus: 'RJCT', reason }),
      parts,
    });
    this.#post.push({ to, name: `${number}-pain.002.xml`, text });
  }

  /** Rejects a transfer, or sees to its bookings. */
  #begin(from: string, transfer: TakenTransfer, nowMs: number): ToldReason | undefined {
    const time = (this.#times.get(transfer.endToEndId) ?? 0) + 1;
    this.#times.set(transfer.endToEndId, time);
    const misdeed = this.#temper(transfer.endToEndId, time, from);
    const to = keyOf(transfer.payeeAccount);
    if (!this.#accounts.has(to)) return { code: 'AC01', text: 'no such account' };
    const rejection = REJECTIONS[misdeed];
    if (rejection !== undefined) return rejection;
    const atMs = misdeed === 'late' ? nowMs + 10 * DAY_MS : nowMs;
    this.#at(atMs, (now) => {
      this.#book(from, to, transfer, misdeed, now);
    });
    if (misdeed === 'twice')
      this.#at(atMs, (now) => {
        this.#book(from, to, transfer, 'none', now);
      });
    return undefined;
  }

  #at(atMs: number, work: Later['work']): void {
    this.#later.push({ atMs, order: this.#later.length + this.#count, work });
    this.#count += 1;
  }

  #book(from: string, to: string, transfer: TakenTransfer, misdeed: Misdeed, nowMs: number): void {
    this.#move(from, to, 'debit', { transfer, amount: transfer.amount, nowMs });
    this.#move(from, to, 'credit', {
      transfer: transfer,
      amount: arrives(transfer.amount, misdeed),
      nowMs,
      isNameless: misdeed === 'nameless',
    });
    if (misdeed !== 'taken-back') return;
    this.#at(nowMs + this.#takesBackAfterMs, (now) => {
      const back = { transfer, amount: transfer.amount, nowMs: now, isBack: true };
      this.#move(from, to, 'credit', back);
      this.#move(from, to, 'debit', back);
    });
  }

  /** One side of a transfer; of one that is taken back, the payee's side is the debit. */
  #move(
    from: string,
    to: string,
    direction: ToldEntry['direction'],
    booked: {
      readonly transfer: TakenTransfer;
      readonly amount: MinorAmount;
      readonly nowMs: number;
      readonly isNameless?: boolean;
      readonly isBack?: boolean;
    },
  ): void {
    const { transfer, amount, nowMs, isNameless = false, isBack = false } = booked;
    const side = (direction === 'debit') === isBack ? to : from;
    const held = this.#accounts.get(side);
    const payer = this.#accounts.get(from)?.customer;
    const payee = this.#accounts.get(to)?.customer;
    if (held === undefined || payer === undefined || payee === undefined) return;
    if (amount.currency === held.customer.currency)
      held.balance += direction === 'credit' ? amount.minor : -amount.minor;
    const entry: ToldEntry = {
      ...(held.customer.isWithoutReferences !== true && { bankReference: `BK${this.#number()}` }),
      direction,
      isReversal: isBack,
      status: 'BOOK',
      amount,
      day: new Date(nowMs).toISOString().slice(0, 10),
      ...(!isNameless && { endToEndId: transfer.endToEndId }),
      payer: { name: payer.name, account: payer.account },
      payee: { name: payee.name, account: payee.account },
      remittance: transfer.remittance,
      ...(isBack && { returnReason: 'AC04' }),
    };
    held.statement.push(entry);
    this.#report(side, 'camt.054', [entry], nowMs);
  }

  #report(
    to: string,
    kind: 'camt.053' | 'camt.054',
    entries: readonly ToldEntry[],
    nowMs: number,
    balances?: { readonly opening: MinorAmount; readonly closing: MinorAmount },
  ): void {
    const customer = this.#accounts.get(to)?.customer;
    if (customer === undefined) return;
    const number = this.#number();
    const text = writeAccountReport({
      kind,
      version: customer.dialect === 'old' ? '02' : '08',
      messageId: `${kind === 'camt.053' ? 'STM' : 'NTF'}-${number}`,
      createdAtMs: nowMs,
      account: customer.account,
      currency: customer.currency,
      entries,
      ...(balances !== undefined && { balances }),
    });
    this.#post.push({ to, name: `${number}-${kind}.xml`, text });
  }
}

const NOT_YOURS: ToldReason = { code: 'AG01', text: 'the account is not of who ordered' };

const arrives = (amount: MinorAmount, misdeed: Misdeed): MinorAmount => {
  if (misdeed === 'short') return { ...amount, minor: amount.minor > CHARGE ? amount.minor - CHARGE : 1n };
  if (misdeed !== 'other-currency') return amount;
  return { ...amount, currency: unwrap(currencyCode(amount.currency === 'EUR' ? 'USD' : 'EUR')) };
};
