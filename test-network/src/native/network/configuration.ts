/** Reading and changing the configuration of a channel. */
import { readFile } from 'node:fs/promises';
import type { Organisation } from '@roamgrid/network';
import type { common } from '@hyperledger/fabric-protos';
import { computeUpdate } from '../config-update/compute.ts';
import { channelGroup, updateTransaction } from '../config-update/envelope.ts';
import type { NetworkContext } from '../context.ts';
import { peer } from '../fabric/peer-cli.ts';
import { until } from '../fabric/retry.ts';
import { firstUtility, scratchFile } from './lifecycle.ts';

const COMMIT_LIMIT_MS = 30_000;

/** Fetches the channel's latest configuration block; returns its file. `orderer` are arguments of `viaOrderer`. */
export async function fetchConfiguration(
  context: NetworkContext,
  channel: string,
  orderer: readonly string[],
): Promise<string> {
  const file = await scratchFile(context, `${channel}-current-config.block`, new Uint8Array());
  await peer(context, firstUtility(context), ['channel', 'fetch', 'config', file, '-c', channel, ...orderer]);
  return file;
}

/** The channel's configuration as it stands now. */
export const currentConfiguration = async (
  context: NetworkContext,
  channel: string,
  orderer: readonly string[],
): Promise<common.ConfigGroup> =>
  channelGroup(await readFile(await fetchConfiguration(context, channel, orderer)));

export interface ConfigurationChange {
  readonly before: common.ConfigGroup;
  readonly after: common.ConfigGroup;
  /** Organisations whose administrators sign, beside the one that submits. */
  readonly signers: readonly Organisation[];
  readonly submitter: Organisation;
  /** Arguments of `viaOrderer`. */
  readonly orderer: readonly string[];
}

/**
 * Changes the channel's configuration and returns when it is in a block: an orderer that is stopped right after it took
 * the change would take it along. Throws when nothing differs.
 */
export async function changeConfiguration(
  context: NetworkContext,
  channel: string,
  { before, after, signers, submitter, orderer }: ConfigurationChange,
): Promise<void> {
  const update = computeUpdate(channel, before, after);
  if (update === undefined) throw new Error(`nothing of ${channel} would change`);
  const file = await scratchFile(context, `${channel}-change.tx`, updateTransaction(channel, update));
  for (const signer of signers) await peer(context, signer, ['channel', 'signconfigtx', '-f', file]);
  await peer(context, submitter, ['channel', 'update', '-f', file, '-c', channel, ...orderer]);
  await until(`the new configuration of ${channel}`, COMMIT_LIMIT_MS, async () => {
    const now = await currentConfiguration(context, channel, orderer);
    return computeUpdate(channel, now, after) === undefined || undefined;
  });
}
