/** How the chaincode service is started in a container: TLS on both sides, towards its own peer alone. */
import { INSIDE, PORTS, tlsFiles } from './settings.ts';

/** `packageId` is the id that `peer lifecycle chaincode queryinstalled` prints, or a variable that holds it. */
export function chaincodeCommand(packageId: string): string[] {
  const tls = tlsFiles(INSIDE.chaincodeTls);
  return [
    'fabric-chaincode-node',
    'server',
    `--chaincode-address=0.0.0.0:${PORTS.chaincode}`,
    `--chaincode-id=${packageId}`,
    `--chaincode-tls-cert-file=${tls.cert}`,
    `--chaincode-tls-key-file=${tls.key}`,
    `--chaincode-tls-client-cacert-file=${tls.rootCert}`,
  ];
}
