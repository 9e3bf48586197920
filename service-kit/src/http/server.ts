import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createServer as createTls } from 'node:https';
import { isIPv4 } from 'node:net';
import { knowingWhereTo, refuseBrokenRequests } from './broken-requests.ts';

export interface TlsOptions {
  /** PEM texts. */
  readonly key: string;
  readonly cert: string;
  /** When given, callers need a certificate of this authority. */
  readonly clientCa?: string;
  /** Callers may show a certificate of anybody's; who they are it says only to who knows it. */
  readonly asksForCertificate?: true;
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

/** A server with bounds on how long a caller may dawdle. */
export const createHttpServer = (listener: RequestListener, tls: TlsOptions | undefined): Server => {
  const server =
    tls === undefined
      ? createPlain(PARSING, knowingWhereTo(listener))
      : createTls(
          {
            ...PARSING,
            key: tls.key,
            cert: tls.cert,
            minVersion: 'TLSv1.2',
            ...(tls.clientCa === undefined
              ? tls.asksForCertificate === true && { requestCert: true, rejectUnauthorized: false }
              : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
          },
          knowingWhereTo(listener),
        );
  refuseBrokenRequests(server);
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  // Longer than the pause between two requests of a station, so that its connection stays warm.
  server.keepAliveTimeout = 65_000;
  return server;
};
