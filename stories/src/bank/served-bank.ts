import { join } from 'node:path';
import {
  gatewayLedger,
  httpBank,
  keyOf,
  openDesk,
  serveBank,
  SimulatedBank,
  startBankService,
  withPayouts,
  type BankClient,
  type BankServer,
  type BankService,
  type Desk,
  type DeskState,
  type Misdeed,
} from '@roamgrid/bank';
import { createAssertionSigner } from '@roamgrid/service-kit';
import { inProcessPart, type Part } from '@roamgrid/utility';
import { auditedNettingPage, type PaymentRecord } from '@roamgrid/wire';
import { publicHalf } from '../system/key-ring.ts';
import type { LocalSystem } from '../system/system.ts';
import { until } from '../system/until.ts';
import { partName, type RunningUtility } from '../system/utility.ts';
import { customersOf, membersOf, payeesOf, type Member } from './accounts.ts';

/** Where one can knock at a bank that runs, and with what. */
export interface BankDoor {
  readonly name: string;
  readonly url: string;
  /** By which it knows whom it serves. */
  readonly token: string;
  /** Whose operators look there. */
  readonly utilityId?: string;
}

/** A bank for all utilities of a system, and a desk at each. Nothing of it runs before the first payment. */
export interface ServedBank {
  /** Starts what of bank and desks does not run yet; from then on they pay what is due by themselves. */
  start(): Promise<void>;
  /** Sees to one payment, until payer and payee know that it came. */
  pay(payment: PaymentRecord): Promise<void>;
  /** How a utility's payments by bank stand at its desk, once the bank runs. */
  stateOf(utilityId: string): Promise<DeskState>;
  /** What listens; nothing before the start. */
  readonly doors: readonly BankDoor[];
}

export interface ServedBankOptions {
  readonly currency: string;
  /** By whose time the bank books and the desks order. */
  readonly nowMs: () => number;
  /** What the bank does wrong with a payment of a utility; nothing when left out. */
  readonly temper?: (payer: string) => Misdeed;
  /** Whether a payee's account is known to a payer; those that pay each other otherwise know none. */
  readonly isPaid?: (payer: string, payee: string) => boolean;
}

/** What of a system a bank needs. */
export type BankGround = Pick<
  LocalSystem,
  'keys' | 'port' | 'stateDir' | 'supervisor' | 'utilities' | 'utility'
>;

/** How often a desk looks by itself; in between it is told. */
const ROUND_EVERY_MS = 2_000;

const customerToken = (system: BankGround, utilityId: string) => system.keys.secret(`${utilityId}-customer`);
const bankToken = (system: BankGround, utilityId: string) => system.keys.secret(`${utilityId}-bank`);
const deskName = (utilityId: string) => partName(utilityId, 'desk');

/** A payment as a utility's gateway has it. */
const paymentAt = async (
  utility: RunningUtility,
  { paymentId, periodId }: Pick<PaymentRecord, 'paymentId' | 'periodId'>,
): Promise<PaymentRecord | undefined> => {
  const url = `${utility.gateway.url}/auditor/v1/nettings?periodId=${periodId}&limit=500`;
  const { items } = await utility.auditor('GET', url, undefined, auditedNettingPage);
  return items.flatMap(({ payments }) => payments).find((each) => each.paymentId === paymentId);
};

