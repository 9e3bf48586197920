import { hexOf, same, type Bytes } from '../bytes.ts';
import type { Signer } from '../checkpoint.ts';
import { configNumberOf, entryOf, headerOf, isUnsigned, requireOrdered } from '../fabric/block.ts';
import { isConfig, readConfig } from '../fabric/channel-config.ts';
import { envelopesOf, type Envelope } from '../fabric/envelope.ts';
import { Identities } from '../fabric/identity.ts';
import { Policies } from '../fabric/policy.ts';
import type { StoredBlock } from '../fabric/stored-block.ts';
import { readTransaction, setOf, type Transaction } from '../fabric/transaction.ts';
import { Failed, hold, Unreadable } from '../failure.ts';
import type { Primitives } from '../primitives.ts';
import { CHAINCODE } from '../session/records.ts';
import { VerifiedBodies, type BodiesTold, type BodySource } from './bodies/verify.ts';
import { collectionOfOrganisation, Definitions, LIFECYCLE } from './definitions.ts';
import { Bookings } from './rules/bookings.ts';
import { EnergyCredits } from './rules/energy-credits.ts';
import { Flexibility } from './rules/flexibility.ts';
import { Forms } from './rules/forms.ts';
import { Houses } from './rules/houses.ts';
import { Invoices } from './rules/invoices.ts';
import { Lanes, type LaneTally } from './rules/lanes.ts';
import { Nettings } from './rules/nettings.ts';
import { Payments } from './rules/payments.ts';
import { requireSigned } from './rules/signed-orders.ts';
import { Tampering } from './rules/tampering.ts';
import { StateRecords } from './state.ts';
import type { Rule, Step } from './step.ts';
import { CODE, judgeAlone, readsCode, UNSOUND, type Judged, type Moved, type Rules } from './validity.ts';
import { World } from './world.ts';

/** What the ledger has, for people. */
export interface LedgerTold {
  readonly transactions: number;
  readonly valid: number;
  readonly lanes: ReadonlyMap<string, LaneTally>;
  readonly invoices: ReadonlyMap<string, number>;
  readonly nettings: number;
  readonly payments: ReadonlyMap<string, number>;
  readonly reservations: ReadonlyMap<string, number>;
  /** Charge notes. */
  readonly charges: ReadonlyMap<string, number>;
  /** Batches of slots in which sites divided their power. */
  readonly allocations: number;
  /** Events of tampering with sites' devices. */
  readonly tampering: number;
  /** Batches of houses' panels, and moves of vehicles' energy credits. */
  readonly houseBatches: number;
  readonly creditMoves: number;
  /** Of one party's bodies, when they were given. */
  readonly bodies: BodiesTold | undefined;
}

/** What the verdict rests on: block 0 says whose certificates count, and a checkpoint that the chain is the one that there is. */
export interface LedgerTrusted {
  readonly channel: string;
  readonly blocks: number;
  /** Of the last block's header. */
  readonly hash: string;
  /** Of block 0's header: who has another one has another channel. */
  readonly firstHash: string;
  readonly signers: readonly { readonly utilityId: string; readonly thumbprint: string }[];
}

interface Force extends Rules {
  readonly config: ReturnType<typeof readConfig>;
  readonly orderers: Identities;
  /** Its block. */
  readonly number: number;
}

