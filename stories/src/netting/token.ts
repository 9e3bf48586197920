import { checkAgain, readBalance } from '@roamgrid/escrow';
import { bill as billSchema, microsCodec, type PaymentRecord } from '@roamgrid/wire';
import { z } from 'zod';
import { nettingsOf } from '../scenario/settle.ts';
import { AskFailed } from '../system/ask.ts';
import type { LocalChain } from '../system/chain.ts';
import { openCustomer } from '../system/customer.ts';
import { until } from '../system/until.ts';
import type { RunningUtility } from '../system/utility.ts';
import { CHAIN_DEPTH, CURRENCY } from './cast.ts';
import { liveRound } from './round.ts';
import { PATIENCE_MS, startNettingStage, type NettingStage, type StageOptions } from './stage.ts';
import { isExact, tokenChecks, type TokenReport } from './token-report.ts';
import { mineSome, openWallet } from './wallet.ts';

const HOME = 'USALP';
const VISITED = 'USGPC';
const LOGIN = 'wallet';
const HELD = 20_000_000n;
const IN_WALLET = 50_000_000n;
const RIDE = { home: HOME, visited: VISITED, energyWh: 11_300n };
const HOLD_DAYS_S = 5 * 86_400;

const billsAnswer = z.strictObject({ bills: z.array(billSchema) });
const accountAnswer = z.looseObject({ balanceMicros: microsCodec, payments: z.array(z.unknown()) });

const refusalOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked;
    return 'taken';
  } catch (thrown) {
    if (!(thrown instanceof Error)) throw thrown;
    return thrown instanceof AskFailed ? thrown.message.replace(/^\S+ \S+: /, '') : thrown.message;
  }
};

const paymentAt = async (
  utility: RunningUtility,
  { paymentId, periodId }: PaymentRecord,
): Promise<PaymentRecord | undefined> =>
  (await nettingsOf(utility, periodId))
    .flatMap(({ payments }) => payments)
    .find((each) => each.paymentId === paymentId);

/** Waits until both nodes have paid it by themselves; blocks come meanwhile. */
const untilPaid = async (stage: NettingStage, chain: LocalChain, payment: PaymentRecord): Promise<void> => {
  await until(`${payment.paymentId} by token`, async () => {
    await mineSome(chain);
    const [mine, theirs] = await Promise.all(
      [payment.payer, payment.payee].map((id) => paymentAt(stage.system.utility(id), payment)),
    );
    return mine?.state === 'confirmed' && theirs?.state === 'confirmed' ? true : undefined;
  });
};

/** What both parties' gateways say of a payment, beside what the chain has. */
const onChainOf = async (stage: NettingStage, chain: LocalChain, payment: PaymentRecord) => {
  const [mine, theirs] = await Promise.all(
    [payment.payer, payment.payee].map((id) => paymentAt(stage.system.utility(id), payment)),
  );
  const sent = mine?.sent.at(-1);
  const came = mine?.receipts.at(-1)?.of;
  if (sent?.kind !== 'token' || came?.kind !== 'token')
    throw new Error(`${payment.paymentId} was not paid by token`);
  const isThere = await chain.within(async (node) => {
    await checkAgain(node, sent);
    await checkAgain(node, came);
    return true;
  });
  return {
    paymentId: payment.paymentId,
    amountMicros: payment.amountMicros,
    sent: { transactionHash: sent.transactionHash, blockHash: sent.blockHash, depth: sent.depth },
    came: { transactionHash: came.transactionHash, blockHash: came.blockHash, depth: came.depth },
    isSameAtBoth: JSON.stringify(mine, plain) === JSON.stringify(theirs, plain),
    isThere,
  };
};

const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;

/** A driver charges against money in escrow, and the two utilities net what he charged by token. */
export const payByToken = async (stage: NettingStage): Promise<TokenReport> => {
  const { system, clock, utilities } = stage;
  const { chain } = system;
  if (chain === undefined) throw new Error('the stage has a chain');
  const home = system.utility(HOME);
  const members = utilities.map(({ definition }) => definition.utilityId);
  const customer = {
    name: 'Wallet Driver',
    login: LOGIN,
    loyalty: 'none' as const,
    customerClass: 'residential' as const,
    creditLimitMicros: 0n,
    currency: CURRENCY,
    customerNumber: '0000007',
    paymentMethod: 'crypto' as const,
  };
  const { customerId, cin } = await openCustomer(home, customer, system.keys);
  const refusedBefore = await refusalOf(stage.charge([{ ...RIDE, cin }]));
  const wallet = await openWallet(system, chain, home, LOGIN, IN_WALLET);
  const walletBefore = await wallet.balance();
  const nowS = Math.ceil(Math.max(Date.now(), clock.nowMs()) / 1_000);
  const held = await wallet.open(HELD, nowS + HOLD_DAYS_S);

  const accounts = new Map(members.map((id) => [id, chain.accountOf(id)] as const));
  const balances = () =>
    chain.within(async (node) => {
      const found = new Map<string, bigint>();
      for (const [id, account] of accounts) found.set(id, await readBalance(node, chain.token, account));
      return found;
    });
  const before = await balances();
  const paid: PaymentRecord[] = [];
  const { round, periodId, sessionIds } = await liveRound(stage, [{ ...RIDE, cin }], async (payment) => {
    paid.push(payment);
    await untilPaid(stage, chain, payment);
  });
  const after = await balances();

  const customerUrl = `${home.aaa.url}/operator/v1/customers/${customerId}`;
  const erasure = await refusalOf(home.operator('DELETE', customerUrl, undefined));
  // Money that an offer counts on is not drawn before the offer is over.
  await clock.sleep(PATIENCE_MS);
  const { bills } = await home.operator(
    'POST',
    `${home.aaa.url}/operator/v1/periods/${periodId}/bills`,
    { issue: true },
    billsAnswer,
  );
  const drawn = await until('what the bill draws', async () => {
    await mineSome(chain);
    const [last] = await wallet.holds();
    return last?.state === 'drawn' ? last : undefined;
  });
  const account = await home.operator('GET', `${customerUrl}/account`, undefined, accountAnswer);
  const payments = [];
  for (const payment of paid) payments.push(await onChainOf(stage, chain, payment));
  const spentMicros = walletBefore - (await wallet.balance());
  const verdict = await system.ledger.verify();
  const own = bills.find(({ lines }) => lines.some(({ sessionId }) => sessionIds.includes(sessionId)));
  const reading = {
    chain: verdict.verified ? ('verified' as const) : ('broken' as const),
    members,
    depth: CHAIN_DEPTH,
    driver: {
      refusedBefore,
      erasure,
      heldMicros: held.micros,
      billMicros: own?.payableMicros ?? 0n,
      drawnMicros: drawn.drawnMicros ?? 0n,
      spentMicros,
      balanceMicros: account.balanceMicros,
      payments: account.payments.length,
    },
    round,
    payments,
    movedMicros: Object.fromEntries(
      members.map((id) => [id, (after.get(id) ?? 0n) - (before.get(id) ?? 0n)]),
    ),
  };
  return {
    scenario: 'token',
    ledger: system.ledger.kind,
    ...reading,
    exact: isExact(reading),
    checks: [...tokenChecks(reading)],
  };
};

/** `roamgrid scenario token` */
export const runToken = async (options: StageOptions): Promise<TokenReport> => {
  const stage = await startNettingStage(options);
  try {
    return await payByToken(stage);
  } finally {
    await stage.close();
  }
};
