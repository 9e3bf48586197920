import { randomUUID } from 'node:crypto';
import { makeCin, unwrap } from '@roamgrid/domain';
import { createAssertionSigner } from '@roamgrid/service-kit';
import {
  consent as consentSchema,
  DOCUMENT_TYPE,
  signDocument,
  signOcmf,
  swipeOffer,
  type MeterReading,
  type SwipeOffer,
} from '@roamgrid/wire';
import { DUKE, EVSES, STATION_ID } from './consortium.ts';
import type { TestKey } from './keys.ts';

/** What came back over the wire. */
export interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export const ALABAMA_CIN: string = unwrap(
  makeCin({ country: 'US', party: 'ALP', service: 'E', customer: '0012345' }),
);

export const wireReading = ({ atMs, registerWh, charging }: MeterReading) => ({
  atMs,
  registerWh: registerWh.toString(),
  charging,
});

/** A station that speaks the wire's words over real HTTP, with the keys that the ledger has of it. */
export class StationPeer {
  readonly #key: TestKey;
  readonly #meters: readonly TestKey[];
  readonly #sign: (audience: string) => Promise<string>;
  #page = 0;
  url: string;

  constructor(url: string, key: TestKey, meters: readonly TestKey[]) {
    this.url = url;
    this.#key = key;
    this.#meters = meters;
    this.#sign = createAssertionSigner({ key: key.secret, iss: STATION_ID, utility: DUKE, role: 'station' });
  }

  async post(path: string, body: unknown): Promise<Answered> {
    const response = await fetch(`${this.url}/station/v1/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await this.#sign(new URL(this.url).origin)}`,
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  swipeRequest(over: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      swipeId: randomUUID(),
      evseId: EVSES[0],
      cin: ALABAMA_CIN,
      method: 'card',
      requestedEnergyWh: '10000',
      plannedMs: 3_600_000,
      ...over,
    };
  }

  async offer(over: Record<string, unknown> = {}): Promise<{ swipeId: string; offer: SwipeOffer }> {
    const request = this.swipeRequest(over);
    const { status, body } = await this.post('swipes', request);
    if (status !== 200 || body['outcome'] !== 'offer') throw new Error(`no offer: ${JSON.stringify(body)}`);
    return { swipeId: String(request['swipeId']), offer: swipeOffer.parse(body) };
  }

  /** The meter's signed word on a reading. */
  statement(evseId: string, side: 'B' | 'E', { atMs, registerWh }: MeterReading): string {
    const at = EVSES.findIndex((known) => known === evseId);
    const meter = this.#meters[at];
    if (meter === undefined) throw new Error(`no meter at ${evseId}`);
    this.#page += 1;
    return signOcmf(
      {
        gateway: { model: 'Roamgrid', serial: 'GW-1', version: '1.0' },
        meter: { vendor: 'Roamgrid', model: 'Meter', serial: `DUK-METER-${at + 1}`, firmware: '1.0' },
        page: this.#page,
        evseId,
        readings: [{ atMs, sync: 'S', transaction: side, registerWh }],
      },
      meter.key,
    );
  }

  async startRequest(
    swipeId: string,
    { quote, quoteHash }: SwipeOffer,
    start: MeterReading,
    over: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    return {
      swipeId,
      consent: await signDocument(
        consentSchema,
        DOCUMENT_TYPE.consent,
        {
          iss: STATION_ID,
          sessionId: quote.sessionId,
          quoteHash,
          method: 'kiosk',
          consentedAtMs: quote.issuedAtMs,
        },
        this.#key,
      ),
      signedStart: this.statement(quote.evseId, 'B', start),
      start: wireReading(start),
      ...over,
    };
  }

  stopRequest(
    evseId: string,
    end: MeterReading,
    between: readonly MeterReading[] = [],
  ): Record<string, unknown> {
    return {
      endReason: 'driver',
      readings: [...between, end].map(wireReading),
      signedEnd: this.statement(evseId, 'E', end),
      socPpm: 800_000,
    };
  }
}
