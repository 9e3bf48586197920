import { facts, h } from '../shared/dom.ts';
import { exchangedFacts, type Exchanged } from '../shared/exchanged.ts';
import { find, readJson, SaidByPage, whyOf } from '../shared/load.ts';
import { findDeviceKey } from './device-key.ts';
import type { Drawn, Present } from './present.ts';
import type { AppConfig } from './sign-in.ts';
import {
  quoteVerifies,
  readOfferLink,
  signConsent,
  type DeviceKey,
  type OfferLink,
  type QuotingStation,
} from './signed-quote.ts';
import { speech } from './words/speech.ts';

/** The view in which the driver consents to the offer of a station, on the own device. */

type Words = ReturnType<typeof speech>['words']['consent'];

const tell = (present: Present, texts: (words: Words) => readonly [said: string, detail: string]): void => {
  present(() => {
    const words = speech().words.consent;
    const [said, detail] = texts(words);
    return [
      said,
      h('section', { class: 'card problem' }, h('h1', {}, words.title), h('p', {}, said), h('p', {}, detail)),
    ];
  });
};

/** Who offers, as the own utility knows it; undefined when that cannot be asked now. */
async function stationOf(
  config: AppConfig,
  { quote }: OfferLink,
): Promise<QuotingStation | 'unknown' | undefined> {
  const path = `/driver/v1/utilities/${encodeURIComponent(quote.vun)}/stations/${encodeURIComponent(quote.stationId)}`;
  try {
    const response = await fetch(new URL(path, config.gatewayUrl));
    if (response.status === 404) return 'unknown';
    return response.ok ? ((await response.json()) as QuotingStation) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The price on the own utility's bill, where that is in another currency: by the rate that it fixed for this session, asked
 * of it and not of the station. `unknown` when it cannot be asked now.
 */
async function exchangedOf(
  config: AppConfig,
  { signedQuote }: OfferLink,
): Promise<Exchanged | 'unknown' | undefined> {
  try {
    const asked = new URL('/driver/v1/exchange', config.gatewayUrl);
    asked.searchParams.set('quote', signedQuote);
    const response = await fetch(asked);
    if (!response.ok) return 'unknown';
    return ((await response.json()) as { exchanged?: Exchanged }).exchanged;
  } catch {
    return 'unknown';
  }
}

/**
 * Signs and hands over. The consent bears the time of the gateway that issued the quote: a phone's clock may be wrong, and
 * a time outside the quote is refused here as it is there.
 */
async function agree(offer: OfferLink, key: DeviceKey): Promise<void> {
  const { quote, takenAt } = offer;
  const { words } = speech();
  const clock = await readJson<{ nowMs: number }>(
    await fetch(`${takenAt}/driver/v1/clock`),
    words.page.stationsUtility,
  );
  if (clock.nowMs < quote.issuedAtMs || quote.validUntilMs <= clock.nowMs)
    throw new SaidByPage(() => speech().words.consent.ranOut);
  const response = await fetch(`${takenAt}/driver/v1/driver-consents`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(await signConsent(offer, clock.nowMs, key)),
  });
  if (!response.ok) await readJson(response, words.page.stationsUtility);
}

/** What the own utility says of an offer. */
interface Known {
  readonly station: QuotingStation | undefined;
  readonly exchanged: Exchanged | 'unknown' | undefined;
}

function offerCard(
  config: AppConfig,
  offer: OfferLink,
  { station, exchanged }: Known,
  buttons: readonly HTMLElement[],
): HTMLElement {
  const { quote } = offer;
  const { write } = speech();
  const words = speech().words.consent;
  const zone = station?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return h(
    'section',
    { class: 'card' },
    h('h1', {}, words.title),
    h(
      'p',
      { class: 'lead' },
      words.lead(write.energy(quote.requestedEnergyWh), write.duration(quote.plannedMs)),
    ),
    h('p', { class: 'total', id: 'estimate' }, write.money(quote.estimateMicros, quote.currency)),
    facts([
      [words.most, write.money(quote.capMicros, quote.currency)],
      ...(exchanged === 'unknown'
        ? [[words.onBill, words.notKnown] as const]
        : exchangedFacts(exchanged, quote.currency, speech().words.exchange, write)),
      [words.station, station === undefined ? quote.stationId : `${station.stationName}, ${station.address}`],
      [words.outlet, quote.evseId],
      [words.offeredBy, station?.utilityName ?? config.names[quote.vun] ?? quote.vun],
      [words.billedBy, config.utilityName],
      [words.until, write.localTime(quote.validUntilMs, zone)],
    ]),
    h(
      'p',
      { class: 'lead' },
      station === undefined ? words.notChecked(config.utilityName) : words.signed(station.utilityName),
    ),
    h('div', { class: 'row' }, ...buttons),
  );
}

/** Takes the driver's word on an offer that is whose it says. */
function askDriver(
  present: Present,
  card: (buttons: readonly HTMLElement[]) => HTMLElement,
  agrees: () => Promise<void>,
): void {
  let isSending = false;
  let failure: unknown;
  const draw = (): Drawn => {
    const words = speech().words.consent;
    const yes = h(
      'button',
      { type: 'button', id: 'agree', class: 'primary', disabled: isSending },
      words.agree,
    );
    // What is on its way is not taken back by saying no.
    const no = h('button', { type: 'button', disabled: isSending }, words.decline);
    no.addEventListener('click', () => {
      tell(present, ({ declined, nothingSent }) => [declined, nothingSent]);
    });
    yes.addEventListener('click', () => {
      isSending = yes.disabled = no.disabled = true;
      agrees().then(
        () => {
          present(() => {
            const { agreed, goOn } = speech().words.consent;
            return [
              goOn,
              h('section', { class: 'card' }, h('h1', {}, agreed), h('p', { class: 'lead' }, goOn)),
            ];
          });
        },
        (error: unknown) => {
          isSending = false;
          failure = error;
          present(draw);
          find('agree').focus();
        },
      );
    });
    const problem = failure === undefined ? [] : [whyOf(failure)];
    return [
      // An alert speaks for itself.
      failure === undefined ? words.said : '',
      card([yes, no]),
      h('p', { class: 'problem', role: 'alert' }, ...problem),
    ];
  };
  present(draw);
}

/**
 * Shows the offer that the address brings, and takes the driver's word on it.
 * @param bind starts the way to bind this device, which has no key yet
 */
export async function showConsent(
  config: AppConfig,
  present: Present,
  bind: () => HTMLElement,
): Promise<void> {
  const offer = await readOfferLink(location.hash);
  if (offer === undefined) {
    tell(present, ({ noOffer, scanAgain }) => [noOffer, scanAgain]);
    return;
  }
  if (offer.quote.hun !== config.utilityId) {
    tell(present, ({ otherUtility, openThere }) => [otherUtility, openThere]);
    return;
  }
  const station = await stationOf(config, offer);
  if (station === 'unknown' || (station !== undefined && !(await quoteVerifies(offer, station)))) {
    tell(present, ({ notSigned, doNot }) => [notSigned, doNot]);
    return;
  }
  const known = { station, exchanged: await exchangedOf(config, offer) };
  const key = await findDeviceKey();
  const card = (buttons: readonly HTMLElement[]) => offerCard(config, offer, known, buttons);
  if (key === undefined) {
    present(() => {
      const { cannotYet, unknownDevice } = speech().words.consent;
      return [cannotYet, card([h('p', {}, unknownDevice), bind()])];
    });
    return;
  }
  askDriver(present, card, () => agree(offer, key));
}
