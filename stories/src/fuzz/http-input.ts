import { gzipSync } from 'node:zlib';
import type { Dice } from './dice.ts';
import { fitting, type Schema } from './from-schema.ts';
import type { Operation } from './http-operations.ts';
import { hostileText, mutated } from './mutate.ts';
import type { Pool } from './pool.ts';
import type { HttpInput } from './send.ts';

export type Shape = 'valid' | 'near' | 'hostile';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'] as const;
const HEADER_TEXT = /[^\t\x20-\x7e]/g;

/** A text as a client escapes it. */
const escaped = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) =>
      /[\w.~-]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');

interface Parts {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

const drawParts = ({ pathParameters, query, body }: Operation, pool: Pool, dice: Dice): Parts => {
  const drawAll = (schemas: Readonly<Record<string, Schema>>, chance: number) =>
    Object.fromEntries(
      Object.entries(schemas)
        .filter(() => dice.percent(chance))
        .map(([name, schema]) => [name, dice.draw(fitting(schema))]),
    );
  return {
    path: pool.filled(drawAll(pathParameters, 100), dice) as Parts['path'],
    query: pool.filled(drawAll(query, 60), dice) as Parts['query'],
    body: body === undefined ? undefined : pool.filled(dice.draw(fitting(body)), dice),
  };
};

const mutatedParts = (parts: Parts, dice: Dice): Parts => {
  const { path, query, body } = parts;
  const kind = dice.below(body === undefined ? 2 : 6);
  if (kind === 0) {
    const name = dice.pickAny(Object.keys(path));
    return name === undefined ? parts : { ...parts, path: { ...path, [name]: hostileText(dice) } };
  }
  if (kind === 1) return { ...parts, query: mutated(query, dice) as Parts['query'] };
  return { ...parts, body: mutated(body, dice) };
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const addressOf = (operation: Operation, { path, query }: Parts): string => {
  const at = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => escaped(textOf(path[name] ?? 'x')));
  const asked = Object.entries(query).map(([name, value]) => `${escaped(name)}=${escaped(textOf(value))}`);
  const address = asked.length === 0 ? at : `${at}?${asked.join('&')}`;
  // More than fits a request's head is a kind of its own below.
  return address.slice(0, 12_000);
};

const json = { 'content-type': 'application/json' };

/** Bodies that are not what they say. */
const hostileBody = (good: string, dice: Dice): Pick<HttpInput, 'headers' | 'body'> => {
  const kinds: readonly [
    () => Pick<HttpInput, 'headers' | 'body'>,
    ...(() => Pick<HttpInput, 'headers' | 'body'>)[],
  ] = [
    () => ({ headers: json, body: dice.damaged(Buffer.from(good)) }),
    () => ({ headers: json, body: dice.bytes(300) }),
    () => ({ headers: json, body: Buffer.from(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) }),
    () => ({ headers: json, body: Buffer.from(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`) }),
    () => ({ headers: json, body: Buffer.from(`{"a":1e${dice.below(99_999)},"a":${'9'.repeat(3_000)}}`) }),
    () => ({ headers: json, body: Buffer.from(JSON.stringify({ a: 'x'.repeat(300_000) })) }),
    () => ({ headers: json, body: Buffer.from(`\ufeff${good}`) }),
    () => ({ headers: json, body: Buffer.from(good, 'utf16le') }),
    () => ({
      headers: { 'content-type': 'application/json; charset=utf-16' },
      body: Buffer.from(good, 'utf16le'),
    }),
    () => ({
      headers: { 'content-type': hostileText(dice).replaceAll(HEADER_TEXT, '?').slice(0, 4_000) },
      body: Buffer.from(good),
    }),
    () => ({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(escaped(good)),
    }),
    () => ({
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: Buffer.from(`--x\r\n\r\n${good}`),
    }),
    () => ({ headers: { ...json, 'content-encoding': 'gzip' }, body: Buffer.from(good) }),
    () => ({ headers: { ...json, 'content-encoding': 'gzip' }, body: dice.damaged(gzipSync(good)) }),
    () => ({ headers: { ...json, 'content-encoding': 'br' }, body: dice.bytes(40) }),
    () => ({
      headers: { ...json, 'content-encoding': 'gzip' },
      body: gzipSync(Buffer.alloc(3_000_000, 0x20)),
    }),
    () => ({ headers: json, body: undefined }),
  ];
  return dice.pick(kinds)();
};

/** Headers that a service reads, with what it does not expect in them. */
const hostileHeaders = (dice: Dice): Record<string, string> => {
  const name = dice.pick([
    'authorization',
    'dpop',
    'x-request-id',
    'x-forwarded-for',
    'x-forwarded-proto',
    'cookie',
    'origin',
    'accept',
    'accept-encoding',
    'range',
    'if-none-match',
    'expect',
    'host',
    'x-http-method-override',
  ]);
  const text = dice.percent(50) ? hostileText(dice) : dice.bytes(60).toString('latin1');
  return { [name]: text.replaceAll(HEADER_TEXT, '?').slice(0, 9_000) };
};

const hostileAddress = (address: string, dice: Dice): string => {
  const kinds: readonly [() => string, ...(() => string)[]] = [
    () => `${address}/${escaped(hostileText(dice)).slice(0, 9_000)}`,
    () => address.replace(/[^/]+$/, escaped(hostileText(dice)).slice(0, 9_000)),
    () =>
      `/${dice.pick(['..', '.', '%2e%2e', '%2f', '%5c', '%00', '%', '%c3%28', '%u0041', ';', '//'])}${address}`,
    () => `${address}?${escaped(hostileText(dice)).slice(0, 4_000)}`,
    () => `${address}?a=1&a=2&a[b]=3&__proto__[x]=1&constructor=2`,
    () => `/${'a/'.repeat(dice.below(3_000))}`,
    () =>
      `/${dice
        .bytes(30)
        .toString('latin1')
        .replaceAll(/[^\x21-\x7e]/g, '%')}`,
  ];
  return dice.pick(kinds)();
};

/** One request for an operation: as its schemas say, with some places changed, or with what no client sends. */
export const drawHttp = (
  operation: Operation,
  pool: Pool,
  dice: Dice,
): HttpInput & { readonly shape: Shape } => {
  const shape: Shape = dice.pick(['valid', 'valid', 'near', 'near', 'near', 'hostile', 'hostile']);
  const fit = drawParts(operation, pool, dice);
  const parts = shape === 'near' ? mutatedParts(fit, dice) : fit;
  const text = operation.body === undefined ? undefined : JSON.stringify(parts.body);
  const input: HttpInput = {
    method: operation.method,
    path: addressOf(operation, parts),
    headers: text === undefined ? {} : json,
    body: text === undefined ? undefined : Buffer.from(text),
  };
  if (shape !== 'hostile') return { ...input, shape };
  const kinds: readonly [() => HttpInput, ...(() => HttpInput)[]] = [
    () => ({ ...input, ...hostileBody(text ?? '{}', dice) }),
    () => ({ ...input, headers: { ...input.headers, ...hostileHeaders(dice) } }),
    () => ({ ...input, path: hostileAddress(input.path, dice) }),
    () => ({ ...input, method: dice.pick(METHODS) }),
  ];
  return { ...dice.pick(kinds)(), shape };
};

/** Bytes that look like a request, more or less. */
export const drawBytes = (operation: Operation, dice: Dice): Buffer => {
  const head = (...lines: readonly string[]): Buffer =>
    Buffer.from([...lines, '', ''].join('\r\n'), 'latin1');
  const line = `${operation.method} ${operation.path} HTTP/1.1`;
  const host = 'Host: localhost';
  const kinds: readonly [() => Buffer, ...(() => Buffer)[]] = [
    () => dice.bytes(200),
    () => dice.damaged(head(line, host, 'Content-Type: application/json', 'Content-Length: 2', '', '{}')),
    () => head(line),
    () => head(line, host, `X-Long: ${'y'.repeat(20_000)}`),
    () => head(line, host, ...Array.from({ length: 3_000 }, (_, at) => `a${at}: b`)),
    () => head(line, host, 'Content-Length: 5', 'Transfer-Encoding: chunked', '', '0'),
    () => head(line, host, 'Content-Length: 5', 'Content-Length: 6'),
    () => head(line, host, 'Content-Length: 99', '', '{'),
    () => head(line, host, 'Transfer-Encoding: chunked', '', 'zz', 'nonsense'),
    () => head('PRI * HTTP/2.0', '', 'SM'),
    () => head(`${operation.method} ${operation.path} HTTP/9.9`, host),
    () => head('CONNECT other:443 HTTP/1.1', host),
    () => head(`GET http://[::1/ HTTP/1.1`, host),
    () => head(`GET //${'a'.repeat(40)} HTTP/1.1`, host),
    () => head(line, host, 'Expect: nonsense', 'Content-Length: 0'),
    () => head(line, host, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'),
    () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, ...dice.bytes(80)]),
    () => Buffer.concat(Array.from({ length: 20 }, () => head(line, host))),
  ];
  return dice.pick(kinds)();
};
