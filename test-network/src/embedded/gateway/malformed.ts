/** What no message of its type can be: refused by name, where the gRPC library would call it a fault of this peer. */
import { status } from '@grpc/grpc-js';
import type {
  sendUnaryData,
  Server,
  ServerUnaryCall,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { RpcError, toServiceError } from './errors.ts';

/** Stands for a request whose bytes could not be read. */
class Malformed {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

const refusalOf = ({ path }: Malformed): Error =>
  toServiceError(
    new RpcError(
      status.INVALID_ARGUMENT,
      `the request to ${path} is no message of its type: it cannot be read`,
    ),
  );

/** Reads a message inside a message. */
export function decode<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new RpcError(status.INVALID_ARGUMENT, `${what} cannot be read: send what its definition says`);
  }
}

type Handler = (
  call: ServerUnaryCall<unknown, unknown> & NodeJS.EventEmitter,
  callback?: sendUnaryData<unknown>,
) => void;

/** Adds a service whose handlers get readable requests only. Those that stream requests see to each message themselves. */
export function addService(
  server: Server,
  definition: ServiceDefinition,
  implementation: UntypedServiceImplementation,
): void {
  const readable: Record<string, ServiceDefinition[string]> = {};
  const guarded: Record<string, UntypedHandleCall> = {};
  for (const [name, method] of Object.entries(definition)) {
    const { path, requestDeserialize } = method;
    readable[name] = {
      ...method,
      requestDeserialize: (bytes: Buffer): unknown => {
        try {
          return requestDeserialize(bytes);
        } catch {
          return new Malformed(path);
        }
      },
    };
    const handler = implementation[name] as Handler | undefined;
    if (handler === undefined) continue;
    const guard: Handler = (call, callback) => {
      if (!(call.request instanceof Malformed)) handler(call, callback);
      else if (callback === undefined) call.emit('error', refusalOf(call.request));
      else callback(refusalOf(call.request));
    };
    guarded[name] = (method.requestStream ? handler : guard) as UntypedHandleCall;
  }
  server.addService(readable, guarded);
}
