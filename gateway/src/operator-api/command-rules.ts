import { ledgerCommands, signatoriesOf, type ContractName, type Role } from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayError } from '../problems.ts';
import type { Registry } from '../registry/registry.ts';

/** Records that name the two utilities who endorse their changes. */
export type RecordKind = 'invoice' | 'payment' | 'dispute';

/** What the gateway adds to a command so that the right organisations endorse it. */
export interface CommandScope {
  readonly registry: Registry;
  /** Decoded command, checked by its schema. */
  readonly command: Readonly<Record<string, unknown>>;
  /** Organisations that endorse a record that stands on the ledger already. */
  readonly partiesOf: (kind: RecordKind, id: string) => Promise<readonly string[]>;
}

type Endorsers = (
  scope: CommandScope,
) => Promise<readonly string[] | undefined> | readonly string[] | undefined;

interface CommandRule {
  /** Callers' assertion roles; the certificate of the same role signs. */
  readonly callers: readonly Role[];
  readonly endorsers: Endorsers;
  /** Adds the agreement's terms when the caller did not bring them. */
  readonly needsTerms?: true;
  /** Adds the open body of the session that the command names, and the way to its opening. */
  readonly needsOpening?: true;
}

const text = (command: CommandScope['command'], field: string): string => {
  const value = command[field];
  if (typeof value !== 'string') throw new Error(`the schema lets no command through without ${field}`);
  return value;
};

/** MSP ids of utilities; undefined when one is not registered, so that the contract can say so. */
const mspIdsOf = (registry: Registry, utilityIds: readonly string[]): readonly string[] | undefined => {
  const mspIds = utilityIds.map((id) => registry.utility(id)?.mspId);
  return mspIds.every((id): id is string => id !== undefined) ? [...new Set(mspIds)] : undefined;
};

const ofMajority: Endorsers = () => undefined;

const between = z.object({
  parties: z.tuple([z.string(), z.string()]),
  witness: z.string().exactOptional(),
});

const ofParties: Endorsers = ({ registry, command }) =>
  mspIdsOf(registry, signatoriesOf(between.parse(command)));

const ofAgreement: Endorsers = ({ registry, command }) => {
  const agreement = registry.agreement(text(command, 'agreementId'));
  return agreement && mspIdsOf(registry, signatoriesOf(agreement));
};

const ofInvoice: Endorsers = async ({ registry, command, partiesOf }) =>
  mspIdsOf(registry, await partiesOf('invoice', text(command, 'invoiceId')));

const ofPayment: Endorsers = async ({ registry, command, partiesOf }) =>
  mspIdsOf(registry, await partiesOf('payment', text(command, 'paymentId')));

const ofDispute: Endorsers = async ({ registry, command, partiesOf }) =>
  mspIdsOf(registry, await partiesOf('dispute', text(command, 'disputeId')));

const operator = { callers: ['operator'] } as const;
const aaa = { callers: ['aaa'] } as const;
const gridOperator = { callers: ['grid-operator'] } as const;
const registrar = { callers: ['registrar'] } as const;
/** Payments are told by people and by what keeps the utility's accounts. */
const books = { callers: ['operator', 'aaa'] } as const;
/** Sessions are the gateway's own business; people only void and expire them, and purge what was kept of them. */
const sessions = { callers: ['operator', 'aaa'] } as const;

type Rules = {
  readonly [C in ContractName]: Readonly<Record<keyof (typeof ledgerCommands)[C], CommandRule | undefined>>;
};

