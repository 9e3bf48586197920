import { ChainError, type ChainReceipt, type TokenPayment } from '@roamgrid/escrow';
import type { Logger } from '@roamgrid/service-kit';
import type { PaymentRecord } from '@roamgrid/wire';
import type { GatewayClient } from '../gateway/client.ts';
import type { OwnChain } from './chain.ts';
import type { NettingSettings, TokenSettings } from './config.ts';

export interface NetPaymentsContext {
  readonly utilityId: string;
  readonly settings: TokenSettings;
  readonly netting: NettingSettings;
  readonly own: OwnChain;
  readonly ledger: Pick<GatewayClient, 'ownPayments' | 'tellPayment'>;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** A payment as the ledger has it, and as the chain is to have it. */
export interface NetPayment {
  readonly record: PaymentRecord;
  readonly onChain: TokenPayment;
}

/** Nothing more is owed for it. */
export const isPaid = ({ state }: PaymentRecord): boolean => state === 'confirmed' || state === 'doubled';

/** What the chain does not have deep enough yet is undefined: it goes on by itself. */
export const onceFinal = async (asked: Promise<ChainReceipt>): Promise<ChainReceipt | undefined> => {
  try {
    return await asked;
  } catch (thrown) {
    if (thrown instanceof ChainError && thrown.code === 'NOT_FINAL') return undefined;
    throw thrown;
  }
};

/**
 * One call of a contract, told once under its key and looked at ever after; told anew, with what it takes by then, when the
 * chain refused it for good.
 * @returns its receipt, once it is final
 * @throws ChainError REVERTED when the contract refuses it; it is tried again when it is asked for again
 */
export const step = async (
  { sender }: OwnChain,
  key: string,
  to: string,
  data: () => string | Promise<string>,
): Promise<ChainReceipt | undefined> => {
  const told = sender.told(key);
  if (told === undefined || told.state === 'failed') await sender.send({ key, to, data: await data() });
  return onceFinal(sender.settle(key, 0));
};
