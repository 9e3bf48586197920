import {
  canonicalText,
  commandReceipt,
  commandRecord,
  LEDGER_LIMITS,
  stateKey,
  type CommandReceipt,
} from '@roamgrid/wire';
import type { Context } from 'fabric-contract-api';
import type { z } from 'zod';
import { endorsementClock } from './endorsement-clock.ts';
import { ensure, refuse } from './ledger-error.ts';
import { open, parseJson } from './parse.ts';
import { Transaction } from './transaction.ts';

/** A command's schema always carries its idempotency key. */
type CommandSchema = z.ZodType<{ readonly commandId: string }>;

/** Code of one verb: reads, checks, stages. It returns nothing: what it wrote is its answer. */
export type Verb<S extends CommandSchema> = (tx: Transaction, command: z.output<S>) => Promise<void>;

const sizeOf = (ctx: Context, argument: string): number => {
  let bytes = Buffer.byteLength(argument, 'utf8');
  for (const value of ctx.stub.getTransient().values()) bytes += value.length;
  return bytes;
};

/** The one argument of a transaction. */
export const soleArgument = (args: readonly string[]): string => {
  const [argument] = args;
  return args.length === 1 && argument !== undefined
    ? argument
    : refuse('INVALID_ARGUMENT', `a transaction takes one argument, canonical JSON, not ${args.length}`);
};

/**
 * Unpack, run, pack; nothing of a proposal whose time is not this endorser's. The same command told again gives the first receipt and writes nothing; its id with other
 * content is a CONFLICT. What a verb staged is written only when it has run to its end.
 */
export const execute = async <S extends CommandSchema>(
  ctx: Context,
  verb: string,
  schema: S,
  args: readonly string[],
  run: Verb<S>,
): Promise<string> => {
  endorsementClock.requireNear(ctx.stub.getDateTimestamp().getTime());
  const argument = soleArgument(args);
  ensure(
    sizeOf(ctx, argument) <= LEDGER_LIMITS.commandBytes,
    'TOO_LARGE',
    `a command has at most ${LEDGER_LIMITS.commandBytes} bytes with its transient data: split the batch`,
  );
  const { value: command, hash: inputHash } = open(schema, parseJson(argument, 'command'), 'command');
  const tx = new Transaction(ctx.stub, ctx.clientIdentity, command.commandId);
  const commandKey = stateKey.command(tx.caller.mspId, command.commandId);

  const told = await tx.find(commandRecord, commandKey);
  if (told !== undefined) {
    const same = told.verb === verb && told.receipt.inputHash === inputHash;
    ensure(same, 'CONFLICT', `command ${command.commandId} was told with other content: use a new id`);
    return canonicalText(commandReceipt, told.receipt);
  }

  await run(tx, command);
  const receipt: CommandReceipt = { commandId: command.commandId, inputHash, wrote: [...tx.wrote] };
  tx.remember(commandKey, canonicalText(commandRecord, { type: 'command', version: 1, verb, receipt }));
  await tx.commit();
  const text = canonicalText(commandReceipt, receipt);
  ctx.stub.setEvent(verb, Buffer.from(text, 'utf8'));
  return text;
};
