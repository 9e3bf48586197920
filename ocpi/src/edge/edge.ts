import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import {
  checkDepth,
  DatabaseUnavailable,
  ServiceError,
  textFaults,
  type Logger,
} from '@roamgrid/service-kit';
import { exactJsonText, parseJsonKeepingNumbers } from '@roamgrid/wire';
import { isSameId, numberOf, VERSIONS, type OcpiDoorVersion } from '../objects/scalars.ts';
import { speaksFor, type Partner } from '../partners/partner.ts';
import { mayUse } from '../partners/uses.ts';
import type { Party } from '../partners/ask.ts';
import type { Counted, PartnerRate } from '../partners/rate.ts';
import { callerOf, noteUse, type Caller } from '../partners/tokens.ts';
import type { Db } from '../store/schema.ts';
import type { Method, OcpiReply, OcpiRoute } from './handler.ts';
import { notFound, OcpiRefusal, refused, STATUS } from './refusal.ts';
import { matchRoute } from './match.ts';

export interface EdgeOptions {
  readonly db: Db;
  readonly routes: readonly OcpiRoute[];
  readonly rate: PartnerRate;
  readonly self: Party;
  /** Origin under which partners reach the door. */
  readonly origin: () => string;
  readonly nowMs: () => number;
  readonly log: Logger;
}

export type OcpiEdge = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const BODY_LIMIT_BYTES = 1024 * 1024;
const ID = /^[\x21-\x7e]{1,64}$/;
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES)
      throw new OcpiRefusal(413, STATUS.clientError, 'a body has at most 1 MiB', { connection: 'close' });
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  const bytes = Buffer.concat(chunks);
  try {
    checkDepth(bytes);
  } catch (thrown) {
    if (thrown instanceof ServiceError) throw new OcpiRefusal(400, STATUS.clientError, thrown.message);
    throw thrown;
  }
  const parsed = parseJsonKeepingNumbers(bytes.toString('utf8'));
  // Spec: OCPI 2.2.1 status_codes: what is no JSON never reached the layer of OCPI.
  if (!parsed.ok) throw new OcpiRefusal(400, STATUS.clientError, 'the body is not JSON');
  const [fault] = textFaults('', parsed.value);
  if (fault !== undefined) throw refused(STATUS.invalid, `${fault.pointer}: ${fault.message}`);
  return parsed.value;
};

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const partyIn = (request: IncomingMessage, side: 'from' | 'to'): Party | undefined => {
  const country = header(request, `ocpi-${side}-country-code`);
  const party = header(request, `ocpi-${side}-party-id`);
  return country === undefined || party === undefined ? undefined : { country, party };
};

/** The certificate that the caller's TLS showed, as SHA-256 in lower-case hex. */
const certificateOf = ({ socket }: IncomingMessage): string | undefined => {
  if (!(socket instanceof TLSSocket)) return undefined;
  return socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
};

const versionIn = (segment: string | undefined): OcpiDoorVersion | undefined =>
  VERSIONS.find((version) => version === segment);

