import {
  driverConsentSigningInput,
  routeGrant,
  swipeAnswer,
  verifyEs256,
  type driverConsentRequest,
  type SignedDriverConsent,
} from '@roamgrid/wire';
import type { z } from 'zod';
import { gatewayError } from '../problems.ts';
import type { StationContext } from './context.ts';
import type { Serial } from './serial.ts';

type Given = z.output<typeof driverConsentRequest>;

/** One text for all that cannot be verified: session numbers can be guessed, and nobody shall learn which has an offer. */
const unverified = () =>
  gatewayError('CONSENT_INVALID', 'no offer here has a device whose signature this is', {
    remedy: 'Scan the code on the station’s screen again, with the device that your utility knows.',
  });

/** A device reads the gateway's clock before it signs, so none is far ahead of it. */
const AHEAD_MS = 5_000;

/**
 * Consents of drivers' own devices, which wait here for their sessions to start. Whoever brings one, only its signature
 * counts: by the key that the home utility bound in what it signed, over the very quote that the screen shows.
 */
export class DriverConsents {
  readonly #context: Pick<StationContext, 'db' | 'nowMs'>;
  /** A consent comes before its swipe's start or after it, never amid. */
  readonly #starting: Serial;

  constructor(context: Pick<StationContext, 'db' | 'nowMs'>, starting: Serial) {
    this.#context = context;
    this.#starting = starting;
  }

  /** Keeps a consent until its quote ends. Given again, the first one stays. @throws ServiceError CONSENT_INVALID, CONSENT_EXPIRED */
  async give({ sessionId, consentedAtMs, signature }: Given): Promise<void> {
    const { db, nowMs } = this.#context;
    const row = await db
      .selectFrom('swipe')
      .select(['swipe_id', 'answer', 'grant_json'])
      .where('session_id', '=', sessionId)
      .where('grant_json', 'is not', null)
      .executeTakeFirst();
    const offer = swipeAnswer.safeParse(row?.answer).data;
    if (row === undefined || offer?.outcome !== 'offer') throw unverified();
    const { quote, quoteHash } = offer;
    const { driverKey } = routeGrant.parse(row.grant_json).grant;
    if (driverKey === undefined) throw unverified();
    const ground = { channel: quote.channel, sessionId, quoteHash };
    const signed = driverConsentSigningInput(ground, { consentedAtMs }, driverKey.kid);
    if (!verifyEs256(signed, signature, driverKey)) throw unverified();
    if (consentedAtMs < quote.issuedAtMs || quote.validUntilMs < consentedAtMs)
      throw gatewayError('CONSENT_EXPIRED', 'the device consented outside the time of the quote');
    if (consentedAtMs > nowMs() + AHEAD_MS)
      throw gatewayError('CONSENT_INVALID', 'the consent lies in the future');
    if (nowMs() >= quote.validUntilMs) throw gatewayError('CONSENT_EXPIRED', 'the quote has run out');
    await this.#starting.run(row.swipe_id, () =>
      this.#keep(sessionId, { consentedAtMs, signature }, quote.validUntilMs),
    );
  }

  /** The verified consent to a session's quote, when it has come. */
  async of(sessionId: string): Promise<SignedDriverConsent | undefined> {
    const row = await this.#context.db
      .selectFrom('driver_consent')
      .select(['consented_at_ms', 'signature'])
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    return row && { consentedAtMs: Number(row.consented_at_ms), signature: row.signature };
  }

  async #keep(sessionId: string, consent: SignedDriverConsent, validUntilMs: number): Promise<void> {
    const { db, nowMs } = this.#context;
    if ((await this.of(sessionId)) !== undefined) return;
    const begun = await db
      .selectFrom('charge')
      .select('session_id')
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    if (begun !== undefined)
      throw gatewayError('CONSENT_EXPIRED', 'the session was started without the device’s consent');
    await db.deleteFrom('driver_consent').where('valid_until_ms', '<', BigInt(nowMs())).execute();
    await db
      .insertInto('driver_consent')
      .values({
        session_id: sessionId,
        consented_at_ms: BigInt(consent.consentedAtMs),
        signature: consent.signature,
        valid_until_ms: BigInt(validUntilMs),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
