import type { OutletNumber } from '../model/reports.ts';
import type { CommandOutcome, RemoteOffer, RemoteStarts } from '../model/station-desk.ts';
import type { DriverToken } from '../model/token.ts';
import { insertRemoteStart, markOffer, offerOf, remoteStartOf, takeAgreementBack } from '../store/offers.ts';
import { outletOfEvse, outletOfNumber, type DeskContext } from './context.ts';
import type { KeepBooked } from './keep-booked.ts';
import type { Swipes } from './swipes.ts';
import { offerTexts } from './texts.ts';

/** Starts that drivers ask for in an app: the offer is made there, and who agrees to it there has consented. */
export class AppStarts implements RemoteStarts {
  readonly #context: DeskContext;
  readonly #swipes: Swipes;
  readonly #booked: Pick<KeepBooked, 'letGo'>;

  constructor(context: DeskContext, swipes: Swipes, booked: Pick<KeepBooked, 'letGo'>) {
    this.#context = context;
    this.#swipes = swipes;
    this.#booked = booked;
  }

  async offer(
    stationId: string,
    { outlet: number, token }: { readonly outlet: OutletNumber; readonly token: DriverToken },
  ): Promise<RemoteOffer> {
    const { clock, db, stations, vault } = this.#context;
    const station = stations.get(stationId);
    const outlet = station && outletOfNumber(station.setup, number);
    if (station === undefined || outlet === undefined)
      return { outcome: 'refused', status: 'not-allowed-here', code: 'OUTLET_UNKNOWN', texts: [] };
    const swiped = await this.#swipes.answer(station, outlet, token);
    if (swiped.outcome === 'refused') return swiped;
    const { swipeId, offer } = swiped.kept;
    const remoteStart = await insertRemoteStart(db, {
      station_id: stationId,
      evse_id: outlet.evseId,
      swipe_id: swipeId,
      token_cipher: vault.seal(token),
      asked_at_ms: BigInt(clock.wallMs()),
    });
    return {
      outcome: 'offer',
      remoteStart,
      quoteHash: offer.quoteHash,
      validUntilMs: Math.floor(clock.wallAt(offer.quote.validUntilMs)),
      texts: offerTexts(offer),
    };
  }

  async start(remoteStart: number, quoteHash: string): Promise<CommandOutcome> {
    const { clock, commander, db, stations, vault } = this.#context;
    const asked = await remoteStartOf(db, remoteStart);
    const station = asked && stations.get(asked.stationId);
    const outlet = station && outletOfEvse(station.setup, asked.evseId);
    const kept = asked && (await offerOf(db, asked.swipeId));
    if (asked === undefined || outlet === undefined || kept === undefined) return 'rejected';
    const { offer } = kept;
    const { tokenCipher } = asked;
    if (
      tokenCipher === null ||
      kept.isUsed ||
      offer.quoteHash !== quoteHash ||
      clock.gatewayMs() >= offer.quote.validUntilMs
    )
      return 'rejected';
    const isFirst = await markOffer(db, asked.swipeId, 'agreed_at_ms', clock.gatewayMs());
    const token = vault.open(tokenCipher);
    await this.#booked.letGo(asked.stationId, offer.reservationId);
    const outcome = await commander.start(asked.stationId, { outlet: outlet.number, token, remoteStart });
    // The yes was to this start: where it did not come about, it is to none that comes later.
    if (isFirst && (outcome === 'rejected' || outcome === 'unsupported'))
      await takeAgreementBack(db, asked.swipeId);
    return outcome;
  }
}
