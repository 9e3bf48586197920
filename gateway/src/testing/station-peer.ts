import { randomUUID } from 'node:crypto';
import { makeCin, unwrap } from '@roamgrid/domain';
import { createAssertionSigner } from '@roamgrid/service-kit';
import {
  consent as consentSchema,
  consentBinding,
  consentSigningInput,
  DOCUMENT_TYPE,
  signDocument,
  signOcmf,
  swipeOffer,
  type MeterReading,
  type MeterStatement,
  type PublicJwk,
  type SwipeOffer,
} from '@roamgrid/wire';
import { advanceTo, testNow } from './clock.ts';
import { CompactSign } from 'jose';
import { DUKE, DURHAM, type TestSite } from './consortium.ts';
import type { TestKey } from './keys.ts';

/** What came back over the wire. */
export interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export const ALABAMA_CIN: string = unwrap(
  makeCin({ country: 'US', party: 'ALP', service: 'E', customer: '0012345' }),
);

export const wireReading = ({ atMs, registerMilliWh, charging }: MeterReading) => ({
  atMs,
  registerMilliWh: registerMilliWh.toString(),
  charging,
});

/** Where the outlets' meters stand: they outlive one station, as the ledger does. */
const registers = new Map<string, bigint>();

interface StationKeys {
  readonly station: TestKey;
  readonly meter: (meterId: string) => TestKey;
}

/** A station that speaks the wire's words over real HTTP, with the keys that the ledger has of it. */
export class StationPeer {
  readonly #key: TestKey;
  readonly #meterKey: (meterId: string) => TestKey;
  readonly #site: TestSite;
  readonly #sign: (audience: string) => Promise<string>;
  readonly #begun = new Map<
    string,
    { readonly start: MeterReading; readonly bound: Pick<MeterStatement, 'sessionId' | 'tariffText'> }
  >();
  #page = 0;
  url: string;

  constructor(url: string, { station, meter }: StationKeys, site: TestSite = DURHAM) {
    this.url = url;
    this.#key = station;
    this.#meterKey = meter;
    this.#site = site;
    this.#sign = createAssertionSigner({
      key: station.secret,
      iss: site.stationId,
      utility: DUKE,
      role: 'station',
    });
  }

  post(path: string, body: unknown): Promise<Answered> {
    return this.#ask(path, { method: 'POST', body: JSON.stringify(body) });
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
    return this.#ask(path, { method: 'GET' }, headers);
  }

  async #ask(
    path: string,
    init: Pick<RequestInit, 'method' | 'body'>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered> {
    const response = await fetch(`${this.url}/station/v1/${path}`, {
      ...init,
      headers: {
        ...headers,
        'content-type': 'application/json',
        authorization: `Bearer ${await this.#sign(new URL(this.url).origin)}`,
      },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  swipeRequest(over: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      swipeId: randomUUID(),
      evseId: this.#site.evses[0]?.evseId,
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

  /** The meter that was registered at an outlet. */
  meterAt(evseId: string): { readonly meterId: string; readonly key: PublicJwk } {
    const outlet = this.#site.evses.find((known) => known.evseId === evseId);
    if (outlet === undefined) throw new Error(`no outlet ${evseId} here`);
    const { meterId } = outlet;
    return { meterId, key: this.#meterKey(meterId).open };
  }

  /** A reading of the outlet's meter as it stands, at the time of the quote. */
  begin({ quote: { evseId, issuedAtMs } }: Pick<SwipeOffer, 'quote'>): MeterReading {
    return { ...this.now(evseId), atMs: issuedAtMs };
  }

  /** A reading of the outlet's meter as it stands. */
  now(evseId: string): MeterReading {
    return { atMs: testNow(), registerMilliWh: registers.get(evseId) ?? 1_000_000n, charging: true };
  }

  /** The meter's signed word on readings, bound to a session and its consent where they are given. */
  statement(
    evseId: string,
    readings: readonly (readonly ['B' | 'E', Pick<MeterReading, 'atMs' | 'registerMilliWh'>])[],
    bound: Pick<MeterStatement, 'sessionId' | 'tariffText'> = {},
    by: 'meter' | 'operator' = 'meter',
  ): string {
    const own = this.meterAt(evseId).meterId;
    const vouched = this.#site.evses.find((known) => known.evseId === evseId)?.operatorMeterId;
    const meterId = by === 'meter' ? own : (vouched ?? own);
    this.#page += 1;
    return signOcmf(
      {
        gateway: { model: 'Roamgrid', serial: 'GW-1', version: '1.0' },
        meter: { vendor: 'Roamgrid', model: 'Meter', serial: meterId, firmware: '1.0' },
        page: this.#page,
        evseId,
        ...bound,
        readings: readings.map(([transaction, { atMs, registerMilliWh }]) => ({
          atMs,
          sync: 'S',
          transaction,
          registerMilliWh,
        })),
      },
      this.#meterKey(meterId).key,
    );
  }

  async startRequest(
    swipeId: string,
    { quote, quoteHash }: SwipeOffer,
    start: MeterReading,
    over: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    const { channel, sessionId, evseId } = quote;
    const facts = { channel, sessionId, quoteHash };
    const consent = { method: 'kiosk', consentedAtMs: quote.issuedAtMs } as const;
    const signed = consentSigningInput(facts, { ...consent, kid: this.#key.kid }, this.#site.stationId);
    const bound = { sessionId, tariffText: consentBinding(signed) };
    this.#begun.set(evseId, { start, bound });
    return {
      swipeId,
      consent: await signDocument(
        consentSchema,
        DOCUMENT_TYPE.consent,
        { ...facts, ...consent, iss: this.#site.stationId },
        this.#key,
      ),
      signedStart: this.statement(evseId, [['B', start]], bound),
      start: wireReading(start),
      ...over,
    };
  }

  /** A JWS by the station's key over JSON as it is given, which need not be canonical. */
  signed(
    payload: Record<string, unknown>,
    header: { readonly alg: string; readonly typ: string },
  ): Promise<string> {
    return new CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader({ ...header, kid: this.#key.kid })
      .sign(this.#key.key);
  }

  /** The end of what began last at the outlet; the meter signs both its readings in one statement. */
  stopRequest(
    evseId: string,
    end: MeterReading,
    between: readonly MeterReading[] = [],
    time: 'passes' | 'stands' = 'passes',
  ): Record<string, unknown> {
    const begun = this.#begun.get(evseId);
    if (begun === undefined) throw new Error(`nothing began at ${evseId}`);
    registers.set(evseId, end.registerMilliWh);
    if (time === 'passes') advanceTo(end.atMs);
    return {
      endReason: 'driver',
      readings: [...between, end].map(wireReading),
      signedEnd: this.statement(
        evseId,
        [
          ['B', begun.start],
          ['E', end],
        ],
        begun.bound,
      ),
      socPpm: 800_000,
    };
  }
}
