import { randomBytes } from 'node:crypto';
import {
  bodyHash,
  consentKindOf,
  judgeOpening,
  LEDGER_LIMITS,
  quote as quoteSchema,
  canonicalText,
  sealBody,
  sessionOpenBody,
  startRequest,
  type RouteGrant,
  type SessionOpenBody,
  type StartAnswer,
  type StartRequest,
  type StationRecord,
  type SwipeOffer,
} from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayError } from '../problems.ts';
import { askHome } from './ask-home.ts';
import type { Charge, Charges } from './charges.ts';
import { checkedConsent } from './consents.ts';
import type { StationContext } from './context.ts';
import type { DriverConsents } from './driver-consents.ts';
import { pricesTime } from './estimate.ts';
import { checkStatement, meterAt } from './metering.ts';
import { noteOf } from './notes.ts';
import { groundOf } from './running.ts';
import type { Serial } from './serial.ts';
import type { AnsweredSwipe, SwipeDesk } from './swipe.ts';
import { startProblem } from './start-problem.ts';

const storedRefusal = z.object({ code: z.string(), detail: z.string() });

const isUniqueViolation = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === '23505';

/** A swipe that got an offer, with what home granted. */
interface Granted {
  readonly offer: SwipeOffer;
  readonly grant: RouteGrant;
  readonly rest: AnsweredSwipe['offer'];
}

/** What a start needs beside the station API's own. */
interface StartParts {
  readonly swipes: SwipeDesk;
  readonly charges: Charges;
  readonly consents: DriverConsents;
  /** One at a time for each swipe. */
  readonly serial: Serial;
}

/**
 * Starts charging on a driver's consent, once home has seen the opening. Everything is a row before the answer; the block
 * comes later. Told again, it answers the same and starts nothing twice.
 */
export class StartDesk {
  readonly #context: StationContext;
  readonly #swipes: SwipeDesk;
  readonly #charges: Charges;
  readonly #consents: DriverConsents;
  readonly #serial: Serial;

  constructor(context: StationContext, { swipes, charges, consents, serial }: StartParts) {
    this.#context = context;
    this.#swipes = swipes;
    this.#charges = charges;
    this.#consents = consents;
    this.#serial = serial;
  }

  start(station: StationRecord, request: StartRequest): Promise<StartAnswer> {
    return this.#serial.run(request.swipeId, () => this.#start(station, request));
  }

  async #start(station: StationRecord, request: StartRequest): Promise<StartAnswer> {
    const { answer: offer, grant, offer: rest } = await this.#swipes.find(station.stationId, request.swipeId);
    if (offer.outcome !== 'offer' || grant === undefined) {
      throw gatewayError('SWIPE_UNKNOWN', `swipe ${request.swipeId} was refused: there is nothing to start`);
    }
    const known = await this.#known(offer.quote.sessionId, station.stationId);
    const charge = known ?? (await this.#accept(station, request, { offer, grant, rest }));
    if (charge.state === 'starting') await this.#begin(charge, offer);
    return {
      sessionId: charge.sessionId,
      state: 'charging',
      energyLimitWh: charge.energyLimitWh,
      capMicros: offer.quote.capMicros,
      reportEveryMs: this.#context.settings.reportEveryMs,
    };
  }

