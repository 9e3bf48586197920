import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  call,
  createLogger,
  createService,
  publicAuth,
  reply,
  route,
  ServiceError,
  withKitProblems,
  type Service,
} from '@roamgrid/service-kit';
import { envelope, isSignedBy, signEnvelope, type Envelope } from './envelope.ts';
import type { CommunityRegister } from './register.ts';

const PATH = '/community/v1/messages';
/** More than an agreement has: a house cannot fill another's memory. */
const MOST_KEPT = 128;

const postProblems = withKitProblems({
  SENDER_UNKNOWN: { status: 403, title: 'This message is not signed by a house of the community' },
  MESSAGE_OLD: { status: 409, title: 'This message is of an agreement that is over' },
  TOO_MANY: { status: 429, title: 'This house has sent more than an agreement needs' },
});

export interface PostParts {
  readonly houseId: string;
  readonly key: KeyObject;
  readonly register: CommunityRegister;
}

type Addressed = Pick<Envelope, 'agreement' | 'session' | 'phase'>;
const slotOf = ({ agreement, session, phase }: Addressed, from: string): string =>
  JSON.stringify([agreement, session, phase, from]);

/** A house's letter box: signed messages of the other houses, each kept until it is read or its agreement is over. */
export class Post {
  readonly #parts: PostParts;
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #kept = new Map<string, Envelope>();
  readonly #awaited = new Map<string, (message: Envelope) => void>();
  readonly #service: Service;
  #overUntil = -1;

  constructor(parts: PostParts) {
    this.#parts = parts;
    this.#keys = new Map(
      parts.register.members.map(({ houseId, publicKey }) => [
        houseId,
        createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' }),
      ]),
    );
    this.#service = createService({
      name: 'community',
      version: '0.1.0',
      logger: createLogger(`community-${parts.houseId}`, { level: 'error' }),
      problems: postProblems,
      rateLimit: { windowMs: 60_000, requests: 100_000 },
    });
    this.#service.addRoutes([
      route({
        ...{ method: 'post', path: PATH, auth: publicAuth },
        summary: 'A signed message of another house of the community',
        body: envelope,
        bodyLimitBytes: 4_000_000,
        answers: { 204: null },
        problems: ['SENDER_UNKNOWN', 'MESSAGE_OLD', 'TOO_MANY'],
        handler: ({ body }) => {
          this.#take(body);
          return Promise.resolve(reply(204));
        },
      }),
    ]);
  }

  listen(port: number): Promise<string> {
    return this.#service.listen({ port, host: '127.0.0.1' });
  }

  close(): Promise<void> {
    return this.#service.close(0);
  }

  /** Sends, and says whether it arrived. */
  async send(to: string, message: Addressed, body: Uint8Array, timeoutMs: number): Promise<boolean> {
    const { houseId: from, key, register } = this.#parts;
    const url = register.members.find(({ houseId }) => houseId === to)?.url;
    if (url === undefined) return false;
    const unsigned = { ...message, from, to, body: Buffer.from(body).toString('base64') };
    const sent = { method: 'POST', url: url + PATH, body: signEnvelope(unsigned, key), timeoutMs } as const;
    return (await call(sent)).ok;
  }

  /** The message of a house, or undefined when it has not come in time. */
  receive(message: Addressed, from: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const slot = slotOf(message, from);
    const kept = this.#kept.get(slot);
    if (kept !== undefined) return Promise.resolve(Buffer.from(kept.body, 'base64'));
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const done = (body: Uint8Array | undefined): void => {
        this.#awaited.delete(slot);
        signal.removeEventListener('abort', late);
        resolve(body);
      };
      const late = (): void => done(undefined);
      signal.addEventListener('abort', late);
      this.#awaited.set(slot, ({ body }) => done(Buffer.from(body, 'base64')));
    });
  }

  /** What comes of this agreement and of earlier ones is refused from now on. */
  endOf(agreement: number): void {
    this.#overUntil = Math.max(this.#overUntil, agreement);
    for (const [slot, message] of this.#kept)
      if (message.agreement <= this.#overUntil) this.#kept.delete(slot);
  }

  #take(message: Envelope): void {
    const { houseId } = this.#parts;
    const { from, to, agreement } = message;
    const key = this.#keys.get(from);
    if (key === undefined || from === houseId || to !== houseId || !isSignedBy(message, key))
      throw new ServiceError('SENDER_UNKNOWN', `the message to ${to} is not signed by ${from}`);
    if (agreement <= this.#overUntil)
      throw new ServiceError(
        'MESSAGE_OLD',
        `agreement ${agreement} is over, ${this.#overUntil} was the last`,
      );
    const slot = slotOf(message, from);
    // The first one counts: who says two things is taken by the first.
    if (this.#kept.has(slot)) return;
    if ([...this.#kept.values()].filter((kept) => kept.from === from).length >= MOST_KEPT)
      throw new ServiceError('TOO_MANY', `${from} has ${MOST_KEPT} messages here`);
    this.#kept.set(slot, message);
    this.#awaited.get(slot)?.(message);
  }
}
