import { canonicalJson, type JsonValue, type Role } from '@roamgrid/wire';
import type { ChaincodeStub, ClientIdentity, Iterators } from 'fabric-shim-api';
import shim from 'fabric-shim';
import { contracts } from '../index.ts';
import { endorsementClock, LedgerError } from '../context/index.ts';
import { CHANNEL } from './parties.ts';

/**
 * Unit-test aid: runs one verb over a state held in memory and shows its whole write set. It models what a verb can
 * see (no read of own writes, nothing written on failure) and nothing of consensus; behaviour on a ledger is tested
 * over the real gateway client in `ledger.test.ts`.
 */

/** Who proposes, as a certificate would say it. */
export interface TestCaller {
  readonly mspId: string;
  readonly role: Role | undefined;
}

export interface Call {
  readonly caller: TestCaller;
  /** `contract.transaction`. */
  readonly verb: string;
  /** A JSON value, or the argument's text as it stands. */
  readonly command: JsonValue | string;
  readonly transient?: Readonly<Record<string, string>>;
  readonly nowMs: number;
}

/** Everything that a transaction would put on the ledger. */
export interface WriteSetShown {
  readonly public: Readonly<Record<string, JsonValue>>;
  /** Organisations whose peers must endorse later changes of a key. */
  readonly endorsers: Readonly<Record<string, readonly string[]>>;
  /** By `collection/key`. */
  readonly private: Readonly<Record<string, JsonValue>>;
  /** As `collection/key`. */
  readonly purged: readonly string[];
}

export interface Outcome {
  readonly answer: JsonValue;
  readonly text: string;
  readonly writes: WriteSetShown;
  readonly event: { readonly name: string; readonly payload: string } | undefined;
}

interface Staged {
  readonly public: Map<string, string>;
  readonly endorsers: Map<string, readonly string[]>;
  readonly private: Map<string, string>;
  readonly purged: string[];
  event: { name: string; payload: string } | undefined;
}

// Tests state the time of each call; the guard of proposals' time is tested on its own and on live endorsers.
endorsementClock.obey(() => 'simulated');

const bytes = (text: string | undefined): Uint8Array => Buffer.from(text ?? '', 'utf8');
const textOf = (value: Uint8Array): string => Buffer.from(value).toString('utf8');
const shown = (map: ReadonlyMap<string, string>): Record<string, JsonValue> =>
  Object.fromEntries([...map].map(([key, text]) => [key, JSON.parse(text) as JsonValue]));

export class MemoryLedger {
  readonly state = new Map<string, string>();
  readonly privateState = new Map<string, string>();
  /** Reads of public state since it was made: what a verb costs in round trips to the peer. */
  reads = 0;

  /** Runs a verb; a refusal rejects with {@link LedgerError} and leaves the ledger as it was. */
  async submit(call: Call): Promise<Outcome> {
    const staged: Staged = {
      public: new Map(),
      endorsers: new Map(),
      private: new Map(),
      purged: [],
      event: undefined,
    };
    const text = await this.#run(call, staged);
    for (const [key, value] of staged.public) this.state.set(key, value);
    for (const [key, value] of staged.private) this.privateState.set(key, value);
    for (const key of staged.purged) this.privateState.delete(key);
    return {
      text,
      answer: JSON.parse(text) as JsonValue,
      writes: {
        public: shown(staged.public),
        endorsers: Object.fromEntries(staged.endorsers),
        private: shown(staged.private),
        purged: staged.purged,
      },
      event: staged.event,
    };
  }

  /** The refusal of a verb as its code, or `ok` with the writes thrown away. */
  async refusal(call: Call): Promise<string> {
    const staged: Staged = {
      public: new Map(),
      endorsers: new Map(),
      private: new Map(),
      purged: [],
      event: undefined,
    };
    try {
      await this.#run(call, staged);
      return 'ok';
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      if (staged.public.size + staged.private.size > 0)
        throw new Error('a refused verb wrote', { cause: error });
      return error.code;
    }
  }

