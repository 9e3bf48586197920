import { AbiCoder, getAddress, id, keccak256 } from 'ethers';
import type { Connection } from '../chain/connection.ts';
import type { ChainReceipt } from '../chain/finality.ts';
import { ChainError } from '../chain/problem.ts';
import { artifactOf } from './artifacts.ts';
import { eventsIn } from './events.ts';

const { interface: abi } = artifactOf('NettingEscrow');

/** A net payment as the escrow knows it. */
export interface TokenPayment {
  /** The ledger's name for it. */
  readonly paymentId: string;
  readonly payer: string;
  readonly payee: string;
  readonly token: string;
  readonly amount: bigint;
}

/** How a net payment's id is named on a chain. */
export const paymentHash = (paymentId: string): string => id(paymentId);

export const paymentKeyOf = (paymentId: string, payer: string): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'address'], [paymentHash(paymentId), payer]));

/** The data of each call. */
export const nettingCall = {
  deposit: (token: string, amount: bigint) => abi.encodeFunctionData('deposit', [token, amount]),
  pay: ({ paymentId, payee, token, amount }: TokenPayment, expiresAtS: bigint) =>
    abi.encodeFunctionData('pay', [paymentHash(paymentId), payee, token, amount, expiresAtS]),
  confirm: ({ paymentId, payer, token, amount }: Omit<TokenPayment, 'payee'>) =>
    abi.encodeFunctionData('confirm', [paymentKeyOf(paymentId, payer), token, amount]),
  /** Gives the caller what the contract has of it outside any payment. */
  withdraw: (token: string, amount: bigint, to: string) =>
    abi.encodeFunctionData('withdraw', [token, amount, to]),
  takeBack: ({ paymentId, payer }: Pick<TokenPayment, 'paymentId' | 'payer'>) =>
    abi.encodeFunctionData('takeBack', [paymentKeyOf(paymentId, payer)]),
};

/** What a call of `deposit` puts in. */
export const depositIn = (data: string): { readonly token: string; readonly amount: bigint } => {
  const [token, amount] = abi.decodeFunctionData('deposit', data) as unknown as [string, bigint];
  return { token, amount };
};

/** What an account has in a contract outside any hold or payment. */
export const readDeposit = async (
  chain: Connection,
  contract: string,
  token: string,
  who: string,
): Promise<bigint> => {
  const answer = await chain.call(contract, abi.encodeFunctionData('balances', [token, who]));
  return abi.decodeFunctionResult('balances', answer)[0] as bigint;
};

const STATES = ['none', 'sent', 'confirmed', 'taken-back'] as const;

/** Where a payment is, and until when its payee may confirm it. */
export interface SeenPayment {
  readonly state: (typeof STATES)[number];
  readonly expiresAtS: bigint;
}

/** A payment as of the block with this hash. */
export const readPayment = async (
  chain: Connection,
  contract: string,
  { paymentId, payer }: Pick<TokenPayment, 'paymentId' | 'payer'>,
  blockHash: string,
): Promise<SeenPayment> => {
  const data = abi.encodeFunctionData('paymentOf', [paymentKeyOf(paymentId, payer)]);
  const [payment] = abi.decodeFunctionResult(
    'paymentOf',
    await chain.call(contract, data, blockHash),
  ) as unknown as [{ readonly state: bigint; readonly expiresAtS: bigint }];
  return { state: STATES[Number(payment.state)] ?? 'none', expiresAtS: payment.expiresAtS };
};

const findEvent = (
  event: 'Sent' | 'Confirmed',
  receipt: ChainReceipt,
  contract: string,
  expected: readonly unknown[],
): number => {
  const found = eventsIn(abi, receipt, contract, event).find(({ values }) =>
    values.every((value, index) => value === expected[index]),
  );
  if (found === undefined)
    throw new ChainError(
      'NOT_AS_SAID',
      `${receipt.transactionHash} is no such payment: compare parties, token and amount with what is due`,
    );
  return found.logIndex;
};

/** Refuses a transaction that did not bind this very payment for its payee. @throws ChainError NOT_AS_SAID */
export const requireSent = (receipt: ChainReceipt, contract: string, payment: TokenPayment): void => {
  const { paymentId, payer, payee, token, amount } = payment;
  findEvent('Sent', receipt, contract, [
    paymentKeyOf(paymentId, payer),
    paymentHash(paymentId),
    getAddress(payee),
    getAddress(token),
    amount,
  ]);
};

/**
 * Refuses a transaction that did not give this very payment to its payee.
 * @returns the place of the confirmation in its block.
 * @throws ChainError NOT_AS_SAID
 */
export const requireConfirmed = (receipt: ChainReceipt, contract: string, payment: TokenPayment): number => {
  const { paymentId, payer, payee, token, amount } = payment;
  return findEvent('Confirmed', receipt, contract, [
    paymentKeyOf(paymentId, payer),
    getAddress(payer),
    getAddress(payee),
    getAddress(token),
    amount,
  ]);
};
