import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { bearerToken, kitError, type Auth } from '@roamgrid/service-kit';
import { z } from 'zod';

/** Who may ask a VTN: business logic, which runs programs, or a VEN, which follows them. */
export const openAdrClient = z.strictObject({
  clientId: z.string().min(1).max(128),
  /** At least 32 characters: it is guessed at from outside. */
  secret: z.string().min(32).max(4_096),
  role: z.enum(['business-logic', 'ven']),
});
export type OpenAdrClient = z.output<typeof openAdrClient>;

/** Spec: OpenADR 3.1.0, openadr3.yaml, securitySchemes. */
const SCOPES: Readonly<Record<OpenAdrClient['role'], readonly string[]>> = {
  'business-logic': ['read_all', 'write_programs', 'write_events', 'write_subscriptions', 'write_vens'],
  ven: ['read_targets', 'read_ven_objects', 'write_reports', 'write_subscriptions', 'write_vens'],
};

const VALID_S = 3_600;
const MOST_TOKENS = 10_000;

export interface GivenToken {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Tokens of this run of the service: after a start anew clients ask for others. Spec: RFC 6749 §4.4. */
export class Tokens {
  readonly #clients: ReadonlyMap<string, OpenAdrClient>;
  readonly #nowMs: () => number;
  /** By digest; oldest first. */
  readonly #given = new Map<string, { readonly client: OpenAdrClient; readonly untilMs: number }>();

  constructor(clients: readonly OpenAdrClient[], nowMs: () => number) {
    this.#clients = new Map(clients.map((client) => [client.clientId, client]));
    this.#nowMs = nowMs;
  }

  /** @returns undefined for a client or secret that is not known. */
  give(clientId: string, secret: string): GivenToken | undefined {
    const client = this.#clients.get(clientId);
    // Compared all the same, so that the time tells nobody which ids there are.
    const isRight = timingSafeEqual(digest(secret), digest(client?.secret ?? ''));
    if (client === undefined || !isRight) return undefined;
    const token = randomBytes(32).toString('base64url');
    for (const [known, { untilMs }] of this.#given) {
      if (untilMs > this.#nowMs() && this.#given.size < MOST_TOKENS) break;
      this.#given.delete(known);
    }
    this.#given.set(digest(token).toString('hex'), { client, untilMs: this.#nowMs() + VALID_S * 1_000 });
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: VALID_S,
      scope: SCOPES[client.role].join(' '),
    };
  }

  /** Routes for clients in one of the roles. */
  auth(...roles: readonly OpenAdrClient['role'][]): Auth<OpenAdrClient> {
    return {
      schemeName: 'openAdrToken',
      scheme: { type: 'http', scheme: 'bearer', description: 'A token of POST /openadr3/3.1.0/auth/token.' },
      authenticate: ({ headers }) => {
        const given = this.#given.get(digest(bearerToken(headers.authorization)).toString('hex'));
        if (given === undefined || given.untilMs <= this.#nowMs())
          throw kitError('UNAUTHENTICATED', 'the token is not known here, or over: get another one');
        if (!roles.includes(given.client.role))
          throw kitError('FORBIDDEN', `this is for ${roles.join(' and ')}, not for ${given.client.role}`);
        return Promise.resolve(given.client);
      },
    };
  }
}