  async #known(sessionId: string, stationId: string): Promise<Charge | undefined> {
    const row = await this.#context.db
      .selectFrom('charge')
      .select(['state', 'refusal'])
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    if (row.state === 'refused') {
      const { code, detail } = storedRefusal.parse(row.refusal);
      throw startProblem(code, detail);
    }
    return this.#charges.get(sessionId, stationId);
  }

  /** Checks the request and keeps it, with the outlet taken. */
  async #accept(station: StationRecord, request: StartRequest, granted: Granted): Promise<Charge> {
    const { channel, nowMs, outlets, registry } = this.#context;
    const { offer, grant } = granted;
    const { quote } = offer;
    const consent = await checkedConsent(request.consent, station, offer, channel, nowMs());
    const driverConsent = await this.#consents.of(quote.sessionId);
    if (offer.driverConsent === 'required' && driverConsent === undefined) {
      throw gatewayError(
        'CONSENT_INVALID',
        'the home utility asks for the consent of the driver’s own device, and it has not come',
        { remedy: 'Agree on your own device first: scan the code that is shown with the price.' },
      );
    }
    const openedAtMs = Math.max(consent.consentedAtMs, driverConsent?.consentedAtMs ?? 0);
    const meter = meterAt(station, quote.evseId, openedAtMs);
    const begun =
      request.signedStart === undefined
        ? undefined
        : checkStatement(request.signedStart, meter, 'begin', request.start, quote.sessionId);
    const tariff = registry.tariff(quote.tariffId, quote.tariffVersion);
    // Better no energy than energy that cannot be billed: at the end this session would be refused.
    if (
      begun !== undefined &&
      begun.reading.errorFlags !== '' &&
      tariff !== undefined &&
      pricesTime(tariff)
    ) {
      throw gatewayError(
        'METER_INVALID',
        'begin: the meter flags its time as unusable, and the tariff prices time',
      );
    }
    if (Math.abs(request.start.atMs - openedAtMs) > LEDGER_LIMITS.clockSkewMs) {
      throw gatewayError('METER_INVALID', 'the meter’s clock is not near the time of the consent');
    }
    const open: SessionOpenBody = {
      sessionId: quote.sessionId,
      cinRef: grant.grant.cinRef,
      authorisedBy: grant.authorisedBy,
      evidence: grant.evidence,
      ...(granted.rest && { offer: granted.rest }),
      quote,
      consent,
      ...(driverConsent && { driverConsent }),
      openedAtMs,
      salt: randomBytes(32).toString('hex'),
    };
    await this.#requireGood(open, station);
    const { text } = sealBody(sessionOpenBody, open);
    const energyLimitWh =
      'energyLimitWh' in grant.grant && grant.grant.energyLimitWh < quote.requestedEnergyWh
        ? grant.grant.energyLimitWh
        : quote.requestedEnergyWh;
    await this.#insert(request, open, text, energyLimitWh);
    const charge: Charge = {
      sessionId: quote.sessionId,
      stationId: station.stationId,
      open,
      openText: text,
      start: request,
      energyLimitWh,
      state: 'starting',
      revoked: false,
      readings: [request.start],
      answered: new Map(),
    };
    outlets.take(quote.evseId, quote.sessionId);
    this.#charges.put(charge);
    return charge;
  }

  /** What the contracts would not settle must not start to charge, whatever home says to it. */
  async #requireGood(open: SessionOpenBody, station: StationRecord): Promise<void> {
    const judged = await judgeOpening(
      { open, quoteText: canonicalText(quoteSchema, open.quote) },
      groundOf(this.#context, open, station),
    );
    if (judged.ok) return;
    const { code, message } = judged.error;
    throw gatewayError(code === 'EXPIRED' ? 'CONSENT_EXPIRED' : 'CONSENT_INVALID', `${code}: ${message}`);
  }

  async #insert(
    request: StartRequest,
    open: SessionOpenBody,
    text: string,
    energyLimitWh: bigint,
  ): Promise<void> {
    const { quote } = open;
    try {
      await this.#context.db
        .insertInto('charge')
        .values({
          session_id: quote.sessionId,
          swipe_id: request.swipeId,
          station_id: quote.stationId,
          evse_id: quote.evseId,
          hun: quote.hun,
          agreement_id: quote.agreementId,
          state: 'starting',
          refusal: null,
          open_body: text,
          consent_by: consentKindOf(open),
          start_request: JSON.stringify(startRequest.encode(request)),
          energy_limit_wh: energyLimitWh,
          consent_relayed: false,
          revoked: false,
          started_at_ms: BigInt(open.openedAtMs),
          stop_request: null,
          bill: null,
          final_relayed: false,
        })
        .execute();
    } catch (thrown) {
      if (!isUniqueViolation(thrown)) throw thrown;
      throw gatewayError('STATION_UNAVAILABLE', `another car charges at ${quote.evseId}`, { cause: thrown });
    }
  }

  /**
   * Asks home about the opening before energy flows. Its no ends the start; whether its silence does is agreed: where
   * it does not, home has signed that the customer may charge up to the cap, and it is told again until it hears.
   */
  async #begin(charge: Charge, offer: SwipeOffer): Promise<void> {
    const { batcher, outlets, db } = this.#context;
    const { sessionId, open, openText } = charge;
    const answer = await askHome(this.#context, charge, offer);
    if (answer.outcome === 'no') {
      const { code, detail, remedy } = answer;
      await db
        .updateTable('charge')
        .set({ state: 'refused', refusal: JSON.stringify({ code, detail }) })
        .where('session_id', '=', sessionId)
        .execute();
      outlets.free(open.quote.evseId, sessionId);
      this.#charges.release(sessionId);
      throw startProblem(code, detail, remedy);
    }
    await batcher.accepting(async (trx, accept) => {
      const { numUpdatedRows } = await trx
        .updateTable('charge')
        .set({ state: 'charging', consent_relayed: answer.outcome === 'yes' })
        .where('session_id', '=', sessionId)
        .where('state', '=', 'starting')
        .executeTakeFirst();
      if (numUpdatedRows === 0n)
        throw startProblem('HOME_TIMEOUT', 'the station gave up before the session started');
      await accept({
        kind: 'open',
        sessionId,
        agreementId: open.quote.agreementId,
        payload: { openHash: bodyHash(openText) },
      });
      const { start, socPpm } = charge.start;
      if (socPpm === undefined) return;
      await accept({
        kind: 'note',
        sessionId,
        agreementId: open.quote.agreementId,
        payload: noteOf(sessionId, 0, start, socPpm),
      });
    });
    charge.state = 'charging';
  }
}
