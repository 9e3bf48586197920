/** Replacing the chaincode of a running network. */
import { readSource } from '../chaincode/source.ts';
import { NativeNetworkError } from '../errors.ts';
import { writeState, type RunningState } from '../state.ts';
import { committedSequence, define, installChaincode, prepareChaincode } from './lifecycle.ts';
import { startNode, stopNode } from './nodes.ts';
import { openNetwork, type OpenOptions } from './open.ts';
import { awaitEndorsable } from './ready.ts';

export interface UpgradeOptions extends OpenOptions {
  /** Bundle file or folder. */
  readonly chaincode: string;
  readonly version: string;
}

/**
 * Installs the new package on every utility's peer, has all organisations approve it, commits it, and restarts the
 * chaincode processes with the new code. Calls that arrive in between fail and may be repeated.
 */
export async function upgradeChaincode(options: UpgradeOptions): Promise<RunningState> {
  const { context, state } = await openNetwork(options);
  const { name } = state.chaincode;
  const sequence = (await committedSequence(context, name)) + 1;
  const source = await readSource(options.chaincode);
  const chaincode = await prepareChaincode(context, source, { name, version: options.version, sequence });
  if (chaincode.packageId === state.chaincode.packageId)
    throw new NativeNetworkError(
      'BAD_CHAINCODE',
      `${name} ${options.version} with this very code is what runs now`,
    );
  context.report(`installing ${chaincode.packageId}`);
  for (const utility of context.consortium.utilities) await installChaincode(context, utility, chaincode);
  context.report(`definition ${sequence}, approved by all`);
  await define(context, chaincode);
  const { consortium } = state;
  const result = {
    ...state,
    chaincode,
    consortium: { ...consortium, chaincode: { ...consortium.chaincode, version: options.version } },
  };
  await writeState(context.paths, result);
  context.report('restarting the chaincode processes');
  await Promise.all(
    context.ofKind('chaincode').map(async (node) => {
      await stopNode(context, node);
      await startNode(context, node, chaincode);
    }),
  );
  await awaitEndorsable(context.paths, result);
  return result;
}
