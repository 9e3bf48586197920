import type { MinorAmount } from '@roamgrid/domain';
import { dayOf, instantOf, type MessageNode } from './message-node.ts';

/** Money that moved on an account, or is about to. */
export interface Movement {
  /** How the bank calls it, the same in every message that tells of it; undefined where it gives no reference. */
  readonly bankReference: string | undefined;
  /** What it does to the account; of a reversal, too. */
  readonly direction: 'credit' | 'debit';
  readonly isReversal: boolean;
  /** Only what is booked has moved. */
  readonly status: 'booked' | 'pending' | 'information';
  readonly amount: MinorAmount;
  readonly bookedOn: string | undefined;
  readonly valuedOn: string | undefined;
  readonly endToEndId: string | undefined;
  readonly instructionId: string | undefined;
  readonly counterparty: { readonly name: string | undefined; readonly account: string | undefined };
  readonly remittance: string;
  /** Why money came back: a code of the published list, or the bank's own. */
  readonly returnReason: string | undefined;
  /** Set where the bank told of several transfers in one entry and gave no amount for each. */
  readonly isUnsplit: boolean;
}

/** `camt.053` or `camt.054`: what moved on accounts, by account. */
export interface AccountReport {
  readonly kind: 'account';
  readonly source: 'statement' | 'notification';
  readonly version: string;
  readonly messageId: string;
  readonly createdAtMs: number;
  readonly accounts: readonly {
    readonly account: string;
    readonly reportId: string;
    readonly movements: readonly Movement[];
  }[];
  readonly unread: readonly string[];
}

type DetailFields = Pick<
  Movement,
  'endToEndId' | 'instructionId' | 'counterparty' | 'remittance' | 'returnReason'
>;

const NO_DETAILS: DetailFields = {
  endToEndId: undefined,
  instructionId: undefined,
  counterparty: { name: undefined, account: undefined },
  remittance: '',
  returnReason: undefined,
};

/** What banks write where nobody gave an end-to-end id. */
const NOT_PROVIDED = 'NOTPROVIDED';
const MAX_ID = 35;
const MAX_NAME = 140;

const accountOf = (node: MessageNode): string => {
  const id = node.one('Id');
  const text = id.textOf('IBAN', 34) ?? id.maybe('Othr')?.textOf('Id', 34);
  if (text === undefined) throw id.fault('neither an IBAN nor another number');
  return text.replaceAll(/[\s-]/g, '').toUpperCase();
};

/** A code as text, as older versions have it, or as the choice of a code and the bank's own. */
const codeOf = (node: MessageNode): string =>
  node.textOf('Cd', 4) ?? node.textOf('Prtry', MAX_ID) ?? node.text(MAX_ID);

const STATUS: Readonly<Record<string, Movement['status']>> = {
  BOOK: 'booked',
  PDNG: 'pending',
  FUTR: 'pending',
  INFO: 'information',
};

const statusOf = (entry: MessageNode): Movement['status'] => {
  const node = entry.one('Sts');
  const status = STATUS[codeOf(node)];
  if (status === undefined) throw node.fault('neither booked, nor pending, nor for information');
  return status;
};

/** The other side: who paid what came in, who got what went out. Newer versions have the name one level deeper. */
const counterpartyOf = (detail: MessageNode, direction: Movement['direction']): Movement['counterparty'] => {
  const [party, account] =
    direction === 'credit' ? (['Dbtr', 'DbtrAcct'] as const) : (['Cdtr', 'CdtrAcct'] as const);
  const parties = detail.maybe('RltdPties');
  const node = parties?.maybe(party);
  const known = parties?.maybe(account);
  return {
    name: (node?.maybe('Pty') ?? node)?.textOf('Nm', MAX_NAME),
    account: known === undefined ? undefined : accountOf(known),
  };
};

const detailOf = (
  detail: MessageNode,
  direction: Movement['direction'],
  isReversal: boolean,
): DetailFields => {
  const refs = detail.maybe('Refs');
  const endToEndId = refs?.textOf('EndToEndId', MAX_ID);
  const reason = detail.maybe('RtrInf')?.maybe('Rsn');
  const isBack = isReversal || reason !== undefined;
  const original = direction === 'credit' ? 'debit' : 'credit';
  return {
    endToEndId: endToEndId === NOT_PROVIDED ? undefined : endToEndId,
    instructionId: refs?.textOf('InstrId', MAX_ID),
    // What comes back names the parties as they were when it went.
    counterparty: counterpartyOf(detail, isBack ? original : direction),
    remittance: (detail.maybe('RmtInf')?.all('Ustrd') ?? []).map((line) => line.text(140)).join(' '),
    returnReason: reason === undefined ? undefined : codeOf(reason),
  };
};

/** The amount of one transfer of an entry, where the bank gives it: of the account's own money, not as it was ordered. */
const amountOf = (detail: MessageNode): MinorAmount | undefined =>
  detail.maybe('Amt')?.amount() ?? detail.down('AmtDtls', 'TxAmt', 'Amt')?.amount();

