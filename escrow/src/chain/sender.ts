import { getAddress, Transaction, Wallet } from 'ethers';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Connection } from './connection.ts';
import { quoteFees, raiseFees, type Fees } from './fees.ts';
import { lookUp, type ChainReceipt } from './finality.ts';
import { openJournal, type Journalled, type Signed } from './journal.ts';
import { ChainError } from './problem.ts';

/** One call of a contract. Its key says what it is for: however often it is told, it happens at most once. */
export interface Intent {
  readonly key: string;
  readonly to: string;
  readonly data: string;
}

/** What was told under a key, and what became of it. */
export interface Told extends Intent {
  readonly state: Journalled['state'];
}

export interface SenderOptions {
  readonly chain: Connection;
  /** 32 bytes, hexadecimal. The account is used by nothing else. */
  readonly privateKey: string;
  /** Where the journal is. */
  readonly folder: string;
  /** How deep a transaction must be to count. */
  readonly depth: number;
  /** The most that a unit of gas may cost. */
  readonly feeCapPerGas: bigint;
  /** The most gas that one call may take. */
  readonly gasCap: bigint;
  /** How long one stays as it is before its fee is raised. */
  readonly stuckAfterMs: number;
  /** How long to wait between two looks. */
  readonly pollMs: number;
}

export interface Sender {
  readonly address: string;
  /**
   * Signs, writes down, sends. What failed on the chain for good may be told anew under its key, with other data too.
   * @throws ChainError REVERTED, GAS_OVER_CAP, FEE_OVER_CAP, WRONG_CHAIN with nothing signed
   */
  send(intent: Intent): Promise<void>;
  /**
   * Waits until it is final, raising its fee when it is stuck.
   * @throws ChainError NOT_FINAL after `withinMs`: it goes on, ask again; REVERTED when it failed for good.
   */
  settle(key: string, withinMs: number): Promise<ChainReceipt>;
  /** Looks again at one that was final. When the chain took it back it is open again, and `settle` brings it back. */
  check(key: string): Promise<ChainReceipt>;
  /** What was told under a key; nothing when nothing was. */
  told(key: string): Told | undefined;
  /** Every key under which something was told. */
  keys(): readonly string[];
  /** Keys that are not final. */
  open(): readonly string[];
  close(): void;
}

const hexNumber = z.string().regex(/^0x[0-9a-f]+$/i);

