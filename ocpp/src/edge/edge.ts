import { createServer as createPlain, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '@roamgrid/service-kit';
import type { Registry } from 'prom-client';
import type { StationDesk } from '../model/station-desk.ts';
import { dialect16 } from '../v16/dialect.ts';
import { dialect2, dialect21 } from '../v2/dialect.ts';
import { admit, REFUSALS, stationIdOf, type RefusalCode } from './admit.ts';
import { answerCalls } from './answer-calls.ts';
import type { Credential, EdgeSettings } from './config.ts';
import { createFewAtOnce } from './few-at-once.ts';
import { learnAbilities } from './learn-abilities.ts';
import type { Dialect } from './heard.ts';
import { LiveStations } from './live-stations.ts';
import { createEdgeMetrics } from './metrics.ts';
import { createPasswordCheck } from './password.ts';
import { createRefusals } from './refusals.ts';
import { createRpcServer, SUBPROTOCOLS, type RpcPeer, type Subprotocol } from './rpc.ts';
import { StationNotes } from './station-notes.ts';
import { createStationSocket } from './station-socket.ts';
import { createTurns } from './turns.ts';

export interface EdgeOptions {
  readonly settings: EdgeSettings;
  readonly credentialOf: (stationId: string) => Credential | undefined;
  readonly registry: Registry;
  readonly log: Logger;
  readonly nowMs: () => number;
}

/** Where stations are connected. */
export interface Edge {
  readonly live: LiveStations;
  readonly notes: StationNotes;
  /** Takes stations, and tells the desk what they say. Gives the address that they connect to, without their id. */
  listen(desk: StationDesk): Promise<string>;
  close(): Promise<void>;
}

const DIALECTS: Readonly<Record<Subprotocol, Dialect>> = {
  'ocpp2.1': dialect21,
  'ocpp2.0.1': dialect2,
  'ocpp1.6': dialect16,
};

/** Spec: RFC 6455 §7.4.1. */
const PROTOCOL_ERROR = 1_002;
const GOING_AWAY = 1_001;
const MS_PER_S = 1_000;
/** Half of the threads that Node has for such work. */
const DERIVATIONS_AT_ONCE = 2;

interface Session {
  readonly stationId: string;
  readonly address: string;
  readonly cut: () => void;
}

const createListener = ({ tls, insecurePlainTransport }: EdgeSettings): Server => {
  if (tls !== undefined) {
    const { key, cert, stationCa } = tls;
    // Who shows no certificate, or an unknown one, is refused by the answer that all get, and counted.
    const asked =
      stationCa === undefined ? {} : { ca: stationCa, requestCert: true, rejectUnauthorized: false };
    return createTls({ key, cert, minVersion: 'TLSv1.2', ...asked });
  }
  if (insecurePlainTransport) return createPlain();
  throw new Error(
    'INSECURE: stations would send their passwords in plain text: give "edge" a "tls", or say "insecurePlainTransport": true ' +
      'where the line is nobody else’s',
  );
};

const refuse = (socket: Duplex, code: RefusalCode): void => {
  const { status, text } = REFUSALS[code];
  socket.end(
    `HTTP/1.1 ${status} refused\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`,
  );
};

/** The endpoint to which stations connect. Spec: OCPP-J 1.6 §3, OCPP 2.0.1 part 4 §3. */
export const createEdge = ({ settings, credentialOf, registry, log, nowMs }: EdgeOptions): Edge => {
  const { limits, times, path } = settings;
  const live = new LiveStations();
  const notes = new StationNotes();
  const metrics = createEdgeMetrics(registry, live);
  const turns = createTurns(limits.callsWaiting);
  const server = createListener(settings);
  const rpc = createRpcServer({
    messageBytes: limits.messageBytes,
    pingMs: times.ping,
    badMessages: limits.badMessages,
  });
  const admission = {
    credentialOf,
    passwords: createPasswordCheck(),
    fewAtOnce: createFewAtOnce(DERIVATIONS_AT_ONCE),
    refusals: createRefusals(settings.refusals, nowMs),
  };
  const addressOf = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? 'unknown';
  const countRefusal = (code: RefusalCode, address: string): void => {
    metrics.refused.inc({ reason: code });
    log.info({ code, address }, 'a station was refused');
  };

  let proving = 0;
  /** A station that comes back takes the place of its old socket. */
  const isFull = (stationId: string): boolean =>
    proving > limits.connections || (live.count >= limits.connections && live.of(stationId) === undefined);

  rpc.auth(async (accept, reject, { request, protocols, password }) => {
    const stationId = stationIdOf(request.url, path) ?? '';
    const address = addressOf(request);
    proving += 1;
    const fault = isFull(stationId)
      ? 'TOO_MANY_CONNECTIONS'
      : await admit(admission, { request, stationId, address, password });
    proving -= 1;
    if (fault !== undefined) {
      countRefusal(fault, address);
      reject(REFUSALS[fault].status, REFUSALS[fault].text);
      return;
    }
    const session: Session = { stationId, address, cut: () => request.socket.destroy() };
    accept(session, SUBPROTOCOLS.find((one) => protocols.has(one)) ?? false);
  });

  const take = (peer: RpcPeer, desk: StationDesk): void => {
    const { stationId, address, cut } = peer.session as Session;
    const protocol = SUBPROTOCOLS.find((one) => one === peer.protocol);
    const socket = createStationSocket(peer, {
      ...{ stationId, address, cut, log, sinceMs: nowMs(), callMs: times.command },
      protocol: protocol ?? 'ocpp1.6',
      callsWaiting: limits.commandsWaiting,
    });
    if (protocol === undefined) {
      // Spec: OCPP-J 1.6 §3.1.2: the handshake is completed without a subprotocol, then closed.
      socket.close(PROTOCOL_ERROR, `this speaks ${SUBPROTOCOLS.join(', ')} alone`);
      return;
    }
    const heartbeatS = Math.ceil(times.heartbeat / MS_PER_S);
    const around = { stationId, desk, notes, heartbeatS, abilities: () => socket.known.abilities };
    const afterAnswer = learnAbilities(socket, log);
    answerCalls(peer, {
      dialect: DIALECTS[protocol],
      around,
      limits,
      turns,
      metrics,
      nowMs,
      log,
      afterAnswer,
    });
    live.add(socket);
    log.info({ stationId, protocol, address }, 'a station is connected');
    peer.once('close', () => {
      live.remove(socket);
      log.info({ stationId }, 'a station is gone');
    });
  };

  return {
    live,
    notes,
    async listen(desk) {
      rpc.on('client', (peer) => {
        take(peer, desk);
      });
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        socket.on('error', (error) => {
          log.debug({ err: error }, 'a connection broke');
        });
        // The library decodes the address without a guard of its own: only what is an address here reaches it.
        if (stationIdOf(request.url, path) === undefined) {
          countRefusal('PATH_UNKNOWN', addressOf(request));
          refuse(socket, 'PATH_UNKNOWN');
          return;
        }
        rpc.handleUpgrade(request, socket, head).catch((thrown: unknown) => {
          log.warn({ err: thrown }, 'an upgrade failed');
          socket.destroy();
        });
      });
      server.on('request', (_request, response) => {
        response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket' });
        response.end('stations connect here by WebSocket');
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(settings.port, settings.host, resolve);
      });
      const { port } = server.address() as AddressInfo;
      return `${settings.tls === undefined ? 'ws' : 'wss'}://${settings.host}:${port}${path}`;
    },
    async close() {
      for (const socket of live.all()) socket.close(GOING_AWAY, 'the service ends');
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      await rpc.close({ code: GOING_AWAY, reason: 'the service ends' });
      server.closeIdleConnections();
      await closed;
    },
  };
};