const startDesk = async (
  system: BankGround,
  members: readonly Member[],
  { utilityId, holder }: Member,
  bank: BankServer,
  { nowMs, isPaid = () => true }: ServedBankOptions,
): Promise<{ readonly service: BankService; readonly desk: Desk }> => {
  const key = system.keys.key(`${utilityId}-operator`);
  const sign = createAssertionSigner({ key, iss: 'operator', utility: utilityId, role: 'operator' });
  const { gateway, aaa } = system.utility(utilityId);
  const payees = [...payeesOf(members, utilityId)].filter(([payee]) => isPaid(utilityId, payee));
  const desk = openDesk({
    utilityId,
    folder: join(system.stateDir, 'desks', utilityId.toLowerCase()),
    accounts: { own: holder, others: new Map(payees), chargeBearer: 'DEBT' },
    ledger: withPayouts(gatewayLedger(gateway.url, utilityId, sign), aaa.url, utilityId, sign),
    deliver: httpBank(bank.ordersUrl(holder.account), customerToken(system, utilityId)),
    nowMs,
  });
  const starting = startBankService({
    utilityId,
    desk,
    bankTokens: [bankToken(system, utilityId)],
    trusted: [{ iss: 'operator', role: 'operator', key: publicHalf(key) }],
    listen: { port: await system.port(deskName(utilityId)) },
    roundEveryMs: ROUND_EVERY_MS,
    logLevel: 'silent',
  });
  try {
    return { service: await starting, desk };
  } catch (thrown) {
    desk.close();
    throw thrown;
  }
};

/** Lets a system's utilities pay by bank; bank and desks are parts that its supervisor keeps up. */
export const bankOf = (system: BankGround, options: ServedBankOptions): ServedBank => {
  const { currency, nowMs, temper = () => 'none' } = options;
  const members = membersOf(system.utilities);
  const desks = new Map<string, { readonly service: BankService; readonly desk: Desk }>();
  let server: BankServer | undefined;
  let starting: Promise<void> | undefined;

  /** After a start that failed half-way a part may run already. */
  const runPart = async (part: Part): Promise<void> => {
    if (!system.supervisor.parts.some(({ name }) => name === part.name)) await system.supervisor.run(part);
  };
  const run = async (): Promise<void> => {
    const clients: BankClient[] = members.map(({ utilityId, holder: { account } }) => ({
      account,
      token: customerToken(system, utilityId),
      tell: () => ({
        url: `${desks.get(utilityId)?.service.url ?? 'http://127.0.0.1:9'}/bank/v1/messages`,
        token: bankToken(system, utilityId),
      }),
    }));
    const bank = new SimulatedBank(customersOf(members, currency), (_id, _time, from) =>
      temper(members.find(({ holder }) => keyOf(holder.account) === from)?.utilityId ?? ''),
    );
    const port = await system.port('bank');
    await runPart(inProcessPart('bank', async () => (server = await serveBank(bank, clients, nowMs, port))));
    for (const member of members)
      await runPart(
        inProcessPart(deskName(member.utilityId), async () => {
          if (server === undefined) throw new Error('the bank runs before its customers');
          const started = await startDesk(system, members, member, server, options);
          desks.set(member.utilityId, started);
          return started.service;
        }),
      );
  };
  // One that failed is tried again at the next use.
  const start = (): Promise<void> =>
    (starting ??= run().catch((thrown: unknown) => {
      starting = undefined;
      throw thrown;
    }));
  const lookAt = async (utilityId: string): Promise<void> => desks.get(utilityId)?.service.look();

  return {
    start,
    async pay(payment) {
      await start();
      const parties = [payment.payer, payment.payee];
      await until(`${payment.paymentId} confirmed at both`, async () => {
        // A round that failed is one that comes again.
        await Promise.allSettled(parties.map((id) => lookAt(id)));
        const seen = await Promise.all(parties.map((id) => paymentAt(system.utility(id), payment)));
        return seen.every((each) => each?.state === 'confirmed') ? true : undefined;
      });
    },
    stateOf: (utilityId) => {
      const found = desks.get(utilityId);
      if (found === undefined) throw new Error(`${utilityId} has no desk`);
      return found.desk.state();
    },
    get doors() {
      if (server === undefined) return [];
      const [first] = members;
      return [
        { name: 'bank', url: server.url, token: customerToken(system, first?.utilityId ?? '') },
        ...[...desks].map(([utilityId, { service }]) => ({
          name: `desk ${utilityId}`,
          utilityId,
          url: service.url,
          token: bankToken(system, utilityId),
        })),
      ];
    },
  };
};
