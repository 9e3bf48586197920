import { Agent, request as httpRequest, type ClientRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Outcome } from './outcome.ts';
import { certificateFor, endCertifiedConnections } from './peers-tls.ts';

/** Answers are looked at, not kept. */
const MOST_BYTES = 256 * 1024;

export interface HttpInput {
  readonly method: string;
  /** Path and query, escaped so that HTTP can carry it. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** A connection of its own for what is sent again: a kept one may have been ended by its age at that moment. */
const isStale = (asked: ClientRequest, error: NodeJS.ErrnoException): boolean =>
  asked.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Ends the connections that are kept for the next input. */
export const endConnections = (): void => {
  agent.destroy();
  endCertifiedConnections();
};

/** Send one request as a client would, and wait for the whole answer. */
export const sendHttp = (origin: string, input: HttpInput, boundMs: number, kept = true): Promise<Outcome> =>
  new Promise((resolve) => {
    const { method, path, headers, body } = input;
    let isSilent = false;
    const { hostname, port } = new URL(origin);
    // Said for every method, or Node sends the body of a GET as if it were the next request.
    const framed = body === undefined ? headers : { 'content-length': String(body.length), ...headers };
    const certificate = certificateFor(Number(port));
    const by = kept ? (certificate?.agent ?? agent) : false;
    const ask = certificate === undefined ? httpRequest : httpsRequest;
    const to = { ...certificate?.tls, agent: by, hostname, port, method, path, headers: framed };
    const asked = ask(to, (response) => {
      let told = '';
      response.setEncoding('utf8');
      const done = (): void => {
        clearTimeout(bound);
        const type = response.headers['content-type'] ?? '';
        resolve({ kind: 'answer', status: response.statusCode ?? 0, type, body: told });
      };
      response.on('data', (chunk: string) => {
        told += chunk;
        // Events never end by themselves.
        if (told.length > MOST_BYTES || response.headers['content-type'] === 'text/event-stream') {
          done();
          asked.destroy();
        }
      });
      response.on('end', done);
      response.on('error', done);
    });
    const bound = setTimeout(() => {
      isSilent = true;
      asked.destroy();
      resolve({ kind: 'silent' });
    }, boundMs);
    asked.on('error', (error) => {
      clearTimeout(bound);
      if (isSilent) return;
      if (kept && isStale(asked, error)) resolve(sendHttp(origin, input, boundMs, false));
      else resolve({ kind: 'closed', why: error.message });
    });
    asked.end(body);
  });

const HEAD_END = '\r\n\r\n';

const answerIn = (text: string): Outcome => {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  if (status === undefined) return { kind: 'closed', why: 'no answer' };
  const [head = ''] = text.split(HEAD_END, 1);
  const type = /^content-type: *(.+)$/im.exec(head)?.[1] ?? '';
  const rest = text.slice(head.length + HEAD_END.length);
  // A chunked body of one chunk, or a plain one; what follows is the answer to the next request.
  const body = /transfer-encoding: *chunked/i.test(head) ? rest.replace(/^[0-9a-f]+\r\n/i, '') : rest;
  const length = Number(/^content-length: *(\d+)$/im.exec(head)?.[1] ?? body.lastIndexOf('}') + 1);
  return {
    kind: 'answer',
    status: Number(status),
    type: type.trim(),
    body: Buffer.from(body).subarray(0, length).toString(),
  };
};

/** Send bytes that need not be HTTP, end, and wait for what comes back. */
export const sendBytes = (port: number, bytes: Buffer, boundMs: number): Promise<Outcome> =>
  new Promise((resolve) => {
    const certificate = certificateFor(port);
    const socket =
      certificate === undefined
        ? connect(port, '127.0.0.1')
        : connectTls({ ...certificate.tls, port, host: '127.0.0.1' });
    let told = '';
    const bound = setTimeout(() => {
      socket.destroy();
      resolve({ kind: 'silent' });
    }, boundMs);
    const done = (): void => {
      clearTimeout(bound);
      resolve(answerIn(told));
    };
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      if (told.length < MOST_BYTES) told += chunk;
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.end(bytes);
  });
