import { newHeldKey, type HeldKey } from '@roamgrid/offline/web';
import { call } from '@roamgrid/service-kit';
import type { z } from 'zod';
import type { DriverCaller } from '../system/driver-caller.ts';

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** A customer's phone: a key of Web Crypto that nobody can take out, and the customer's sign-in. */
export class CustomerPhone {
  readonly held: HeldKey;
  readonly phoneId: string;
  readonly #origin: string;
  readonly #prove: DriverCaller;

  private constructor(held: HeldKey, phoneId: string, origin: string, prove: DriverCaller) {
    this.held = held;
    this.phoneId = phoneId;
    this.#origin = origin;
    this.#prove = prove;
  }

  static async make(phoneId: string, origin: string, prove: DriverCaller): Promise<CustomerPhone> {
    const held = await newHeldKey(new TextEncoder().encode(phoneId));
    return new CustomerPhone(held, phoneId, origin, prove);
  }

  get key() {
    const { x, y } = this.held.key;
    return { kty: 'EC', crv: 'P-256', x: base64url(x), y: base64url(y), kid: this.phoneId };
  }

  /** Asks the own utility. @throws what it is refused with, by its code */
  async ask<S extends z.ZodType>(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    answer?: S,
  ): Promise<z.output<S>> {
    const url = new URL(path, this.#origin);
    const told = await call({
      method,
      url: url.href,
      headers: await this.#prove(method, url),
      ...(body === undefined ? {} : { body }),
      ...(answer === undefined ? {} : { answer }),
      timeoutMs: 60_000,
    });
    if (told.ok) return told.value;
    const { failure } = told;
    throw new Error(
      failure.kind === 'problem'
        ? `${failure.problem.code}: ${failure.problem.detail}`
        : JSON.stringify(failure),
    );
  }

  register(label = 'my phone'): Promise<unknown> {
    return this.ask('PUT', `/driver/v1/offline/phones/${this.phoneId}`, { key: this.key, label });
  }

  /** Signs for a price that was shown. */
  async consent(
    signedQuote: string,
    costMicros: bigint,
    channel: string,
    consentedAtMs = Date.now(),
  ): Promise<string> {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(signedQuote));
    const part = (value: object): string => base64url(new TextEncoder().encode(JSON.stringify(value)));
    const header = { alg: 'ES256', kid: this.phoneId, typ: 'roamgrid-offline-consent+jwt' };
    const payload = {
      channel,
      quoteHash: Buffer.from(hash).toString('hex'),
      costMicros: costMicros.toString(),
      consentedAtMs,
    };
    const signed = `${part(header)}.${part(payload)}`;
    return `${signed}.${base64url(await this.held.signer.sign(new TextEncoder().encode(signed)))}`;
  }
}
