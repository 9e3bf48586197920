import { Agent, request, type IncomingMessage, type ObserveReadStream } from 'coap';
import { proofOf, type EmapPeer } from './proof.ts';

/** Largest body in one message, bytes. */
const MOST_BYTES = 1_000;
/** From the first block on, of 512 bytes: the package cuts a body into such when it is asked to. Spec: RFC 7959 §2.2. */
const BLOCKS = Buffer.from([5]);

/** A peer that asks by the npm package, and sends long bodies in blocks. */
export class CoapCaller {
  readonly #agent = new Agent({ type: 'udp4' });
  readonly #port: number;
  readonly #peer: EmapPeer;
  readonly #nowMs: () => number;
  #seq = 0;

  constructor(port: number, peer: EmapPeer, nowMs: () => number) {
    this.#port = port;
    this.#peer = peer;
    this.#nowMs = nowMs;
  }

  query(method: string, path: string, body?: Uint8Array): string {
    this.#seq = Math.max(this.#seq + 1, this.#nowMs());
    return proofOf(this.#peer, { method, path, seq: this.#seq, ...(body !== undefined && { body }) });
  }

  async get(path: string): Promise<{ code: string; body: unknown }> {
    return this.#read(await this.#send('GET', path, this.query('GET', path)));
  }

  async put(path: string, message: object): Promise<{ code: string; body: unknown }> {
    const body = Buffer.from(JSON.stringify(message));
    const query = this.query('PUT', path, body);
    const options: Record<string, Buffer> = body.length > MOST_BYTES ? { Block1: BLOCKS } : {};
    return this.#read(await this.#send('PUT', path, query, body, options));
  }

  async observe(path: string, heard: (body: unknown) => void): Promise<void> {
    const query = this.query('GET', path);
    const sent = request({
      ...{
        hostname: '127.0.0.1',
        port: this.#port,
        pathname: path,
        query,
        observe: true,
        agent: this.#agent,
      },
    });
    await new Promise<void>((resolve, reject) => {
      sent.on('error', reject);
      sent.on('response', (stream: ObserveReadStream) => {
        stream.on('data', (part: Buffer) => {
          heard(JSON.parse(part.toString()));
        });
        resolve();
      });
      sent.end();
    });
  }

  close(): void {
    this.#agent.close();
  }

  #send(
    method: 'GET' | 'PUT',
    pathname: string,
    query: string,
    body?: Uint8Array,
    options: Record<string, Buffer> = {},
  ): Promise<IncomingMessage> {
    const sent = request({
      ...{ hostname: '127.0.0.1', port: this.#port, method, pathname, query, options, agent: this.#agent },
    });
    return new Promise((resolve, reject) => {
      sent.on('error', reject);
      sent.on('response', resolve);
      sent.end(body === undefined ? undefined : Buffer.from(body));
    });
  }

  #read({ code, payload }: IncomingMessage): { code: string; body: unknown } {
    const text = payload.toString();
    // A fault of the package itself is answered by its text.
    return { code, body: text === '' || code === '5.00' ? undefined : JSON.parse(text) };
  }
}