/** Blocks one after another, each verified by what those before it made. */
export class Chain {
  readonly #primitives: Primitives;
  readonly #world = new World();
  readonly #records: StateRecords;
  readonly #ids = new Set<string>();
  readonly #lanes = new Lanes();
  readonly #invoices = new Invoices();
  readonly #nettings = new Nettings();
  readonly #payments = new Payments();
  readonly #bookings = new Bookings();
  readonly #tampering = new Tampering();
  readonly #houses = new Houses();
  readonly #credits = new EnergyCredits();
  readonly #bodies: VerifiedBodies | undefined;
  readonly #rules: readonly Rule[] = [
    ...[new Forms(), this.#lanes, this.#invoices, this.#nettings, this.#payments, this.#bookings],
    ...[this.#tampering, this.#houses, this.#credits, new Flexibility()],
  ];
  #force: Force | undefined;
  readonly entries: Bytes[] = [];
  blocks = 0;
  transactions = 0;
  #valid = 0;
  #lastHash: Bytes = new Uint8Array();
  #firstHash = '';

  constructor(primitives: Primitives, bodies: BodySource | undefined) {
    this.#primitives = primitives;
    this.#records = new StateRecords(this.#world.of(CHAINCODE));
    const collectionOf = (mspId: string) => this.#world.of(CHAINCODE, collectionOfOrganisation(mspId));
    this.#bodies = bodies && new VerifiedBodies(primitives, bodies, this.#records, collectionOf);
  }

  async block(block: StoredBlock): Promise<void> {
    const { number } = block;
    const what = `block ${number}`;
    hold(number === this.blocks, `${what} stands where block ${this.blocks} should`);
    hold(same(block.previousHash, this.#lastHash), `${what} does not follow the block before it`);
    const { sha256 } = this.#primitives;
    hold(
      same(sha256(...block.envelopes), block.dataHash),
      `${what}: its transactions are not those of its header`,
    );
    const envelopes = envelopesOf(block);
    const force = this.#force ?? this.#configure(number, envelopes);
    if (number > 0 || !isUnsigned(block))
      await requireOrdered(this.#primitives, block, force.config, force.orderers);
    const isConfiguring = await this.#transactionsOf(block, envelopes, force);
    hold(
      number === 0 || configNumberOf(block) === (isConfiguring ? number : force.number),
      `${what}: its signers knew another configuration than the one in force`,
    );
    if (isConfiguring) this.#configure(number, envelopes);
    this.#lastHash = sha256(headerOf(this.#primitives, block));
    if (number === 0) this.#firstHash = hexOf(this.#lastHash);
    this.entries.push(entryOf(this.#primitives, block));
    this.blocks += 1;
  }

  #configure(number: number, envelopes: readonly Envelope[]): Force {
    const [envelope] = envelopes;
    hold(envelope !== undefined && envelopes.length === 1, `block ${number} holds no configuration`);
    const config = readConfig(envelope);
    const { channel } = config;
    hold(
      this.#force === undefined || this.#force.channel === channel,
      `block ${number} is another channel’s`,
    );
    const members = new Identities(this.#primitives, config.members);
    const orderers = config.orderers.size === 0 ? members : new Identities(this.#primitives, config.orderers);
    const policies = new Policies(config);
    const definitions = this.#force?.definitions ?? new Definitions(this.#world, policies);
    definitions.reconfigure(policies);
    this.#force = { channel, config, members, orderers, policies, definitions, number };
    return this.#force;
  }

  /** Finds again what each transaction counts for, and looks at what those that count do. Whether the block is a configuration. */
  async #transactionsOf(
    { number, codes }: StoredBlock,
    envelopes: readonly Envelope[],
    force: Force,
  ): Promise<boolean> {
    this.transactions += envelopes.length;
    if (isConfiguration(envelopes[0])) {
      hold(
        envelopes.length === 1 && (number === 0 || codes[0] === CODE.valid),
        `block ${number}: a configuration stands alone and counts`,
      );
      this.#valid += 1;
      return true;
    }
    hold(number > 0, 'block 0 holds no configuration');
    hold(codes.length === envelopes.length, `block ${number} has not one code for each transaction`);
    const judged = await this.#judge(envelopes, force);
    let isDefining = false;
    for (const [tx, each] of judged.entries()) {
      const what = `transaction ${tx} of block ${number}`;
      const code =
        each?.code === CODE.valid
          ? readsCode(this.#primitives, each.transaction.sets, this.#world)
          : each?.code;
      requireCode(codes[tx], code ?? UNSOUND, what);
      if (each === undefined || code !== CODE.valid) continue;
      this.#valid += 1;
      isDefining ||= each.transaction.sets.some(({ namespace }) => namespace === LIFECYCLE);
      await this.#apply(each, { block: number, tx }, force, what);
    }
    for (const each of judged) if (each !== undefined) this.#ids.add(each.transaction.id);
    this.#world.commit();
    if (isDefining) force.definitions.forget();
    return false;
  }

  async #judge(envelopes: readonly Envelope[], force: Force): Promise<readonly (Judged | undefined)[]> {
    const moved: Moved = new Set();
    const valid = new Set<string>();
    const judged: (Judged | undefined)[] = [];
    for (const envelope of envelopes) {
      const transaction = this.#read(envelope);
      const isKnown = (id: string): boolean => this.#ids.has(id);
      const found = transaction && (await judgeAlone(transaction, this.#world, force, isKnown, moved));
      if (found?.code === CODE.valid && valid.has(found.transaction.id))
        judged.push({ ...found, code: CODE.duplicate });
      else judged.push(found);
      if (found?.code === CODE.valid) valid.add(found.transaction.id);
    }
    return judged;
  }

  /** Nothing for bytes that are no transaction: such a one may stand in a block, and counts for nothing. */
  #read(envelope: Envelope): Transaction | undefined {
    try {
      return readTransaction(this.#primitives, envelope);
    } catch (thrown) {
      if (thrown instanceof Unreadable) return undefined;
      throw thrown;
    }
  }

  async #apply(
    { transaction, endorsers }: Judged,
    at: { readonly block: number; readonly tx: number },
    force: Force,
    what: string,
  ): Promise<void> {
    const own = setOf(transaction, CHAINCODE);
    if (own === undefined) {
      this.#world.apply(transaction.sets, at);
      return;
    }
    try {
      const changes = this.#records.changes(own.writes);
      this.#world.apply(transaction.sets, at);
      const step: Step = {
        atMs: transaction.atMs,
        maker: force.members.read(transaction.creator).mspId,
        endorsers: new Set(endorsers.map(({ mspId }) => mspId)),
        changes,
        records: this.#records,
      };
      for (const rule of this.#rules) rule.step(step);
      await requireSigned(this.#primitives, step, transaction.channel);
      await this.#bodies?.step(step, own, transaction.channel);
    } catch (thrown) {
      // What was endorsed and counted has to be of its form, too.
      if (thrown instanceof Failed || thrown instanceof Unreadable)
        throw new Failed(`${what}: ${thrown.message}`);
      throw thrown;
    }
  }

  end(): LedgerTold {
    hold(this.blocks > 0, 'there is no block');
    for (const rule of this.#rules) rule.end?.();
    return {
      transactions: this.transactions,
      valid: this.#valid,
      lanes: this.#lanes.tallies,
      invoices: this.#invoices.states,
      nettings: this.#nettings.count,
      payments: this.#payments.states,
      reservations: this.#bookings.reservations,
      charges: this.#bookings.notes,
      allocations: this.#bookings.allocations,
      tampering: this.#tampering.events,
      houseBatches: this.#houses.batches,
      creditMoves: this.#credits.moves,
      bodies: this.#bodies?.end(),
    };
  }

  trusted(signers: readonly Signer[]): LedgerTrusted | undefined {
    if (this.#force === undefined || this.blocks === 0) return undefined;
    return {
      channel: this.#force.channel,
      blocks: this.blocks,
      hash: hexOf(this.#lastHash),
      firstHash: this.#firstHash,
      signers: signers.map(({ utilityId, thumbprint }) => ({ utilityId, thumbprint })),
    };
  }
}

const isConfiguration = (envelope: Envelope | undefined): boolean => {
  if (envelope === undefined) return false;
  try {
    return isConfig(envelope);
  } catch (thrown) {
    if (thrown instanceof Unreadable) return false;
    throw thrown;
  }
};

const requireCode = (told: number | undefined, found: number, what: string): void => {
  const isSame = found === UNSOUND ? told !== CODE.valid : told === found;
  hold(
    isSame,
    `${what} is said to have code ${String(told)}, and by what stands before it ${
      found === CODE.valid
        ? 'it counts'
        : `it counts for nothing${found === UNSOUND ? '' : ` (code ${found})`}`
    }`,
  );
};