/** Who may tell which command through this gateway, and who must endorse it. Total: a new command must be decided on. */
const rules: Rules = {
  consortium: {
    registerUtility: { ...operator, endorsers: ofMajority },
    vote: { ...operator, endorsers: ofMajority },
    registerStation: { ...operator, endorsers: ofMajority },
    proposeAgreement: { ...operator, endorsers: ofParties },
    signAgreement: { ...operator, endorsers: ofAgreement },
    endAgreement: { ...operator, endorsers: ofAgreement },
  },
  tariff: {
    publish: { ...operator, endorsers: ofMajority },
    bind: { ...operator, endorsers: ofAgreement, needsTerms: true },
  },
  grid: {
    recordDemand: { ...gridOperator, endorsers: ofMajority },
    registerGenerator: { ...registrar, endorsers: ofMajority },
    issueCertificates: { ...registrar, endorsers: ofMajority },
    transferCertificates: { ...operator, endorsers: ofMajority },
    cancelCertificates: { ...sessions, endorsers: ofMajority },
    // By the site's controller, through this utility's AAA role.
    recordAllocations: { ...aaa, endorsers: ofAgreement, needsTerms: true },
    enrolHouse: { ...books, endorsers: ofAgreement, needsTerms: true },
    // By what reads houses' meters, through this utility's AAA role.
    recordDays: { ...aaa, endorsers: ofAgreement, needsTerms: true },
    callEvent: { callers: ['grid-operator', 'operator', 'aaa'], endorsers: ofAgreement, needsTerms: true },
    settleDay: { ...aaa, endorsers: ofAgreement, needsTerms: true },
    // By the control centre of the utility's sites.
    recordTampering: { ...aaa, endorsers: ofMajority },
    registerHouse: { ...sessions, endorsers: ofAgreement },
    // By the house's controller, through this utility's AAA role.
    recordHouse: { ...aaa, endorsers: ofAgreement },
    grantCredit: { ...aaa, endorsers: ofAgreement },
    moveCredit: { ...aaa, endorsers: ofMajority },
  },
  session: {
    open: undefined,
    record: undefined,
    settle: undefined,
    claim: undefined,
    void: { ...sessions, endorsers: ofAgreement },
    expire: { ...sessions, endorsers: ofAgreement, needsTerms: true, needsOpening: true },
    revoke: { ...aaa, endorsers: ofMajority },
    purge: { ...sessions, endorsers: ofAgreement, needsTerms: true },
  },
  clearing: {
    invoice: { ...aaa, endorsers: ofAgreement, needsTerms: true },
    accept: { ...aaa, endorsers: ofInvoice, needsTerms: true },
    // Formed from bodies that this gateway holds, with salts of its own.
    acceptInPart: undefined,
    contest: undefined,
    answer: undefined,
    credit: undefined,
    charge: undefined,
    reinvoice: undefined,
    creditBySilence: { ...aaa, endorsers: ofDispute, needsTerms: true },
    cancel: { ...aaa, endorsers: ofInvoice },
    demand: { ...aaa, endorsers: ofMajority, needsTerms: true, needsOpening: true },
  },
  netting: {
    call: { ...operator, endorsers: ofMajority },
    close: undefined,
    position: undefined,
    net: undefined,
    default: { ...operator, endorsers: ofMajority },
    recast: undefined,
  },
  payment: {
    send: { ...books, endorsers: ofPayment },
    receive: { ...books, endorsers: ofPayment },
    undo: { ...books, endorsers: ofPayment },
    unmatched: { ...books, endorsers: ofMajority },
    match: { ...books, endorsers: ofPayment },
    giveBack: { ...books, endorsers: ofMajority },
  },
  // Reservations are the gateway's own business too.
  booking: {
    grant: undefined,
    use: undefined,
    cancel: undefined,
    noShow: undefined,
    expire: undefined,
  },
};

export interface CommandEntry {
  readonly contract: ContractName;
  readonly transaction: string;
  readonly schema: z.ZodType;
  readonly rule: CommandRule;
}

/** What a table says of a name; nothing of the names that every object has. */
const own = <T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined =>
  table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;

/** @throws ServiceError COMMAND_UNKNOWN, also for commands that the gateway tells only by itself. */
export const findCommand = (contract: string, transaction: string): CommandEntry => {
  const schemas: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = ledgerCommands;
  const contractRules: Readonly<Record<string, Readonly<Record<string, CommandRule | undefined>>>> = rules;
  const schema = own(own(schemas, contract), transaction);
  const rule = own(own(contractRules, contract), transaction);
  if (schema === undefined || rule === undefined) {
    throw gatewayError('COMMAND_UNKNOWN', `${contract}.${transaction} cannot be told here`);
  }
  return { contract: contract as ContractName, transaction, schema, rule };
};
