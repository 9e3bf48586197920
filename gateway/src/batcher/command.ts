import { canonicalText, NumberBits, sessionCommands, signatoriesOf } from '@roamgrid/wire';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import type { LedgerCommand } from '../ledger/ledger.ts';
import type { Registry } from '../registry/registry.ts';
import type { SettleEffects } from './effects.ts';

/** A command with the facts that it carries. Its id names keys, and those that grow with time keep peers' databases fast. */
export interface FormedCommand {
  readonly commandId: string;
  readonly command: LedgerCommand;
  readonly factIds: readonly bigint[];
  /** What it changes of meters, profiles and the lane's numbers once it is committed. */
  readonly effects?: SettleEffects;
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

export const NOTHING: Formed = { formed: undefined, unfit: [] };

export interface FormContext {
  readonly utilityId: string;
  readonly registry: Registry;
  readonly maxBytes: number;
}

/** The two utilities of a lane, under one agreement. */
export interface Pair {
  readonly vun: string;
  readonly hun: string;
  readonly agreementId: string;
}

/** What a command between two utilities needs besides its items; an error means that the registry is not ready. */
export const dealingOf = ({ registry }: FormContext, { vun, hun, agreementId }: Pair) => {
  const agreement = registry.agreement(agreementId);
  const terms = agreement && registry.terms(agreementId, agreement.version);
  const [own, home] =
    agreement === undefined ? [] : signatoriesOf(agreement).map((id) => registry.utility(id));
  if (terms === undefined || own === undefined || home === undefined) {
    throw new Error(`agreement ${agreementId} of ${vun} and ${hun} is not in the read model`);
  }
  return { terms, endorsers: [own.mspId, home.mspId] };
};

type Verb = 'open' | 'record' | 'settle' | 'claim' | 'void';
type ArgumentOf<V extends Verb> = Omit<z.output<(typeof sessionCommands)[V]>, 'commandId'>;

export interface CommandParts<V extends Verb> {
  readonly verb: V;
  readonly commandId: string;
  readonly argument: ArgumentOf<V>;
  readonly transient?: Readonly<Record<string, string>>;
  /** Left out: whom the chaincode's policy asks for, so that no single utility can hold it up. */
  readonly endorsers?: readonly string[];
}

export const newCommandId = (verb: Verb): string => `${verb}-${uuidv7()}`;

export const sessionCommand = <V extends Verb>({
  verb,
  commandId,
  argument,
  transient,
  endorsers,
}: CommandParts<V>): LedgerCommand => {
  const schema = sessionCommands[verb] as unknown as z.ZodType<object>;
  return {
    contract: 'session',
    transaction: verb,
    argument: canonicalText(schema, { commandId, ...argument }),
    ...(transient && { transient }),
    ...(endorsers && { endorsers }),
    role: 'station',
  };
};

/** Numbers as a command states them: the first, and bits from it on. They lie within one span. */
export const statedNumbers = (
  numbers: readonly number[],
): { readonly first: number; readonly bits: string } => {
  const first = Math.min(...numbers);
  const bits = new NumberBits(first);
  for (const number of numbers) bits.add(number);
  return { first, bits: bits.text };
};
