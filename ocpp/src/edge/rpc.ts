import { createRequire } from 'node:module';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createRPCError, createValidator, RPCServer } from 'ocpp-rpc';
import type { OcppFault } from './fault.ts';

/** The library’s side of a socket, as far as it is used here: its own types leave most of it open. */
export interface RpcPeer {
  /** Empty when no subprotocol was agreed. */
  readonly protocol: string;
  readonly session: unknown;
  handle(action: string, answer: (call: { readonly params: never }) => Promise<object>): void;
  call(action: string, payload: object, options: { readonly callTimeoutMs: number }): Promise<unknown>;
  close(how: {
    readonly code?: number;
    readonly reason?: string;
    readonly force?: boolean;
  }): Promise<unknown>;
  once(event: 'close', hear: () => void): unknown;
  on(event: 'badMessage', hear: () => void): unknown;
  on(event: 'strictValidationFailure', hear: (failure: ValidationFailure) => void): unknown;
}

export interface ValidationFailure {
  readonly method: string;
  readonly outbound: boolean;
  readonly error: Error;
}

export interface Handshake {
  readonly protocols: ReadonlySet<string>;
  readonly password?: Buffer;
  readonly request: IncomingMessage;
}

export interface RpcServer {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  auth(
    decide: (
      accept: (session: object, protocol?: string | false) => void,
      reject: (status: number, text: string) => void,
      handshake: Handshake,
    ) => Promise<void>,
  ): void;
  on(event: 'client', hear: (peer: RpcPeer) => void): unknown;
  close(how: { readonly code: number; readonly reason: string }): Promise<void>;
}

/** Newest first: of what a station offers, the first of these is spoken. */
export const SUBPROTOCOLS = ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'] as const;
export type Subprotocol = (typeof SUBPROTOCOLS)[number];

const require = createRequire(import.meta.url);

type Schema = Readonly<Record<string, unknown>>;

/** Without `additionalProperties` where there are no properties: the library’s validator complains of each on the console. */
const quiet = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(quiet);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { additionalProperties, ...rest } = schema as Schema;
  const kept = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, quiet(value)]));
  return rest['type'] === 'string' || additionalProperties === undefined
    ? kept
    : { ...kept, additionalProperties };
};

/**
 * The library looks its schemas up as `urn:<action>.req`; those of 2.1 that it ships are named `urn:<action>Request`, so that as it
 * is it refuses every call of 2.1.
 */
const makeValidatorOf21 = (): ReturnType<typeof createValidator> => {
  const shipped = require('ocpp-rpc/lib/schemas/ocpp2_1.json') as readonly { readonly $id: string }[];
  const named = shipped.map((schema) => ({
    ...(quiet(schema) as Schema),
    $id: schema.$id.replace(/Request$/, '.req').replace(/Response$/, '.conf'),
  }));
  return createValidator('ocpp2.1', named);
};

let made: ReturnType<typeof createValidator> | undefined;
/** One for all sockets of the process. */
export const validatorOf21 = (): ReturnType<typeof createValidator> => (made ??= makeValidatorOf21());

export interface RpcLimits {
  readonly messageBytes: number;
  readonly pingMs: number;
  /** So many in a row that are no messages end a socket. */
  readonly badMessages: number;
}

export const createRpcServer = (limits: RpcLimits): RpcServer =>
  new RPCServer({
    protocols: [...SUBPROTOCOLS],
    strictMode: true,
    strictModeValidators: [validatorOf21()],
    pingIntervalMs: limits.pingMs,
    maxBadMessages: limits.badMessages,
    wssOptions: { maxPayload: limits.messageBytes },
  }) as unknown as RpcServer;

/** The fault as the library wants it thrown. */
export const rpcFault = ({ code, message }: OcppFault): Error =>
  createRPCError(code, message) as unknown as Error;
