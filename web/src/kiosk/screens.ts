import { facts, h } from '../shared/dom.ts';
import { exchangedFacts } from '../shared/exchanged.ts';
import { station, type Of, type Screen, type State } from './api.ts';
import { billComes, billed, lineFacts } from './bill-screens.ts';
import { ownDevice } from './own-device.ts';
import { button } from './parts.ts';
import { refusalText } from './refusal-text.ts';
import type { Surroundings } from './surroundings.ts';
import { welcome } from './welcome.ts';

const waiting = (title: string, text: string) =>
  h('section', { class: 'card' }, h('h1', {}, title), h('p', { class: 'lead pulse' }, text));

function refused({ refusal }: Of<'refused'>, { run, speech }: Surroundings): HTMLElement {
  const words = speech.words.refused;
  const { message, remedy, lang } = refusalText(refusal, speech);
  return h(
    'section',
    { class: 'card problem' },
    h('h1', {}, words.title),
    h('p', { lang }, message),
    h('p', { lang }, remedy),
    h('p', { class: 'lead' }, words.code(refusal.code)),
    h(
      'div',
      { class: 'row' },
      button(words.again, () => run(station.done), 'primary'),
    ),
  );
}

function offered(
  { offer, driverConsented, askedAgain }: Of<'offer'>,
  { info, run, speech }: Surroundings,
): HTMLElement {
  const { write } = speech;
  const words = speech.words.offer;
  const { quote } = offer;
  const isDiscount = quote.adjustmentPpm.startsWith('-');
  const member = offer.loyalty === 'none' ? undefined : words.loyalty[offer.loyalty];
  const mayAccept = offer.driverConsent !== 'required' || driverConsented;
  return h(
    'div',
    { class: 'two' },
    h(
      'section',
      { class: 'card' },
      h('h1', {}, words.title),
      askedAgain ? h('p', { class: 'problem', role: 'alert' }, words.answer) : undefined,
      h('p', { class: 'lead' }, words.lead(write.energy(quote.requestedEnergyWh))),
      h('p', { class: 'total', id: 'estimate' }, write.money(quote.estimateMicros, quote.currency)),
      facts([
        [words.most, write.money(quote.capMicros, quote.currency)],
        [words.service, words.services[offer.service]],
        ...exchangedFacts(offer.exchanged, quote.currency, speech.words.exchange, write),
        [words.billedBy, offer.homeUtilityName],
        [words.until, write.localTime(quote.validUntilMs, info.timeZone)],
      ]),
      member === undefined
        ? undefined
        : h('p', {}, isDiscount ? words.discount(member) : words.member(member)),
    ),
    h(
      'section',
      { class: 'card' },
      h('h2', {}, words.lines),
      facts(lineFacts(offer, quote.currency, speech)),
      h('p', { class: 'lead' }, words.pay),
      h(
        'div',
        { class: 'row' },
        mayAccept
          ? button(words.accept, () => run(() => station.consent(offer.quoteHash)), 'primary')
          : undefined,
        button(words.decline, () => run(station.decline)),
      ),
    ),
    ownDevice(offer, driverConsented, speech.words.device),
  );
}

function running(
  said: { readonly title: string; readonly lead: string; readonly stop: string },
  { progress }: Of<'charging'> | Of<'parked'>,
  { info, run, speech }: Surroundings,
): HTMLElement {
  const { write } = speech;
  const words = speech.words.charging;
  const { socPpm } = progress;
  return h(
    'section',
    { class: 'card' },
    h('h1', {}, said.title),
    h('p', { class: 'lead' }, said.lead),
    socPpm === undefined
      ? undefined
      : h(
          'div',
          {},
          h('label', { for: 'soc' }, words.battery(write.percent(socPpm))),
          h('progress', { id: 'soc', max: '1000000', value: String(socPpm) }),
        ),
    h('p', { class: 'total', id: 'energy' }, write.energy(progress.energyWh)),
    facts([
      [words.power, write.power(progress.powerW)],
      [words.time, write.duration(progress.nowMs - progress.startMs)],
      [words.soFar, write.money(progress.runningMicros, progress.currency)],
      [words.most, write.money(progress.capMicros, progress.currency)],
      [words.started, write.localTime(progress.startMs, info.timeZone)],
    ]),
    h(
      'div',
      { class: 'row' },
      button(said.stop, () => run(station.stop), 'danger'),
    ),
  );
}

/** The agreed limit is near: a price to go on under, beside the session that still charges. */
function goOn(
  { offer, driverConsented }: NonNullable<Of<'charging'>['next']>,
  { run, speech }: Surroundings,
): HTMLElement {
  const { words, write } = speech;
  const { quote } = offer;
  const mayAccept = offer.driverConsent !== 'required' || driverConsented;
  return h(
    'section',
    { class: 'card', role: 'alert' },
    h('h2', {}, words.charging.near),
    h('p', {}, words.charging.goOnLead),
    facts([
      [
        words.charging.more(write.energy(quote.requestedEnergyWh)),
        write.money(quote.estimateMicros, quote.currency),
      ],
      [words.charging.most, write.money(quote.capMicros, quote.currency)],
      ...exchangedFacts(offer.exchanged, quote.currency, words.exchange, write),
      [words.offer.billedBy, offer.homeUtilityName],
    ]),
    mayAccept
      ? h(
          'div',
          { class: 'row' },
          button(words.charging.goOn, () => run(() => station.consent(offer.quoteHash)), 'primary'),
        )
      : undefined,
    ownDevice(offer, driverConsented, words.device),
  );
}

function charging(state: Of<'charging'>, around: Surroundings): HTMLElement {
  const now = running(around.speech.words.charging, state, around);
  return state.next === undefined ? now : h('div', { class: 'two' }, goOn(state.next, around), now);
}

const connect = (_state: Of<'connect'>, { run, speech }: Surroundings): HTMLElement =>
  h(
    'section',
    { class: 'card' },
    h('h1', {}, speech.words.connect.title),
    h('p', { class: 'lead pulse' }, speech.words.connect.lead),
    h(
      'div',
      { class: 'row' },
      button(speech.words.connect.cancel, () => run(station.decline)),
    ),
  );

/** The content of `main` for each state: total, so that a new screen cannot be forgotten. */
const SCREENS: { [S in Screen]: (state: Of<S>, around: Surroundings) => HTMLElement } = {
  welcome,
  authorising: (_state, { speech: { words } }) => waiting(words.wait.oneMoment, words.wait.asking),
  refused,
  offer: offered,
  connect,
  starting: (_state, { speech: { words } }) => waiting(words.wait.starting, words.wait.preparing),
  charging,
  parked: (state, around) => running(around.speech.words.parked, state, around),
  stopping: (_state, { speech: { words } }) => waiting(words.wait.ending, words.wait.billing),
  'bill-later': billComes,
  bill: billed,
};

export function render(state: State, around: Surroundings): HTMLElement {
  const screen = SCREENS[state.screen] as (state: State, around: Surroundings) => HTMLElement;
  return screen(state, around);
}
