import { createHash, randomBytes } from 'node:crypto';
import { merkleTree, sumSplits } from '@roamgrid/domain';
import {
  batchHeader,
  canonicalText,
  computeCdr,
  gridCommands,
  gridInputOf,
  packBodies,
  sealBody,
  sessionCloseBody,
  sessionCommands,
  sessionOpenBody,
  type AgreementTerms,
  type BatchHeader,
  type SessionOpenBody,
} from '@roamgrid/wire';
import { v7 as uuidv7 } from 'uuid';
import type { LedgerCommand } from '../ledger/ledger.ts';
import type { Registry } from '../registry/registry.ts';
import type { CloseFact, OpenFact, RecordFact, SocFact, WaitingFact } from './facts.ts';

/** A command with the facts that it carries. Its id names keys, and those that grow with time keep peers' databases fast. */
export interface FormedCommand {
  readonly commandId: string;
  readonly command: LedgerCommand;
  readonly factIds: readonly bigint[];
}

/** A fact that no command can carry: told to people, not to the ledger. */
export interface UnfitFact {
  readonly factId: bigint;
  readonly code: string;
  readonly text: string;
}

export interface Formed {
  readonly formed: FormedCommand | undefined;
  readonly unfit: readonly UnfitFact[];
}

export interface FormContext {
  readonly utilityId: string;
  readonly registry: Registry;
  readonly maxBytes: number;
}

const newSalt = (): string => randomBytes(32).toString('hex');

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest();

/** The part of the facts, from the oldest, that one command may carry: of one agreement, within the bytes. */
const fitting = <K extends 'open' | 'close' | 'record'>(
  facts: readonly WaitingFact<K>[],
  bytesOf: (fact: WaitingFact<K>) => number,
  maxBytes: number,
): readonly WaitingFact<K>[] => {
  const agreementId = facts[0]?.payload.agreementId;
  let bytes = 0;
  let count = 0;
  for (const fact of facts) {
    bytes += bytesOf(fact);
    if (fact.payload.agreementId !== agreementId || (count > 0 && bytes > maxBytes)) break;
    count += 1;
  }
  return facts.slice(0, count);
};

/** What a command between two utilities needs besides its items; an error means that the registry is not ready. */
const pairOf = ({ utilityId, registry }: FormContext, hun: string, agreementId: string) => {
  const agreement = registry.agreement(agreementId);
  const terms = agreement && registry.terms(agreementId, agreement.version);
  const own = registry.utility(utilityId);
  const home = registry.utility(hun);
  if (terms === undefined || own === undefined || home === undefined) {
    throw new Error(`agreement ${agreementId} of ${utilityId} and ${hun} is not in the read model`);
  }
  return { pair: { vun: utilityId, hun, agreementId }, terms, endorsers: [own.mspId, home.mspId] };
};

export const formOpen = (context: FormContext, waiting: readonly WaitingFact<'open'>[]): Formed => {
  const facts = fitting(waiting, ({ payload }) => payload.body.length, context.maxBytes);
  const first: OpenFact | undefined = facts[0]?.payload;
  if (first === undefined) return { formed: undefined, unfit: [] };
  const { pair, terms, endorsers } = pairOf(context, first.hun, first.agreementId);
  const commandId = `open-${uuidv7()}`;
  return {
    unfit: [],
    formed: {
      commandId,
      factIds: facts.map(({ factId }) => factId),
      command: {
        contract: 'session',
        transaction: 'open',
        argument: canonicalText(sessionCommands.open, {
          commandId,
          ...pair,
          items: facts.map(({ sessionId, payload }) => ({ sessionId, openHash: payload.hash })),
        }),
        transient: { bodies: packBodies(facts.map(({ payload }) => payload.body)), terms: terms.text },
        endorsers,
        role: 'station',
      },
    },
  };
};

export const formRecord = (context: FormContext, waiting: readonly WaitingFact<'record'>[]): Formed => {
  const facts = fitting(waiting, () => 200, context.maxBytes);
  const first: RecordFact | undefined = facts[0]?.payload;
  if (first === undefined) return { formed: undefined, unfit: [] };
  const { pair, endorsers } = pairOf(context, first.hun, first.agreementId);
  const commandId = `record-${uuidv7()}`;
  return {
    unfit: [],
    formed: {
      commandId,
      factIds: facts.map(({ factId }) => factId),
      command: {
        contract: 'session',
        transaction: 'record',
        argument: canonicalText(sessionCommands.record, {
          commandId,
          ...pair,
          items: facts.map(({ sessionId, payload: { sequence, readingHash } }) => ({
            sessionId,
            sequence,
            readingHash,
          })),
        }),
        endorsers,
        role: 'station',
      },
    },
  };
};

