import { facts, h } from '../shared/dom.ts';
import { exchangedFacts, type Exchanged } from '../shared/exchanged.ts';
import { duration, energy, localTime, money } from '../shared/format.ts';
import { readJson, wordsOf } from '../shared/load.ts';
import { findDeviceKey } from './device-key.ts';
import type { AppConfig } from './sign-in.ts';
import {
  quoteVerifies,
  readOfferLink,
  signConsent,
  type DeviceKey,
  type OfferLink,
  type QuotingStation,
} from './signed-quote.ts';

/** The view in which the driver consents to the offer of a station, on the own device. */

export type Show = (text: string, ...content: readonly HTMLElement[]) => void;

const title = 'Agree to charge';

const told = (show: Show, text: string, detail: string): void => {
  show(
    text,
    h('section', { class: 'card problem' }, h('h1', {}, title), h('p', {}, text), h('p', {}, detail)),
  );
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
  const clock = await readJson<{ nowMs: number }>(
    await fetch(`${takenAt}/driver/v1/clock`),
    'The station’s utility',
  );
  if (clock.nowMs < quote.issuedAtMs || quote.validUntilMs <= clock.nowMs)
    throw new Error('This offer has run out. Swipe again at the station.');
  const response = await fetch(`${takenAt}/driver/v1/driver-consents`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(await signConsent(offer, clock.nowMs, key)),
  });
  if (!response.ok) await readJson(response, 'The station’s utility');
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
  const zone = station?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return h(
    'section',
    { class: 'card' },
    h('h1', {}, title),
    h(
      'p',
      { class: 'lead' },
      `${energy(quote.requestedEnergyWh)} in about ${duration(quote.plannedMs)}, estimated:`,
    ),
    h('p', { class: 'total', id: 'estimate' }, money(quote.estimateMicros, quote.currency)),
    facts([
      ['Never more than', money(quote.capMicros, quote.currency)],
      ...(exchanged === 'unknown'
        ? [['On your bill', 'not known now, if it is in another currency'] as const]
        : exchangedFacts(exchanged, quote.currency)),
      ['Station', station === undefined ? quote.stationId : `${station.stationName}, ${station.address}`],
      ['Outlet', quote.evseId],
      ['Offered by', station?.utilityName ?? config.names[quote.vun] ?? quote.vun],
      ['Billed by', config.utilityName],
      ['Offer holds until', localTime(quote.validUntilMs, zone)],
    ]),
    h(
      'p',
      { class: 'lead' },
      station === undefined
        ? `The offer’s signature could not be checked here now; ${config.utilityName} checks it before charging starts.`
        : `${station.utilityName} signed exactly this offer.`,
    ),
    h('div', { class: 'row' }, ...buttons),
  );
}

/**
 * Shows the offer that the address brings, and takes the driver's word on it.
 * @param bind starts the way to bind this device, which has no key yet
 */
export async function showConsent(config: AppConfig, show: Show, bind: HTMLElement): Promise<void> {
  const offer = await readOfferLink(location.hash);
  if (offer === undefined) {
    told(show, 'This code is no offer of a station.', 'Scan the code on the station’s screen again.');
    return;
  }
  if (offer.quote.hun !== config.utilityId) {
    told(
      show,
      'This offer is for a customer of another utility.',
      'Open it with the page of your own utility.',
    );
    return;
  }
  const station = await stationOf(config, offer);
  if (station === 'unknown' || (station !== undefined && !(await quoteVerifies(offer, station)))) {
    told(show, 'This offer is not signed by who it says.', 'Do not agree to it, and tell your utility.');
    return;
  }
  const known = { station, exchanged: await exchangedOf(config, offer) };
  const key = await findDeviceKey();
  if (key === undefined) {
    const why =
      'This device is not known to your utility yet. Sign in to add it; then swipe at the station again.';
    show('This device cannot agree yet.', offerCard(config, offer, known, [h('p', {}, why), bind]));
    return;
  }
  const problem = h('p', { class: 'problem', role: 'alert' });
  const yes = h('button', { type: 'button', class: 'primary' }, 'Agree');
  const no = h('button', { type: 'button' }, 'No, thank you');
  no.addEventListener('click', () => {
    told(show, 'You did not agree.', 'Nothing was sent. Decline at the station, too.');
  });
  yes.addEventListener('click', () => {
    yes.disabled = true;
    agree(offer, key)
      .then(() => {
        const text = 'You agreed. Go on at the station: charging starts when you accept there.';
        show(text, h('section', { class: 'card' }, h('h1', {}, 'Agreed'), h('p', { class: 'lead' }, text)));
      })
      .catch((error: unknown) => {
        problem.textContent = wordsOf(error);
        yes.disabled = false;
      });
  });
  show('Read the offer, then agree or not.', offerCard(config, offer, known, [yes, no]), problem);
}
