import { kitError } from '@roamgrid/service-kit';
import {
  canonicalJson,
  canonicalText,
  openingProof,
  openingRecord,
  sessionIdOf,
  type AssertionClaims,
  type JsonValue,
} from '@roamgrid/wire';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { runningOpening } from '../auditor-api/opening-proof.ts';
import type { Committed, Ledger } from '../ledger/ledger.ts';
import type { Registry } from '../registry/registry.ts';
import type { GatewayDb } from '../store/schema.ts';
import { findCommand, type CommandEntry } from './command-rules.ts';
import { partiesIn } from './parties.ts';
import { asProblem } from './ledger-problem.ts';

export interface TellContext {
  readonly ledger: Ledger;
  readonly db: Kysely<GatewayDb>;
  readonly registry: Registry;
  /** Waits, for a bounded time, until the read model holds a block: who is answered can read what it wrote. */
  readonly readUpTo: (blockNumber: bigint) => Promise<void>;
}

export interface Told {
  readonly contract: string;
  readonly transaction: string;
  readonly command: Readonly<Record<string, unknown>>;
  readonly transient: Readonly<Record<string, unknown>>;
}

const idFields = z.object({
  agreementId: z.string().optional(),
  invoiceId: z.string().optional(),
  disputeId: z.string().optional(),
});

/** What travels beside the command: what the caller brought, and what this gateway can add from its read model. */
const transientOf = async (
  { db, registry }: TellContext,
  { rule }: CommandEntry,
  { command, transient }: Told,
): Promise<Record<string, string>> => {
  const texts = Object.fromEntries(
    Object.entries(transient).map(([name, value]) => [name, canonicalJson(value as JsonValue)]),
  );
  if (rule.needsTerms === true && texts['terms'] === undefined) {
    const agreementId = await agreementIdOf(db, command);
    const agreement = agreementId === undefined ? undefined : registry.agreement(agreementId);
    const terms = agreement && registry.terms(agreement.agreementId, agreement.version);
    if (terms !== undefined) texts['terms'] = terms.text;
  }
  if (rule.needsOpening === true && (texts['open'] === undefined || texts['proof'] === undefined)) {
    Object.assign(texts, await ownOpening(db, command));
  }
  return texts;
};

/** The agreement that a command names, or that the record has which it names. */
const agreementIdOf = async (
  db: Kysely<GatewayDb>,
  command: Told['command'],
): Promise<string | undefined> => {
  const { agreementId, invoiceId, disputeId } = idFields.parse(command);
  if (agreementId !== undefined) return agreementId;
  if (disputeId !== undefined) return (await partiesIn(db, 'dispute', disputeId))?.agreementId;
  return invoiceId === undefined ? undefined : (await partiesIn(db, 'invoice', invoiceId))?.agreementId;
};

const numberFields = z.object({ laneId: z.string(), number: z.int() });

/** The open body of a session and the way to its opening, where every body of that opening is known here. */
const ownOpening = async (
  db: Kysely<GatewayDb>,
  command: Told['command'],
): Promise<{ readonly open: string; readonly proof: string } | undefined> => {
  const named = numberFields.safeParse(command);
  if (!named.success) return undefined;
  const { laneId, number } = named.data;
  const row = await db
    .selectFrom('ledger_session')
    .innerJoin('opening', (join) =>
      join
        .onRef('opening.lane_id', '=', 'ledger_session.lane_id')
        .onRef('opening.slot', '=', 'ledger_session.slot'),
    )
    .select('opening.record')
    .where('ledger_session.lane_id', '=', laneId)
    .where('ledger_session.number', '=', number)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const record = openingRecord.parse(row.record);
  const { openBody, openingProof: shown } = await runningOpening(db, record, sessionIdOf(laneId, number));
  if (openBody === undefined || shown.state !== 'present') return undefined;
  return { open: openBody, proof: canonicalText(openingProof, shown.proof) };
};

/** Tells a command for a caller: the gateway chooses who signs and who endorses, the contract decides. */
export const tell = async (
  context: TellContext,
  caller: Pick<AssertionClaims, 'role'>,
  told: Told,
): Promise<Committed> => {
  const entry = findCommand(told.contract, told.transaction);
  const { rule } = entry;
  const role = rule.callers.find((allowed) => allowed === caller.role);
  if (role === undefined) {
    throw kitError('FORBIDDEN', `${told.contract}.${told.transaction} is not for role ${caller.role}`, {
      remedy: `This needs one of: ${rule.callers.join(', ')}.`,
    });
  }
  const transient = await transientOf(context, entry, told);
  const found = await rule.endorsers({
    registry: context.registry,
    command: told.command,
    partiesOf: async (kind, id) => (await partiesIn(context.db, kind, id))?.utilityIds ?? [],
  });
  const endorsers = found === undefined || found.length === 0 ? undefined : found;
  try {
    const committed = await context.ledger.submit({
      contract: entry.contract,
      transaction: entry.transaction,
      argument: canonicalJson(told.command as JsonValue),
      ...(Object.keys(transient).length === 0 ? {} : { transient }),
      ...(endorsers === undefined ? {} : { endorsers }),
      role,
    });
    await context.readUpTo(committed.blockNumber);
    return committed;
  } catch (thrown) {
    throw asProblem(thrown);
  }
};
