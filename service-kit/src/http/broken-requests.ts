import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_MEDIA_TYPE, type Problem } from '@roamgrid/wire';

type Refusal = Pick<Problem, 'status' | 'code' | 'title' | 'detail'>;

const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'HEADERS_TOO_LARGE',
    title: 'The request headers are too large',
    detail: 'address and headers together may have 16 KiB',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'REQUEST_TIMEOUT',
    title: 'The request did not come to its end in time',
    detail: 'send headers within 10 and the body within 30 seconds',
  },
};

const MALFORMED: Refusal = {
  status: 400,
  code: 'INVALID_REQUEST',
  title: 'The request does not match its schema',
  detail: 'this is not HTTP/1.1',
};

const NO_ADDRESS: Refusal = { ...MALFORMED, detail: 'what is asked for is no address' };

const NO_HOST: Refusal = { ...MALFORMED, detail: 'the header Host names no host and port' };

/** A name or address with a port or without. What has none at all is refused in words of its own. Spec: RFC 9112 §3.2. */
const isHost = (host: string): boolean => /^[^\s/?#@\\]+$/.test(host) && URL.canParse(`http://${host}`);

/** The host that was asked, and the one that a proxy was asked for. */
const hostsOf = ({ headers }: IncomingMessage): readonly string[] =>
  [headers.host, headers['x-forwarded-host']]
    .flat()
    .flatMap((value) => (value === undefined ? [] : [(value.split(',')[0] ?? '').trim()]));

const NO_TUNNEL: Refusal = {
  status: 405,
  code: 'INVALID_REQUEST',
  title: 'The request does not match its schema',
  detail: 'this is no proxy',
};

const NO_EXPECTATION: Refusal = {
  status: 417,
  code: 'INVALID_REQUEST',
  title: 'The request does not match its schema',
  detail: 'the only expectation known here is 100-continue',
};

const bodyOf = (refusal: Refusal): string => JSON.stringify({ type: 'about:blank', ...refusal });

const answerWith = (response: ServerResponse, refusal: Refusal): void => {
  response
    .writeHead(refusal.status, { 'content-type': PROBLEM_MEDIA_TYPE, connection: 'close' })
    .end(bodyOf(refusal));
};

/**
 * Express passes by all of its handlers when it cannot read where a request goes, and an OpenID provider that makes addresses of
 * the host it was asked at fails where that is none. Spec: RFC 9112 §3.2.
 */
export const knowingWhereTo =
  (listener: RequestListener): RequestListener =>
  (request, response) => {
    const target = request.url ?? '';
    if (!target.startsWith('/') && !URL.canParse(target)) answerWith(response, NO_ADDRESS);
    else if (hostsOf(request).some((host) => !isHost(host))) answerWith(response, NO_HOST);
    else listener(request, response);
  };

const endWith = (socket: Duplex, refusal: Refusal): void => {
  const body = bodyOf(refusal);
  socket.end(
    [
      `HTTP/1.1 ${refusal.status} ${refusal.title}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
};

/** What never becomes a request for Express is refused in the same form as all else, and its connection ended. */
export const refuseBrokenRequests = (server: Server): void => {
  const answering = new WeakMap<Duplex, number>();
  const count = (socket: Duplex, change: number): void => {
    answering.set(socket, (answering.get(socket) ?? 0) + change);
  };
  server.on('request', ({ socket }, response) => {
    count(socket, 1);
    response.once('close', () => {
      count(socket, -1);
    });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // What follows a request that is being answered must not be answered in the middle of it.
    if (error.code === 'ECONNRESET' || !socket.writable || (answering.get(socket) ?? 0) > 0) {
      socket.destroy();
      return;
    }
    endWith(socket, REFUSALS[error.code ?? ''] ?? MALFORMED);
  });
  server.on('connect', (_request, socket) => {
    endWith(socket, NO_TUNNEL);
  });
  server.on('checkExpectation', (_request, response) => {
    answerWith(response, NO_EXPECTATION);
  });
};