/** Sends one account's transactions so that a crash at any instant sends nothing twice: a key keeps its nonce. */
export const createSender = (options: SenderOptions): Sender => {
  const { chain, depth, feeCapPerGas, gasCap, stuckAfterMs, pollMs } = options;
  const wallet = new Wallet(options.privateKey);
  const journal = openJournal(options.folder, wallet.address, chain.chainId);
  /** When each was last signed anew or told to the node, in this process. */
  const triedAtMs = new Map<string, number>();
  let turn: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const countAt = async (block: string): Promise<number> =>
    Number(hexNumber.parse(await chain.ask('eth_getTransactionCount', [wallet.address, block])));

  const sign = async (
    { key, to, data }: Intent,
    { nonce, gasLimit, ...fees }: Fees & Pick<Signed, 'nonce' | 'gasLimit'>,
  ): Promise<Signed> => {
    const request = { type: 2, chainId: chain.chainId, nonce, to, data, gasLimit, value: 0n };
    const raw = await wallet.signTransaction({
      ...request,
      maxFeePerGas: fees.maxFeePerGas,
      maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
    });
    const { hash } = Transaction.from(raw);
    if (hash === null) throw new Error('a signed transaction has no hash');
    return { kind: 'signed', key, nonce, to, data, gasLimit, ...fees, raw, hash };
  };

  /** Tells the node; what it answers says nothing about what other nodes have, so only the chain is believed. */
  const tell = async ({ key, raw }: Signed): Promise<void> => {
    triedAtMs.set(key, Date.now());
    try {
      await chain.ask('eth_sendRawTransaction', [raw]);
    } catch (thrown) {
      if (!(thrown instanceof ChainError)) throw thrown;
    }
  };

  const signNew = async (intent: Intent): Promise<void> => {
    const call = { from: wallet.address, to: intent.to, data: intent.data };
    const needed = BigInt(hexNumber.parse(await chain.ask('eth_estimateGas', [call])));
    const gasLimit = needed + needed / 4n;
    if (gasLimit > gasCap)
      throw new ChainError(
        'GAS_OVER_CAP',
        `it takes up to ${gasLimit} of gas, and at most ${gasCap} may be used`,
      );
    const fees = await quoteFees(chain, feeCapPerGas);
    const nonce = Math.max(journal.nextNonce, await countAt('pending'));
    const made = await sign(intent, { nonce, gasLimit, ...fees });
    journal.write(made);
    await tell(made);
  };

  const latestOf = (key: string): { known: Journalled; last: Signed } => {
    const known = journal.of(key);
    const last = known?.attempts.at(-1);
    if (known === undefined || last === undefined)
      throw new ChainError('INTENT_UNKNOWN', `nothing was told under ${key}`);
    return { known, last };
  };

  const raise = async (last: Signed): Promise<void> => {
    const now = await quoteFees(chain, feeCapPerGas).catch((thrown: unknown) => {
      if (thrown instanceof ChainError && thrown.code === 'FEE_OVER_CAP') return undefined;
      throw thrown;
    });
    const fees = now && raiseFees(last, now, feeCapPerGas);
    if (fees === undefined) return tell(last);
    const made = await sign(last, { nonce: last.nonce, gasLimit: last.gasLimit, ...fees });
    journal.write(made);
    return tell(made);
  };

  /** One look at the chain: the final receipt, or undefined when it has to go on. */
  const look = async (key: string): Promise<ChainReceipt | undefined> => {
    const { known, last } = latestOf(key);
    for (const { hash } of known.attempts) {
      const found = await lookUp(chain, hash);
      if (found === undefined) continue;
      if (found.depth < depth) return undefined;
      if (known.state === 'open') {
        journal.write({ kind: 'ended', key, how: found.isSuccess ? 'paid' : 'failed', hash });
      }
      return found;
    }
    if (known.state !== 'open') {
      journal.write({ kind: 'ended', key, how: 'reopened', hash: last.hash });
      await tell(last);
      return undefined;
    }
    const count = await countAt('latest');
    if (count > last.nonce) {
      const head = Number(hexNumber.parse(await chain.ask('eth_blockNumber', [])));
      const deep = Math.max(0, head - depth + 1);
      if ((await countAt(`0x${deep.toString(16)}`)) <= last.nonce) return undefined;
      // Another's transaction has the nonce, deep enough to stay: no signature of ours under it can ever count.
      if (await anyFound(known)) return undefined;
      journal.write({ kind: 'ended', key, how: 'displaced', hash: last.hash });
      await signNew(last);
      return undefined;
    }
    if (Date.now() - (triedAtMs.get(key) ?? 0) >= stuckAfterMs) {
      // A node that lost one waits for it before it takes a later one.
      for (const earlier of journal.between(count, last.nonce)) await tell(earlier);
      if (triedAtMs.has(key)) await raise(last);
      else await tell(last);
    }
    return undefined;
  };

  const anyFound = async (known: Journalled): Promise<boolean> => {
    for (const { hash } of known.attempts) if ((await lookUp(chain, hash)) !== undefined) return true;
    return false;
  };

  return {
    address: wallet.address,
    send: (intent) =>
      inTurn(async () => {
        const wanted = { ...intent, to: getAddress(intent.to) };
        const known = journal.of(wanted.key);
        const last = known?.attempts.at(-1);
        const isAnother = last !== undefined && (last.to !== wanted.to || last.data !== wanted.data);
        if (isAnother && known?.state !== 'failed')
          throw new ChainError('INTENT_CONFLICT', `another call was told under ${wanted.key}`);
        await chain.requireChain();
        if (known?.state === 'paid') return;
        if (last !== undefined && known?.state === 'open') await tell(last);
        else await signNew(wanted);
      }),
    async settle(key, withinMs) {
      const untilMs = Date.now() + withinMs;
      latestOf(key);
      for (;;) {
        try {
          const found = await inTurn(async () => {
            await chain.requireChain();
            return look(key);
          });
          if (found?.isSuccess === true) return found;
          if (found !== undefined)
            throw new ChainError('REVERTED', `${found.transactionHash} failed on the chain`);
        } catch (thrown) {
          if (!(thrown instanceof ChainError && thrown.code === 'CHAIN_UNREACHABLE')) throw thrown;
          if (Date.now() >= untilMs) throw thrown;
        }
        if (Date.now() >= untilMs)
          throw new ChainError('NOT_FINAL', `${key} is not ${depth} blocks deep yet: it goes on, ask again`);
        await delay(pollMs);
      }
    },
    check: (key) =>
      inTurn(async () => {
        await chain.requireChain();
        const found = await look(key);
        if (found === undefined)
          throw new ChainError('REORGANISED', `the chain does not have ${key} at its depth: settle it again`);
        return found;
      }),
    told: (key) => {
      const known = journal.of(key);
      const last = known?.attempts.at(-1);
      return last && known && { key, to: last.to, data: last.data, state: known.state };
    },
    keys: () => journal.keys(),
    open: () => journal.open(),
    close: () => journal.close(),
  };
};
