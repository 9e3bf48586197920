import { constants } from 'node:crypto';
import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createServer as createTls } from 'node:https';
import { isIPv4 } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { knowingWhereTo, refuseBrokenRequests } from './broken-requests.ts';

export interface TlsOptions {
  /** PEM texts. */
  readonly key: string;
  readonly cert: string;
  /** When given, callers need a certificate of this authority. */
  readonly clientCa?: string;
  /** Callers may show a certificate of anybody's; who they are it says only to who knows it. */
  readonly asksForCertificate?: true;
  /** TLS 1.3 alone, and no session is taken up again, so that each connection is judged. */
  readonly isStrict?: true;
  /** Judges each connection, also one whose certificate does not verify (`socket.authorized`); what it does not admit ends unread. */
  readonly admits?: (socket: TLSSocket) => boolean;
}

export interface ListenOptions {
  readonly port?: number;
  readonly host?: string;
  /** Name under which others reach the service. */
  readonly publicHost?: string;
  /** Speaks plain HTTP where other hosts can reach it: behind a proxy that ends TLS, on a network of nobody else's. */
  readonly insecurePlainHttp?: boolean;
}

const LOOPBACK = new Set(['localhost', '::1']);

/** A name or address under which only this host is reached. */
export const isLoopback = (host: string): boolean =>
  LOOPBACK.has(host) || (isIPv4(host) && host.startsWith('127.'));

/** @throws Error for plain HTTP that others could read on the way, unless somebody said that it is meant. */
export const checkTransport = (name: string, host: string, isTls: boolean, isMeant: boolean): void => {
  if (isTls || isMeant || isLoopback(host)) return;
  throw new Error(
    `INSECURE: ${name} would speak plain HTTP at ${host}, where others can read it: give it "tls", or behind a proxy that ` +
      'ends TLS say "insecurePlainHttp": true in "listen"',
  );
};

/** Node would refuse a request without a host by itself, and say nothing. */
const PARSING = { requireHostHeader: false } as const;

const createTlsServer = (listener: RequestListener, tls: TlsOptions): Server => {
  const { key, cert, clientCa, admits } = tls;
  const server = createTls(
    {
      ...PARSING,
      key,
      cert,
      minVersion: tls.isStrict === true ? 'TLSv1.3' : 'TLSv1.2',
      ...(clientCa === undefined
        ? tls.asksForCertificate === true && { requestCert: true, rejectUnauthorized: false }
        : { ca: clientCa, requestCert: true, rejectUnauthorized: admits === undefined }),
      ...(tls.isStrict === true && { secureOptions: constants.SSL_OP_NO_TICKET }),
    },
    listener,
  );
  if (admits !== undefined) {
    // Before HTTP's own listener, which would begin to read.
    server.prependListener('secureConnection', (socket: TLSSocket) => {
      if (!admits(socket)) socket.destroy();
    });
  }
  return server;
};

/** A server with bounds on how long a caller may dawdle. */
export const createHttpServer = (listener: RequestListener, tls: TlsOptions | undefined): Server => {
  const knowing = knowingWhereTo(listener);
  const server = tls === undefined ? createPlain(PARSING, knowing) : createTlsServer(knowing, tls);
  refuseBrokenRequests(server);
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  // Longer than the pause between two requests of a station, so that its connection stays warm.
  server.keepAliveTimeout = 65_000;
  return server;
};
