/** The gRPC server of one organisation's peer: gateway, endorser, block delivery; what is not modelled says so. */
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type {
  sendUnaryData,
  ServerUnaryCall,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { discovery, gateway, gossip, orderer, peer } from '@hyperledger/fabric-protos';
import '@roamgrid/wire/protobuf';
import type { LimitsConfig } from './config.ts';
import type { Channel } from './channel.ts';
import { DeliverService } from './deliver/service.ts';
import { endorserImplementation } from './endorser/service.ts';
import { GatewayService } from './gateway/service.ts';
import type { GatewayParts } from './gateway/service.ts';
import { addService } from './gateway/malformed.ts';
import { NOT_MODELLED, RpcError, toServiceError } from './gateway/errors.ts';
import type { OrganizationMaterial } from './identity/material.ts';

const UNMODELLED: readonly ServiceDefinition[] = [
  discovery.DiscoveryService,
  gossip.GossipService,
  orderer.AtomicBroadcastService,
  peer.SnapshotService,
];

/** Every method of a service answers UNIMPLEMENTED with its name. */
function refusal(service: ServiceDefinition): UntypedServiceImplementation {
  const entries = Object.entries(service).map(([name, { path, responseStream }]) => {
    const error = (): Error => toServiceError(new RpcError(status.UNIMPLEMENTED, `${path} ${NOT_MODELLED}`));
    const unary = (_: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>): void => {
      callback(error());
    };
    const streaming = (call: NodeJS.EventEmitter): void => {
      call.emit('error', error());
    };
    return [name, responseStream ? streaming : unary] as const;
  });
  return Object.fromEntries(entries);
}

export class PeerServer {
  readonly #server: Server;
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Binds to the port (0: a free one) on the loopback interface. */
  static async start(
    material: OrganizationMaterial,
    port: number,
    parts: Omit<GatewayParts, 'mspId'>,
    limits: LimitsConfig,
    channels: ReadonlyMap<string, Channel>,
  ): Promise<PeerServer> {
    const server = new Server({
      'grpc.max_receive_message_length': limits.maxMessageBytes,
      'grpc.max_send_message_length': limits.maxMessageBytes,
    });
    const { mspId } = material;
    addService(server, gateway.GatewayService, new GatewayService({ ...parts, mspId }).implementation);
    addService(server, peer.DeliverService, new DeliverService(mspId, channels).implementation);
    addService(server, peer.EndorserService, endorserImplementation(mspId, channels));
    for (const service of UNMODELLED) addService(server, service, refusal(service));
    const credentials = ServerCredentials.createSsl(null, [
      {
        private_key: Buffer.from(material.peerTls.privateKeyPem),
        cert_chain: Buffer.from(material.peerTls.certificatePem),
      },
    ]);
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${port}`, credentials, (error, chosen) => {
        if (error === null) resolve(chosen);
        else reject(error);
      });
    });
    return new PeerServer(server, bound);
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}