const referenceOf = (detail: MessageNode): string | undefined => {
  const refs = detail.maybe('Refs');
  return refs?.textOf('AcctSvcrRef', MAX_ID) ?? refs?.textOf('TxId', MAX_ID);
};

const movementsOf = (entry: MessageNode): readonly Movement[] => {
  const direction = entry.one('CdtDbtInd').oneOf(['CRDT', 'DBIT']) === 'CRDT' ? 'credit' : 'debit';
  const isReversal = entry.maybe('RvslInd')?.boolean() ?? false;
  const amount = entry.one('Amt').amount();
  // Its own number in the report is none: another report of the same booking counts otherwise.
  entry.textOf('NtryRef', MAX_ID);
  const entryReference = entry.textOf('AcctSvcrRef', MAX_ID);
  const whole: Omit<Movement, keyof DetailFields> = {
    bankReference: entryReference,
    direction,
    isReversal,
    status: statusOf(entry),
    amount,
    bookedOn: dayOf(entry.maybe('BookgDt')),
    valuedOn: dayOf(entry.maybe('ValDt')),
    isUnsplit: false,
  };
  const details = entry.all('NtryDtls').flatMap((part) => part.all('TxDtls'));
  const [only] = details;
  if (only === undefined) return [{ ...whole, ...NO_DETAILS }];
  if (details.length === 1) {
    const own = amountOf(only);
    // Some banks give what was ordered there, in another currency: what the account got is the entry's.
    if (own !== undefined && own.currency === amount.currency && own.minor !== amount.minor)
      throw only.fault('its amount is not the entry’s, which it is the only part of');
    return [
      {
        ...whole,
        bankReference: entryReference ?? referenceOf(only),
        ...detailOf(only, direction, isReversal),
      },
    ];
  }
  const split = details.map((detail) => ({ detail, own: amountOf(detail) }));
  if (split.some(({ own }) => own?.currency !== amount.currency))
    return [{ ...whole, ...NO_DETAILS, isUnsplit: true }];
  if (split.reduce((sum, { own }) => sum + (own?.minor ?? 0n), 0n) !== amount.minor)
    throw entry.fault('the amounts of its transfers do not add up to its own');
  return split.map(({ detail, own }, at) => {
    const reference =
      referenceOf(detail) ?? (entryReference === undefined ? undefined : `${entryReference}.${at + 1}`);
    return {
      ...whole,
      amount: own ?? amount,
      bankReference: reference,
      ...detailOf(detail, direction, isReversal),
    };
  });
};

/** What a balance is of. Spec: ISO 20022 external code set, ExternalBalanceType1Code. */
const OPENING = ['OPBD', 'PRCD'];
const CLOSING = ['CLBD'];

const balanceOf = (report: MessageNode, types: readonly string[]): MinorAmount | undefined => {
  const found = report
    .all('Bal')
    .find((balance) => types.includes(balance.down('Tp', 'CdOrPrtry')?.textOf('Cd', 4) ?? ''));
  if (found === undefined) return undefined;
  const amount = found.one('Amt').amount();
  return found.one('CdtDbtInd').oneOf(['CRDT', 'DBIT']) === 'CRDT'
    ? amount
    : { ...amount, minor: -amount.minor };
};

/** From the opening to the closing balance lead the booked entries: one that got lost shows here. */
const requireBalance = (report: MessageNode, entries: readonly (readonly Movement[])[]): void => {
  const opening = balanceOf(report, OPENING);
  const closing = balanceOf(report, CLOSING);
  if (opening === undefined || closing === undefined) return;
  const moved = entries
    .flat()
    .filter(({ status }) => status === 'booked')
    .reduce(
      (sum, { direction, amount }) => sum + (direction === 'credit' ? amount.minor : -amount.minor),
      0n,
    );
  if (opening.minor + moved !== closing.minor)
    throw report.fault(
      `the booked entries lead from ${opening.minor} to ${opening.minor + moved}, the closing balance says ${closing.minor}`,
    );
};

export const readStatement = (
  body: MessageNode,
  source: AccountReport['source'],
  version: string,
): Omit<AccountReport, 'unread'> => {
  const header = body.one('GrpHdr');
  const reports = body.all(source === 'statement' ? 'Stmt' : 'Ntfctn');
  if (reports.length === 0) throw body.fault('it reports of no account');
  return {
    kind: 'account',
    source,
    version,
    messageId: header.one('MsgId').text(MAX_ID),
    createdAtMs: instantOf(header.one('CreDtTm')),
    accounts: reports.map((report) => {
      const entries = report.all('Ntry').map(movementsOf);
      requireBalance(report, entries);
      return {
        account: accountOf(report.one('Acct')),
        reportId: report.one('Id').text(MAX_ID),
        movements: entries.flat(),
      };
    }),
  };
};
