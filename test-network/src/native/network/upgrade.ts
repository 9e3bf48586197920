/** Replacing a chaincode of a running network. */
import { readSource } from '../chaincode/source.ts';
import { NativeNetworkError } from '../errors.ts';
import { writeState, type RunningState } from '../state.ts';
import { define, installChaincode, nextDefinition, prepareChaincode } from './lifecycle.ts';
import { startNode, stopNode } from './nodes.ts';
import { openNetwork, type OpenOptions } from './open.ts';
import { awaitEndorsable } from './ready.ts';

export interface UpgradeOptions extends OpenOptions {
  /** Bundle or folder; see `readSource`. */
  readonly chaincode: string;
  readonly version: string;
  /** The consortium's own when absent. */
  readonly name?: string;
}

/**
 * Installs the new package on every utility's peer, has all organisations approve it wherever the chaincode is
 * defined, commits it, and restarts the chaincode's processes with the new code. Calls that arrive in between fail
 * and may be repeated.
 */
export async function upgradeChaincode(options: UpgradeOptions): Promise<RunningState> {
  const { context, state } = await openNetwork(options);
  const { name = state.chaincode.name, version } = options;
  const slot = state.chaincodes.findIndex((deployed) => deployed.name === name);
  const running = state.chaincodes[slot];
  if (running === undefined)
    throw new NativeNetworkError('BAD_CHAINCODE', `the network runs no chaincode ${name}`);
  const source = await readSource(options.chaincode);
  const definitions = await Promise.all(
    running.definitions.map((definition) => nextDefinition(context, name, definition)),
  );
  const chaincode = await prepareChaincode(context, source, { name, version, slot, definitions });
  if (chaincode.packageId === running.packageId)
    throw new NativeNetworkError('BAD_CHAINCODE', `${name} ${version} with this very code is what runs now`);
  context.report(`installing ${chaincode.packageId}`);
  for (const utility of context.consortium.utilities) await installChaincode(context, utility, chaincode);
  context.report('definition, approved by all');
  for (const definition of definitions) await define(context, chaincode, definition);

  const { consortium } = state;
  const chaincodes = state.chaincodes.map((deployed, index) => (index === slot ? chaincode : deployed));
  const result = {
    ...state,
    chaincodes,
    chaincode: chaincodes[0] ?? chaincode,
    consortium: slot === 0 ? { ...consortium, chaincode: { ...consortium.chaincode, version } } : consortium,
  };
  await writeState(context.paths, result);
  context.report('restarting the chaincode processes');
  const processes = context.ofKind('chaincode').filter((node) => node.slot === slot);
  await Promise.all(
    processes.map(async (node) => {
      await stopNode(context, node);
      await startNode(context, node, chaincodes);
    }),
  );
  for (const { channel } of definitions)
    await awaitEndorsable(context.paths, result, { channel, chaincode: name });
  return result;
}
