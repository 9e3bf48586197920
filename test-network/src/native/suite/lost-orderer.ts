import assert from 'node:assert/strict';
import { status, stopOne } from '../network/control.ts';
import { rebuildNode } from '../network/rebuild.ts';
import type { NetworkPaths } from '../paths.ts';
import { put, type LedgerClient } from './client.ts';
import { eventually } from './fixture.ts';

/**
 * Kills an orderer and rebuilds it from nothing, then kills another and writes `value` under `with the rebuilt orderer`:
 * a quorum needs the rebuilt one for that. @returns the orderer that is still away
 */
export async function loseAndRebuildOrderer(
  paths: NetworkPaths,
  client: LedgerClient,
  value: string,
): Promise<string> {
  const { nodes, leader } = await status({ paths });
  const [lost, other] = nodes
    .filter(({ kind, id }) => kind === 'orderer' && id !== leader)
    .map(({ id }) => id);
  assert.ok(lost !== undefined && other !== undefined);
  await stopOne(lost, { paths }, 'kill');
  await put(client, 'while it is away', value);
  await rebuildNode(lost, { paths });
  await stopOne(other, { paths }, 'kill');
  await eventually(() => put(client, 'with the rebuilt orderer', value), 60_000);
  return other;
}