/** Everything between HTTP and the modules. Spec: OCPI 2.2.1 transport_and_format. */
export const createEdge = ({ db, routes, rate, self, origin, nowMs, log }: EdgeOptions): OcpiEdge => {
  const judgeRate = ({ partner }: Caller, of?: Counted): void => {
    const waitS = rate.ask(partner.partnerId, nowMs(), of);
    if (waitS === undefined) return;
    const patience = { 'retry-after': waitS.toString() };
    throw new OcpiRefusal(429, STATUS.clientError, `asked too often: wait ${waitS} s`, patience);
  };

  const authenticate = async (request: IncomingMessage): Promise<Caller> => {
    const caller = await callerOf(db, header(request, 'authorization'), nowMs());
    const bound = caller?.partner.certificateSha256;
    if (caller === undefined || (bound !== undefined && bound !== certificateOf(request))) {
      throw new OcpiRefusal(401, STATUS.clientError, 'the credentials token is not known here', {
        'www-authenticate': 'Token',
      });
    }
    judgeRate(caller);
    return caller;
  };

  const judgeUse = (partner: Partner, module: NonNullable<OcpiRoute['module']>): void => {
    if (!mayUse(partner, module))
      throw new OcpiRefusal(403, STATUS.clientError, `${module.identifier} are not for its roles here`);
  };

  const judgeParties = (caller: Caller, from: Party | undefined, to: Party | undefined): void => {
    if (caller.kind === 'invitation') return;
    if (from !== undefined && !speaksFor(caller.partner, from.country, from.party)) {
      throw new OcpiRefusal(403, STATUS.invalid, 'OCPI-from names a party that is not of this platform');
    }
    if (to !== undefined && !(isSameId(to.country, self.country) && isSameId(to.party, self.party))) {
      throw refused(STATUS.unknownReceiver, 'OCPI-to names a party that is not reached here');
    }
  };

  const answerTo = async (request: IncomingMessage, correlationId: string): Promise<OcpiReply> => {
    const caller = await authenticate(request);
    const url = new URL(request.url ?? '/', 'http://door');
    const [first, second, ...rest] = url.pathname.replace(/\/$/, '').split('/').slice(1);
    if (first !== 'ocpi') throw notFound();
    const method = request.method ?? '';
    const version = versionIn(second);
    const path = second === 'versions' ? ['versions'] : rest;
    if (version === undefined && second !== 'versions') throw notFound('this version is not spoken here');
    const found = METHODS.has(method) ? matchRoute(routes, method as Method, path) : 'wrong-method';
    if (found === undefined) throw notFound();
    if (found === 'wrong-method')
      throw new OcpiRefusal(405, STATUS.clientError, `${method} is not for this address`);
    const { route, params } = found;
    const { partner } = caller;
    const isRegistered = caller.kind === 'access' && partner.state === 'registered';
    if (!isRegistered && route.beforeRegistration !== true)
      throw new OcpiRefusal(401, STATUS.clientError, 'register first: this token is for credentials only');
    if (route.beforeRegistration !== true && version !== partner.version)
      throw notFound(`this platform registered version ${partner.version ?? 'none'}`);
    if (route.isHandshake === true) judgeRate(caller, 'handshakes');
    if (route.module !== undefined) {
      judgeRate(caller, { module: route.module.identifier });
      judgeUse(caller.partner, route.module);
    }
    // A partner looks around with a token that it has not taken yet: only what it does with it says that it keeps it.
    if (route.beforeRegistration !== true) await noteUse(db, caller, nowMs());
    const [from, to] = [partyIn(request, 'from'), partyIn(request, 'to')];
    if (route.module !== undefined) judgeParties(caller, from, to);
    return route.handle({
      caller,
      version: version ?? VERSIONS[0],
      params,
      query: url.searchParams,
      body: method === 'GET' || method === 'DELETE' ? undefined : await readBody(request),
      correlationId,
      from,
      to,
      address: `${origin()}${url.pathname}`,
    });
  };

  const refusalOf = (thrown: unknown, requestId: string): OcpiRefusal => {
    if (thrown instanceof OcpiRefusal) return thrown;
    if (thrown instanceof DatabaseUnavailable)
      return new OcpiRefusal(503, STATUS.serverError, 'not now', { 'retry-after': '2' });
    log.error({ err: thrown, requestId }, 'unforeseen failure');
    return new OcpiRefusal(500, STATUS.serverError, `an unforeseen failure, logged as ${requestId}`);
  };

  return async (request, response) => {
    const given = header(request, 'x-request-id');
    const requestId = given !== undefined && ID.test(given) ? given : randomUUID();
    const correlated = header(request, 'x-correlation-id');
    const correlationId = correlated !== undefined && ID.test(correlated) ? correlated : randomUUID();
    const reply = await answerTo(request, correlationId).catch((thrown: unknown) =>
      refusalOf(thrown, requestId),
    );
    const isRefusal = reply instanceof OcpiRefusal;
    if (isRefusal) log.info({ requestId, status: reply.status, detail: reply.message }, 'refused');
    const [from, to] = [partyIn(request, 'from'), partyIn(request, 'to')];
    const envelope = {
      ...(!isRefusal && reply.data !== undefined && { data: reply.data }),
      status_code: numberOf((isRefusal ? reply.status : STATUS.success).toString()),
      status_message: isRefusal ? reply.message : (reply.message ?? 'Success'),
      timestamp: new Date(nowMs()).toISOString(),
    };
    response.writeHead(reply.httpStatus ?? 200, {
      'content-type': 'application/json',
      ...reply.headers,
      'x-request-id': requestId,
      'x-correlation-id': correlationId,
      // The answer goes the other way. Spec: OCPI 2.2.1 transport_and_format, Message Routing.
      ...(from && { 'ocpi-to-country-code': from.country, 'ocpi-to-party-id': from.party }),
      ...(to && { 'ocpi-from-country-code': to.country, 'ocpi-from-party-id': to.party }),
    });
    response.end(exactJsonText(envelope));
  };
};
