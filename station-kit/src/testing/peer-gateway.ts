import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GATEWAY_TIME_HEADER } from '@roamgrid/wire';

/** A request as the gateway received it. */
export interface Received {
  readonly path: string;
  readonly authorization: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

export type Answer = { status: number; body: unknown } | 'drop-after-receiving';

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>;
}

/** A gateway peer on a real socket that answers as it is told and keeps what it received. */
export async function peerGateway(
  answer: (received: Received, earlier: readonly Received[]) => Answer,
  headers: () => Readonly<Record<string, string>> = () => ({ [GATEWAY_TIME_HEADER]: Date.now().toString() }),
) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { authorization = '' } = request.headers;
      const seen = { path: request.url ?? '', authorization, headers: request.headers, body };
      const told = answer(seen, [...received]);
      received.push(seen);
      if (told === 'drop-after-receiving') {
        request.socket.destroy();
        return;
      }
      response
        .writeHead(told.status, { 'content-type': 'application/json', ...headers() })
        .end(JSON.stringify(told.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const SESSION_ID = 'USDUK-USALP-g0-1';
const HASH = 'ab'.repeat(32);

/** An offer in wire form for 10 kWh with a 4 USD cap. */
export const offerBody = {
  outcome: 'offer',
  quote: {
    channel: 'roaming',
    sessionId: SESSION_ID,
    vun: 'USDUK',
    hun: 'USALP',
    agreementId: 'a1',
    stationId: 'st1',
    evseId: 'US*DUK*E1*1',
    tariffId: 't1',
    tariffVersion: 1,
    adjustmentPpm: '0',
    currency: 'USD',
    requestedEnergyWh: '10000',
    plannedMs: 3_600_000,
    estimateMicros: '3000000',
    capMicros: '4000000',
    zoneOffsets: [{ fromMs: 0, offsetMinutes: -300 }],
    issuedAtMs: 1_700_000_000_000,
    validUntilMs: 1_700_000_300_000,
  },
  quoteHash: HASH,
  signedQuote: 'a.b.c',
  authorisedBy: 'home',
  service: 'charging',
  homeUtilityName: 'Alabama Power',
  loyalty: 'gold',
  lines: [],
  taxMicros: '0',
};

export const billBody = {
  sessionId: SESSION_ID,
  homeUtilityName: 'Alabama Power',
  startMs: 1_700_000_000_000,
  endMs: 1_700_003_600_000,
  energyWh: '10000',
  meteredBy: 'meter',
  currency: 'USD',
  lines: [],
  netMicros: '3000000',
  taxMicros: '0',
  totalMicros: '3000000',
  driverShareMicros: '0',
  endReason: 'limit',
  consentBy: 'station',
  ledger: 'queued',
};

export const startBody = (energyLimitWh: string) => ({
  sessionId: SESSION_ID,
  state: 'charging',
  energyLimitWh,
  capMicros: '4000000',
  reportEveryMs: 300_000,
});