export const formSoc = (context: FormContext, facts: readonly WaitingFact<'soc'>[]): Formed => {
  const first: SocFact | undefined = facts[0]?.payload;
  if (first === undefined) return { formed: undefined, unfit: [] };
  const commandId = `soc-${uuidv7()}`;
  const readings = facts
    .map(({ sessionId, payload: { atMs, socPpm } }) => ({ atMs, sessionId, socPpm }))
    .sort((a, b) => a.atMs - b.atMs);
  return {
    unfit: [],
    formed: {
      commandId,
      factIds: facts.map(({ factId }) => factId),
      command: {
        contract: 'grid',
        transaction: 'recordSoc',
        argument: canonicalText(gridCommands.recordSoc, {
          commandId,
          chunk: { utilityId: context.utilityId, stationId: first.stationId, readings },
        }),
        role: 'station',
      },
    },
  };
};

const closeBodyOf = (
  registry: Registry,
  { payload, sessionId }: WaitingFact<'close'>,
  open: SessionOpenBody,
  terms: AgreementTerms,
  pairSequence: number,
) => {
  const tariff = registry.tariff(open.quote.tariffId, open.quote.tariffVersion);
  if (tariff === undefined) throw new Error(`tariff ${open.quote.tariffId} is not in the read model`);
  const grid = gridInputOf(terms, payload.demand ?? []);
  const cdr = computeCdr({
    cdrId: payload.cdrId,
    pairSequence,
    quote: open.quote,
    readings: payload.readings,
    tariffJson: tariff.tariffJson,
    terms,
    endReason: payload.endReason,
    ...(grid && { grid }),
  });
  if (!cdr.ok) return cdr;
  const { openHash, readings, signedStart, signedEnd } = payload;
  const value = {
    sessionId,
    openHash,
    readings,
    ...(signedStart !== undefined && { signedStart }),
    signedEnd,
    cdr: cdr.value,
    salt: newSalt(),
  };
  return { ok: true as const, value, ...sealBody(sessionCloseBody, value) };
};

/**
 * Closes sessions with the pair's next numbers. The number is given here and not at the end of charging: a session
 * whose opening is still on its way holds up nobody, and no number is lost.
 */
export const formClose = (
  context: FormContext,
  waiting: readonly WaitingFact<'close'>[],
  fromSequence: number,
): Formed & { readonly nextSequence: number } => {
  const facts = fitting(
    waiting,
    ({ payload }) =>
      payload.openBody.length + payload.readings.length * 80 + 12_000 + (payload.demand?.length ?? 0) * 400,
    context.maxBytes,
  );
  const first: CloseFact | undefined = facts[0]?.payload;
  if (first === undefined) return { formed: undefined, unfit: [], nextSequence: fromSequence };
  const { pair, terms, endorsers } = pairOf(context, first.hun, first.agreementId);
  const unfit: UnfitFact[] = [];
  const closes: { fact: WaitingFact<'close'>; text: string; hash: string; value: { cdr: BatchSummand } }[] =
    [];
  for (const fact of facts) {
    const open = sessionOpenBody.parse(JSON.parse(fact.payload.openBody));
    const body = closeBodyOf(context.registry, fact, open, terms.terms, fromSequence + closes.length);
    if (body.ok) closes.push({ fact, ...body });
    else unfit.push({ factId: fact.factId, code: body.error.code, text: body.error.message });
  }
  const nextSequence = fromSequence + closes.length;
  if (closes.length === 0) return { formed: undefined, unfit, nextSequence };

  const commandId = `close-${uuidv7()}`;
  const merkleRoot = Buffer.from(
    merkleTree(
      sha256,
      closes.map(({ hash }) => Buffer.from(hash, 'hex')),
    ).root,
  ).toString('hex');
  const cdrs = closes.map(({ value }) => value.cdr);
  const sum = (of: (cdr: BatchSummand) => bigint) => cdrs.reduce((total, cdr) => total + of(cdr), 0n);
  const header: BatchHeader = {
    batchId: commandId,
    ...pair,
    fromSequence,
    toSequence: nextSequence - 1,
    currency: terms.terms.currency,
    energyWh: sum(({ energyWh }) => energyWh),
    totalMicros: sum(({ totalMicros }) => totalMicros),
    shares: sumSplits(cdrs.map(({ shares }) => shares)),
    merkleRoot,
    salt: newSalt(),
  };
  const sealedHeader = sealBody(batchHeader, header);
  return {
    unfit,
    nextSequence,
    formed: {
      commandId,
      factIds: closes.map(({ fact }) => fact.factId),
      command: {
        contract: 'session',
        transaction: 'close',
        argument: canonicalText(sessionCommands.close, {
          commandId,
          ...pair,
          batchId: commandId,
          headerHash: sealedHeader.hash,
          merkleRoot,
          fromSequence,
          items: closes.map(({ fact, hash }) => ({ sessionId: fact.sessionId, closeHash: hash })),
        }),
        transient: {
          bodies: packBodies(closes.map(({ text }) => text)),
          opens: packBodies(closes.map(({ fact }) => fact.payload.openBody)),
          header: sealedHeader.text,
          terms: terms.text,
        },
        endorsers,
        role: 'station',
      },
    },
  };
};

type BatchSummand = Pick<BatchHeader, 'energyWh' | 'totalMicros' | 'shares'>;
