import { createServer } from 'node:net';
import shim, { type ChaincodeServerOpts } from 'fabric-shim';
import type { ChaincodeInterface } from 'fabric-shim-api';
import { z } from 'zod';
import { removals } from '../../src/guards/removals.ts';
import { Sources } from './sources.ts';

/** Serves variants of the contracts for one organisation; listens at its own address once all of them are served. */

const served = z.array(
  z.strictObject({ removal: z.int().optional(), ccid: z.string(), address: z.string() }),
);
const ENTRY = 'chaincode/scripts/guards/variant.ts';

const sources = new Sources();
for (const { removal, ccid, address } of served.parse(JSON.parse(process.env['GUARD_VARIANTS'] ?? '[]'))) {
  const taken = removal === undefined ? undefined : removals[removal];
  const exports = taken === undefined ? sources.whole(ENTRY) : sources.without(ENTRY, taken);
  const { chaincode } = exports as { chaincode: ChaincodeInterface };
  await shim.Shim.server(chaincode, { ccid, address } as ChaincodeServerOpts).start();
}
const [host = '', port = ''] = (process.env['CHAINCODE_SERVER_ADDRESS'] ?? '').split(':');
createServer().listen(Number(port), host);