  /** What a verb would write, thrown away. */
  async trial(call: Call): Promise<Pick<WriteSetShown, 'public'>> {
    const staged: Staged = {
      public: new Map(),
      endorsers: new Map(),
      private: new Map(),
      purged: [],
      event: undefined,
    };
    await this.#run(call, staged);
    return { public: shown(staged.public) };
  }

  async #run(call: Call, staged: Staged): Promise<string> {
    const [contractName = '', transaction = ''] = call.verb.split('.');
    const Found = contracts.find((candidate) => new candidate().getName() === contractName);
    if (Found === undefined) throw new Error(`no contract ${contractName}`);
    const contract = new Found();
    const argument = typeof call.command === 'string' ? call.command : canonicalJson(call.command);
    const run = (contract as unknown as Record<string, (ctx: unknown, argument: string) => Promise<string>>)[
      transaction
    ];
    if (run === undefined) throw new Error(`no transaction ${call.verb}`);
    const context = { stub: this.#stub(call, staged), clientIdentity: identityOf(call.caller) };
    return run.call(contract, context, argument);
  }

  #stub(call: Call, staged: Staged): ChaincodeStub {
    const between = (start: string, end: string): Iterators.KV[] =>
      [...this.state]
        .filter(([key]) => key >= start && key < end)
        .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        .map(([key, value]) => ({ namespace: 'roaming', key, value: bytes(value) }));
    const iteratorOf = (records: Iterators.KV[]): Iterators.StateQueryIterator => ({
      next: () => {
        const value = records.shift();
        // As the shim does it, the last answer has no value; its types say that it has.
        const answer = value === undefined ? { done: true } : { value, done: false };
        return Promise.resolve(answer as Iterators.NextResult<Iterators.KV>);
      },
      close: () => Promise.resolve(),
    });
    const stub: Partial<ChaincodeStub> = {
      getChannelID: () => CHANNEL,
      getDateTimestamp: () => new Date(call.nowMs),
      getTransient: () =>
        new Map(Object.entries(call.transient ?? {}).map(([name, text]) => [name, bytes(text)])),
      getState: (key) => {
        this.reads += 1;
        return Promise.resolve(bytes(this.state.get(key)));
      },
      putState: (key, value) => {
        staged.public.set(key, textOf(value));
        return Promise.resolve();
      },
      setStateValidationParameter: (key, policy) => {
        staged.endorsers.set(key, new shim.KeyEndorsementPolicy(Buffer.from(policy)).listOrgs());
        return Promise.resolve();
      },
      purgePrivateData: (collection, key) => {
        staged.purged.push(`${collection}/${key}`);
        return Promise.resolve();
      },
      putPrivateData: (collection, key, value) => {
        staged.private.set(`${collection}/${key}`, textOf(value));
        return Promise.resolve();
      },
      getPrivateData: (collection, key) =>
        Promise.resolve(bytes(this.privateState.get(`${collection}/${key}`))),
      getStateByRange: (start, end) => {
        const iterator = iteratorOf(between(start, end));
        return Object.assign(Promise.resolve(iterator), { [Symbol.asyncIterator]: () => iterator });
      },
      getStateByRangeWithPagination: ((start: string, end: string, pageSize: number, bookmark = '') => {
        const from = bookmark === '' ? start : bookmark;
        const all = between(from, end);
        const page = all.slice(0, pageSize);
        const metadata = { fetchedRecordsCount: page.length, bookmark: all[pageSize]?.key ?? '' };
        return Promise.resolve({ iterator: iteratorOf(page), metadata });
      }) as unknown as ChaincodeStub['getStateByRangeWithPagination'],
      setEvent: (name, payload) => {
        staged.event = { name, payload: textOf(payload) };
      },
    };
    return stub as ChaincodeStub;
  }
}

const identityOf = ({ mspId, role }: TestCaller): ClientIdentity =>
  ({
    getMSPID: () => mspId,
    getAttributeValue: (name: string) => (name === 'role' ? (role ?? null) : null),
  }) as ClientIdentity;
