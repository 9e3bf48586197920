/**
 * What both escrows have to do, written without them: a till of named amounts that moves only as the rules say. Each method
 * answers whether the call is allowed, and moves the money when it is.
 */
export interface ModelHold {
  readonly session: string;
  readonly driver: string;
  readonly token: string;
  readonly cap: bigint;
  readonly drawer: string;
  readonly payee: string;
  readonly expiresAtS: bigint;
  isWaiting: boolean;
}

export interface ModelPayment {
  readonly id: string;
  readonly payer: string;
  readonly payee: string;
  readonly token: string;
  readonly amount: bigint;
  readonly expiresAtS: bigint;
  isWaiting: boolean;
  isTakenBack: boolean;
}

const LONGEST_S = 90n * 86_400n;

/** Amounts by token and holder. */
export class Amounts {
  readonly #of = new Map<string, bigint>();

  get(token: string, who: string): bigint {
    return this.#of.get(`${token} ${who}`) ?? 0n;
  }

  add(token: string, who: string, amount: bigint): void {
    this.#of.set(`${token} ${who}`, this.get(token, who) + amount);
  }
}

export class EscrowModel {
  readonly wallets = new Amounts();
  readonly deposits = new Amounts();
  readonly holds = new Map<string, ModelHold>();
  readonly payments = new Map<string, ModelPayment>();
  readonly #drawn = new Set<string>();
  /** Everything that ever went in and came out, by token. */
  readonly taken = new Amounts();
  readonly given = new Amounts();
  nowS: bigint;

  constructor(nowS: bigint) {
    this.nowS = nowS;
  }

  #take(token: string, who: string, amount: bigint): void {
    this.wallets.add(token, who, -amount);
    this.taken.add(token, 'all', amount);
  }

  #give(token: string, who: string, amount: bigint): void {
    this.wallets.add(token, who, amount);
    this.given.add(token, 'all', amount);
  }

  #isTime(expiresAtS: bigint): boolean {
    return expiresAtS > this.nowS && expiresAtS <= this.nowS + LONGEST_S;
  }

  /** What is bound in holds of a token. */
  held(token: string): bigint {
    let sum = 0n;
    for (const hold of this.holds.values()) if (hold.isWaiting && hold.token === token) sum += hold.cap;
    return sum;
  }

  /** What is bound in payments of a token. */
  sent(token: string): bigint {
    let sum = 0n;
    for (const payment of this.payments.values())
      if (payment.isWaiting && payment.token === token) sum += payment.amount;
    return sum;
  }

  open(caller: string, hold: Omit<ModelHold, 'isWaiting'>): boolean {
    const name = `${hold.session} ${hold.driver}`;
    const isAllowed =
      caller === hold.driver &&
      hold.cap > 0n &&
      this.#isTime(hold.expiresAtS) &&
      !this.holds.has(name) &&
      this.wallets.get(hold.token, hold.driver) >= hold.cap;
    if (!isAllowed) return false;
    this.holds.set(name, { ...hold, isWaiting: true });
    this.#take(hold.token, hold.driver, hold.cap);
    return true;
  }

  draw(caller: string, name: string, amount: bigint): boolean {
    const hold = this.holds.get(name);
    const isAllowed =
      hold?.isWaiting === true &&
      caller === hold.drawer &&
      amount <= hold.cap &&
      this.nowS < hold.expiresAtS &&
      !this.#drawn.has(`${caller} ${hold.session}`);
    if (!isAllowed) return false;
    hold.isWaiting = false;
    this.#drawn.add(`${caller} ${hold.session}`);
    this.#give(hold.token, hold.payee, amount);
    this.#give(hold.token, hold.driver, hold.cap - amount);
    return true;
  }

  release(name: string): boolean {
    const hold = this.holds.get(name);
    if (hold?.isWaiting !== true || this.nowS < hold.expiresAtS) return false;
    hold.isWaiting = false;
    this.#give(hold.token, hold.driver, hold.cap);
    return true;
  }

  deposit(caller: string, token: string, amount: bigint): boolean {
    if (amount === 0n || this.wallets.get(token, caller) < amount) return false;
    this.#take(token, caller, amount);
    this.deposits.add(token, caller, amount);
    return true;
  }

  withdraw(caller: string, token: string, amount: bigint, to: string): boolean {
    if (amount === 0n || this.deposits.get(token, caller) < amount) return false;
    this.deposits.add(token, caller, -amount);
    this.#give(token, to, amount);
    return true;
  }

  pay(caller: string, payment: Omit<ModelPayment, 'isWaiting' | 'isTakenBack' | 'payer'>): boolean {
    const name = `${payment.id} ${caller}`;
    const isAllowed =
      payment.amount > 0n &&
      this.#isTime(payment.expiresAtS) &&
      this.payments.get(name)?.isTakenBack !== false &&
      this.deposits.get(payment.token, caller) >= payment.amount;
    if (!isAllowed) return false;
    this.deposits.add(payment.token, caller, -payment.amount);
    this.payments.set(name, { ...payment, payer: caller, isWaiting: true, isTakenBack: false });
    return true;
  }

  confirm(caller: string, name: string, token: string, amount: bigint): boolean {
    const payment = this.payments.get(name);
    if (payment?.isWaiting !== true || caller !== payment.payee || this.nowS >= payment.expiresAtS)
      return false;
    if (token !== payment.token || amount !== payment.amount) return false;
    payment.isWaiting = false;
    this.#give(payment.token, payment.payee, payment.amount);
    return true;
  }

  takeBack(caller: string, name: string): boolean {
    const payment = this.payments.get(name);
    if (payment?.isWaiting !== true || caller !== payment.payer || this.nowS < payment.expiresAtS)
      return false;
    payment.isWaiting = false;
    payment.isTakenBack = true;
    this.deposits.add(payment.token, payment.payer, payment.amount);
    return true;
  }
}
