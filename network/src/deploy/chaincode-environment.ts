/** What the chaincode service reads in a container: TLS on both sides, towards its own peer alone. */
import type { Organisation } from '../consortium/schema.ts';
import { INSIDE, PORTS, tlsFiles } from './settings.ts';

/** The package id comes besides, as {@link PACKAGE_ID_VARIABLE}. */
export function chaincodeEnvironment({ mspId }: Organisation): Record<string, string> {
  const tls = tlsFiles(INSIDE.chaincodeTls);
  return {
    NODE_ENV: 'production',
    CORE_PEER_LOCALMSPID: mspId,
    CHAINCODE_SERVER_ADDRESS: `0.0.0.0:${PORTS.chaincode}`,
    CHAINCODE_TLS_CERT_FILE: tls.cert,
    CHAINCODE_TLS_KEY_FILE: tls.key,
    CHAINCODE_TLS_CLIENT_CACERT_FILE: tls.rootCert,
  };
}

/** Holds the id that `peer lifecycle chaincode queryinstalled` prints. */
export const PACKAGE_ID_VARIABLE = 'CORE_CHAINCODE_ID_NAME';
