/** `core.yaml` and `orderer.yaml` as nodes in containers read them. */
import type { Consortium, Organisation } from '../consortium/schema.ts';
import { ordererConfigYaml } from '../node/orderer-config.ts';
import { peerConfigYaml } from '../node/peer-config.ts';
import { INSIDE, peerHost, PORTS, tlsFiles } from './settings.ts';

export const containerPeerYaml = (consortium: Consortium, organisation: Organisation): string =>
  peerConfigYaml(consortium, {
    id: peerHost(organisation),
    mspId: organisation.mspId,
    mspDir: INSIDE.msp,
    dataDir: INSIDE.data,
    listen: `0.0.0.0:${PORTS.peer}`,
    externalAddress: `${peerHost(organisation)}:${PORTS.peer}`,
    chaincodeListen: `127.0.0.1:${PORTS.peerChaincode}`,
    operationsListen: `0.0.0.0:${PORTS.operations}`,
    tls: tlsFiles(INSIDE.tls),
    builderDir: INSIDE.builder,
  });

export const containerOrdererYaml = (organisation: Organisation): string =>
  ordererConfigYaml({
    fabric: '3',
    mspId: organisation.mspId,
    mspDir: INSIDE.msp,
    dataDir: INSIDE.data,
    listenHost: '0.0.0.0',
    listenPort: PORTS.orderer,
    adminListen: `0.0.0.0:${PORTS.ordererAdmin}`,
    operationsListen: `0.0.0.0:${PORTS.operations}`,
    tls: tlsFiles(INSIDE.tls),
  });
