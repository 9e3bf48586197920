import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileDrop } from '../adapter/file-drop.ts';
import { openDesk, type Desk } from '../desk/desk.ts';
import type { AccountHolder } from '../iso20022/parties.ts';
import { keyOf, SimulatedBank, type BankCustomer } from '../simulator/bank.ts';
import { serveDrops } from '../simulator/bank-drop.ts';
import type { Temper } from '../simulator/misdeeds.ts';
import { HOLDERS } from './holders.ts';
import { MemoryLedger } from './ledger.ts';

export const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 7, 3, 9);
const MEMBERS = { USALP: HOLDERS.alabama, USDUK: HOLDERS.duke } as const;
type Member = keyof typeof MEMBERS;

/** Two utilities with a desk each, one bank between them, folders on a disk, and a ledger in memory. */
export class Town {
  readonly ledger = new MemoryLedger();
  readonly root = mkdtempSync(join(tmpdir(), 'roamgrid-bank-'));
  readonly bank: SimulatedBank;
  readonly collected: string[] = [];
  nowMs = START_MS;
  readonly #desks = new Map<Member, Desk>();
  readonly #post: (nowMs: number) => number;

  constructor(temper: Temper, more: Partial<BankCustomer> = {}) {
    const customers = Object.values(MEMBERS).map(({ name, account }, at): BankCustomer => ({
      name,
      account,
      currency: 'USD',
      opening: 10_000_000n,
      dialect: at === 0 ? 'old' : 'new',
      ...more,
    }));
    this.bank = new SimulatedBank(customers, temper);
    this.#post = serveDrops(
      this.bank,
      Object.entries(MEMBERS).map(([id, { account }]) => ({ account, root: this.dropOf(id) })),
    );
    for (const id of ['USALP', 'USDUK'] as const) this.open(id);
  }

  dropOf(utilityId: string): string {
    return join(this.root, utilityId, 'drop');
  }

  account(utilityId: Member): string {
    return keyOf(MEMBERS[utilityId].account);
  }

  desk(utilityId: Member): Desk {
    const desk = this.#desks.get(utilityId);
    if (desk === undefined) throw new Error(`${utilityId} has no desk`);
    return desk;
  }

  /** Opens a desk, also one that fell in the middle of something: on what is on the disk. */
  open(utilityId: Member, over: Partial<Parameters<typeof openDesk>[0]> = {}): Desk {
    this.#desks.get(utilityId)?.close();
    const drop = openFileDrop(this.dropOf(utilityId), () => this.nowMs + DAY_MS);
    const others = new Map<string, AccountHolder>(Object.entries(MEMBERS).filter(([id]) => id !== utilityId));
    const desk = openDesk({
      utilityId,
      folder: join(this.root, utilityId),
      accounts: { own: MEMBERS[utilityId], others, chargeBearer: 'DEBT' },
      ledger: this.ledger.of(utilityId),
      deliver: drop.deliver,
      nowMs: () => this.nowMs,
      ...over,
    });
    this.#desks.set(utilityId, desk);
    return desk;
  }

  collect(utilityId: Member): void {
    const drop = openFileDrop(this.dropOf(utilityId), () => this.nowMs + DAY_MS);
    for (const { name, outcome, why } of drop.collect((bytes) => this.desk(utilityId).take(bytes)))
      this.collected.push(`${utilityId} ${name} ${outcome}${why === undefined ? '' : ` ${why}`}`);
  }

  /** Everybody does what there is to do, until nothing more happens today. */
  async today(): Promise<void> {
    for (let turns = 0; turns < 4; turns += 1) {
      for (const id of ['USALP', 'USDUK'] as const) await this.desk(id).round();
      this.#post(this.nowMs);
      for (const id of ['USALP', 'USDUK'] as const) this.collect(id);
    }
  }

  async days(count: number): Promise<void> {
    for (let day = 0; day < count; day += 1) {
      await this.today();
      this.bank.closeDay(this.nowMs);
      await this.today();
      this.nowMs += DAY_MS;
    }
  }

  end(): void {
    for (const desk of this.#desks.values()) desk.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
