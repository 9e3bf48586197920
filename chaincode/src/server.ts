import { missingCurves } from '@roamgrid/wire';
import shim, { type ChaincodeServerOpts } from 'fabric-shim';
import { makeChaincode } from './chaincode.ts';
import { clockSwitchIn } from './clock-switch.ts';
import { endorsementClock, peerTakesBatches } from './context/index.ts';
import { readServerOptions } from './server-options.ts';

/** Chaincode as a service: listens, and peers connect to it. Environment: see `server-options.ts`. */
// check-allow surroundings: where the server listens is each organisation's own; no contract sees it
const options = readServerOptions(process.env);
const missing = missingCurves();
if (missing.length > 0) {
  // Its endorsements would differ from the others' at the first meter that signs on one of them.
  process.stderr.write(
    `CURVES_MISSING: this Node cannot verify on ${missing.join(', ')}: take one that is built with its own OpenSSL\n`,
  );
  process.exitCode = 2;
} else if (options.ok) {
  const { ccid, address, clockSwitchFile } = options.value;
  peerTakesBatches(options.value.peerTakesBatches);
  if (clockSwitchFile !== undefined) endorsementClock.obey(clockSwitchIn(clockSwitchFile));
  // The shim's types demand tlsProps; its code, like its documentation, takes their absence as "no TLS".
  const server = shim.Shim.server(makeChaincode(), options.value as ChaincodeServerOpts);
  server.start().then(
    () => {
      process.stdout.write(`chaincode ${ccid} listens on ${address}\n`);
      if (endorsementClock.state === 'simulated')
        process.stdout.write(
          `it signs proposals of any time while ${clockSwitchFile ?? ''} says "simulated"\n`,
        );
    },
    (error: unknown) => {
      process.stderr.write(`chaincode ${ccid} cannot listen on ${address}: ${String(error)}\n`);
      process.exitCode = 1;
    },
  );
} else {
  process.stderr.write(`${options.error.code}: ${options.error.message}\n`);
  process.exitCode = 2;
}
