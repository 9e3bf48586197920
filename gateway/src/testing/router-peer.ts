import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  authorisation,
  bodyHash,
  canonicalText,
  chargeOffer,
  DOCUMENT_TYPE,
  laneOf,
  routeGrant,
  routeRequest,
  signDocument,
  type Authorisation,
  type RouteRequest,
  visitorProfile,
  type VisitorProfile,
} from '@roamgrid/wire';
import { testNow } from './clock.ts';
import { AGREEMENT_ID, ALABAMA, DUKE } from './consortium.ts';
import type { TestKey } from './keys.ts';

/** A request as the router received it. */
export interface RouterRequest {
  readonly path: string;
  readonly authorization: string;
  readonly body: unknown;
}

export type RouterBehaviour = (
  request: RouterRequest,
  response: ServerResponse,
  proper: () => Promise<void>,
) => void | Promise<void>;

/** A router on a real socket that behaves properly, or as a test tells it to; it keeps what it received. */
export interface RouterPeer {
  readonly url: string;
  readonly received: RouterRequest[];
  behaviour: RouterBehaviour | undefined;
  close(): void;
}

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
};

export const json = (response: ServerResponse, status: number, body?: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
};

export const CIN_REF = 'c1'.repeat(32);

/** A yes of Alabama Power's to what was asked. */
export const properGrant = async (
  { offer }: RouteRequest,
  home: TestKey,
  over: Partial<Authorisation> = {},
): Promise<unknown> => {
  const { channel, sessionId } = offer;
  const yes: Authorisation = {
    iss: ALABAMA,
    aud: DUKE,
    channel,
    sessionId,
    offerHash: bodyHash(canonicalText(chargeOffer, { ...offer, agreementId: AGREEMENT_ID })),
    cinRef: CIN_REF,
    service: offer.service,
    evseId: offer.evseId,
    loyalty: 'gold',
    customerClass: 'residential',
    paymentMethod: 'postpaid',
    adjustmentPpm: -50_000n,
    currency: offer.currency,
    limitMicros: 50_000_000n,
    energyLimitWh: offer.requestedEnergyWh,
    issuedAtMs: testNow(),
    validUntilMs: offer.validUntilMs,
    ...over,
  };
  return routeGrant.encode({
    outcome: 'authorised',
    sessionId,
    hun: ALABAMA,
    homeUtilityName: 'Alabama Power',
    agreementId: AGREEMENT_ID,
    authorisedBy: 'home',
    evidence: await signDocument(authorisation, DOCUMENT_TYPE.authorisation, yes, home),
    grant: yes,
    consentUntilMs: offer.validUntilMs,
  });
};

/** A visitor profile of Alabama Power's, which it signed once for a customer. */
export const profileOf = (
  { offer }: RouteRequest,
  profileId: string,
  over: Partial<VisitorProfile> = {},
): VisitorProfile => ({
  iss: ALABAMA,
  aud: DUKE,
  channel: offer.channel,
  profileId,
  laneId: laneOf(offer.sessionId),
  cinRef: CIN_REF,
  service: offer.service,
  whitelist: 'ALLOWED',
  loyalty: 'gold',
  customerClass: 'residential',
  paymentMethod: 'postpaid',
  adjustmentPpm: -50_000n,
  currency: offer.currency,
  perSessionMicros: 50_000_000n,
  exposureMicros: 200_000_000n,
  maxSessions: 1_000,
  validFromMs: testNow() - 60_000, // a swipe may wait long for its answer on a busy machine
  validUntilMs: testNow() + 86_400_000,
  ...over,
});

/** A yes from a kept profile. */
export const profileGrant = async (
  { offer }: RouteRequest,
  home: TestKey,
  profile: VisitorProfile,
): Promise<unknown> =>
  routeGrant.encode({
    outcome: 'authorised',
    sessionId: offer.sessionId,
    hun: ALABAMA,
    homeUtilityName: 'Alabama Power',
    agreementId: AGREEMENT_ID,
    authorisedBy: 'cache',
    evidence: await signDocument(visitorProfile, DOCUMENT_TYPE.profile, profile, home),
    grant: profile,
    consentUntilMs: offer.validUntilMs,
  });

export const startRouterPeer = async (home: TestKey): Promise<RouterPeer> => {
  const received: RouterRequest[] = [];
  const peer: { behaviour: RouterBehaviour | undefined } = { behaviour: undefined };
  const proper = async ({ path, body }: RouterRequest, response: ServerResponse): Promise<void> => {
    if (path === '/router/v1/authorisations') {
      json(response, 200, await properGrant(routeRequest.parse(body), home));
    } else if (path.endsWith('/reports')) {
      const { sequence } = body as { sequence: number };
      json(response, 200, { sequence, command: 'continue', delivered: true });
    } else if (path.endsWith('/cdr')) json(response, 202);
    else json(response, 204);
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then(async (body) => {
      const seen = { path: request.url ?? '', authorization: request.headers.authorization ?? '', body };
      received.push(seen);
      const answer = () => proper(seen, response);
      await (peer.behaviour === undefined ? answer() : peer.behaviour(seen, response, answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(peer, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
};
