import { duration, energy, localTime, money, percent, power, sentence } from '../shared/format.ts';
import { facts, h } from '../shared/dom.ts';
import { exchangedFacts } from '../shared/exchanged.ts';
import { endedBecause, standardWord } from './end-reasons.ts';
import { ownDevice } from './own-device.ts';
import { station, type Info, type Of, type Screen, type State } from './api.ts';
import { readerText, welcome } from './welcome.ts';

/** What a screen needs beside its state. */
export interface Surroundings {
  readonly info: Info;
  /** Run a step; its failure is shown to the driver. */
  readonly run: (step: () => Promise<unknown>) => void;
}

const LOYALTY = {
  none: '',
  gold: 'Gold member',
  diamond: 'Diamond member',
  platinum: 'Platinum member',
} as const;
const SERVICE = { charging: 'Charging', 'fleet-charging': 'Charging of a fleet car' } as const;

const button = (text: string, onclick: () => void, kind = '') =>
  h('button', { type: 'button', class: kind, onclick }, text);

const waiting = (title: string, text: string) =>
  h('section', { class: 'card' }, h('h1', {}, title), h('p', { class: 'lead pulse' }, text));

function refused({ refusal }: Of<'refused'>, { run }: Surroundings): HTMLElement {
  return h(
    'section',
    { class: 'card problem' },
    h('h1', {}, 'We could not start'),
    h('p', {}, sentence(refusal.message)),
    h('p', {}, sentence(refusal.remedy)),
    h('p', { class: 'lead' }, `Code ${refusal.code}`),
    h(
      'div',
      { class: 'row' },
      button('Start again', () => run(station.done), 'primary'),
    ),
  );
}

function offered(
  { offer, driverConsented, askedAgain }: Of<'offer'>,
  { info, run }: Surroundings,
): HTMLElement {
  const { quote } = offer;
  const discount = quote.adjustmentPpm.startsWith('-');
  const member = LOYALTY[offer.loyalty];
  const mayAccept = offer.driverConsent !== 'required' || driverConsented;
  return h(
    'div',
    { class: 'two' },
    h(
      'section',
      { class: 'card' },
      h('h1', {}, 'Your price'),
      askedAgain
        ? h(
            'p',
            { class: 'problem', role: 'alert' },
            'Your answer is needed: accept or turn down this price.',
          )
        : undefined,
      h(
        'p',
        { class: 'lead' },
        `About this much for ${energy(quote.requestedEnergyWh)} at this station, now:`,
      ),
      h('p', { class: 'total', id: 'estimate' }, money(quote.estimateMicros, quote.currency)),
      facts([
        ['Never more than', money(quote.capMicros, quote.currency)],
        ['Service', SERVICE[offer.service]],
        ...exchangedFacts(offer.exchanged, quote.currency),
        ['Billed by', offer.homeUtilityName],
        ['Offer holds until', localTime(quote.validUntilMs, info.timeZone)],
      ]),
      member === '' ? undefined : h('p', {}, `${member}${discount ? ': your discount is included.' : '.'}`),
    ),
    h(
      'section',
      { class: 'card' },
      h('h2', {}, 'How it is made up'),
      facts(offer.priceLines.map((line) => [line.label, money(line.amountMicros, quote.currency)] as const)),
      h('p', { class: 'lead' }, 'You pay for what you take. Charging starts only when you accept.'),
      h(
        'div',
        { class: 'row' },
        mayAccept
          ? button('Accept and charge', () => run(() => station.consent(offer.quoteHash)), 'primary')
          : undefined,
        button('No, thank you', () => run(station.decline)),
      ),
    ),
    ownDevice(offer, driverConsented),
  );
}

function running(
  title: string,
  lead: string,
  stop: string,
  { progress }: Of<'charging'> | Of<'parked'>,
  { info, run }: Surroundings,
): HTMLElement {
  const { socPpm } = progress;
  return h(
    'section',
    { class: 'card' },
    h('h1', {}, title),
    h('p', { class: 'lead' }, lead),
    socPpm === undefined
      ? undefined
      : h(
          'div',
          {},
          h('label', { for: 'soc' }, `Battery at ${percent(socPpm)}`),
          h('progress', { id: 'soc', max: '1000000', value: String(socPpm) }),
        ),
    h('p', { class: 'total', id: 'energy' }, energy(progress.energyWh)),
    facts([
      ['Power now', power(progress.powerW)],
      ['Time', duration(progress.nowMs - progress.startMs)],
      ['So far about', money(progress.runningMicros, progress.currency)],
      ['Never more than', money(progress.capMicros, progress.currency)],
      ['Started at', localTime(progress.startMs, info.timeZone)],
    ]),
    h(
      'div',
      { class: 'row' },
      button(stop, () => run(station.stop), 'danger'),
    ),
  );
}

/** The agreed limit is near: a price to go on under, beside the session that still charges. */
function goOn(
  { offer, driverConsented }: NonNullable<Of<'charging'>['next']>,
  { run }: Surroundings,
): HTMLElement {
  const { quote } = offer;
  const mayAccept = offer.driverConsent !== 'required' || driverConsented;
  return h(
    'section',
    { class: 'card', role: 'alert' },
    h('h2', {}, 'The agreed limit is near'),
    h('p', {}, 'Charging stops there. You can go on under a new price:'),
    facts([
      [`About, for ${energy(quote.requestedEnergyWh)} more`, money(quote.estimateMicros, quote.currency)],
      ['Never more than', money(quote.capMicros, quote.currency)],
      ...exchangedFacts(offer.exchanged, quote.currency),
      ['Billed by', offer.homeUtilityName],
    ]),
    mayAccept
      ? h(
          'div',
          { class: 'row' },
          button('Accept and go on', () => run(() => station.consent(offer.quoteHash)), 'primary'),
        )
      : undefined,
    ownDevice(offer, driverConsented),
  );
}

function charging(state: Of<'charging'>, around: Surroundings): HTMLElement {
  const now = running('Charging', 'The cable is locked.', 'Stop charging', state, around);
  return state.next === undefined ? now : h('div', { class: 'two' }, goOn(state.next, around), now);
}

const parked = (state: Of<'parked'>, around: Surroundings): HTMLElement =>
  running(
    'No more energy flows',
    'Your car is full, or has all that you agreed to. It holds this outlet: parking is priced until you unplug.',
    'Finish and unlock the cable',
    state,
    around,
  );

const LINE = {
  FLAT: 'Start fee',
  ENERGY: 'Energy',
  TIME: 'Time',
  PARKING_TIME: 'Parking',
  ADJUSTMENT: 'Agreed adjustment',
  ADAPTATION: 'Grid demand',
  MIN_PRICE: 'Minimum price',
  MAX_PRICE: 'Maximum price',
  ROUNDING: 'Rounding',
} as const;

function lineLabel(line: Of<'bill'>['bill']['lines'][number], currency: string): string {
  const name = LINE[line.kind];
  if (line.unit === 'Wh') return `${name}: ${energy(line.quantity)} at ${line.unitPrice} ${currency}/kWh`;
  if (line.unit === 's') return `${name}: ${duration(Number(line.quantity) * 1000)}`;
  return name;
}

const batteryFacts = (soc: Of<'bill'>['bill']['soc']): (readonly [string, string])[] =>
  soc === undefined ? [] : [['Battery', `${percent(soc.endPpm)} charged (${percent(soc.beginPpm)} before)`]];

/** The end is kept and will reach home; only the amount is not known here. */
function billComes({ ended }: Of<'bill-later'>, { info, run }: Surroundings): HTMLElement {
  return h(
    'section',
    { class: 'card' },
    h('h1', {}, 'Thank you for charging here'),
    h('p', { class: 'lead' }, endedBecause(ended.endReason)),
    h(
      'p',
      {},
      `The amount will be on your bill from ${ended.homeUtilityName}: this station cannot reach its network now and has kept your session.`,
    ),
    facts([
      ['Energy', energy(ended.energyWh)],
      ...(ended.socPpm === undefined ? [] : [['Battery', `${percent(ended.socPpm)} charged`] as const]),
      ['Time', duration(ended.endMs - ended.startMs)],
      ['To', localTime(ended.endMs, info.timeZone)],
    ]),
    h('p', { class: 'lead' }, 'The cable is unlocked.'),
    h('p', { class: 'lead reference' }, `Session ${ended.sessionId}`),
    h(
      'div',
      { class: 'row' },
      button('Done', () => run(station.done), 'primary'),
    ),
  );
}

const connect = (_state: Of<'connect'>, { run }: Surroundings): HTMLElement =>
  h(
    'section',
    { class: 'card' },
    h('h1', {}, 'Plug in your car'),
    h('p', { class: 'lead pulse' }, 'Charging starts as soon as the cable is in.'),
    h(
      'div',
      { class: 'row' },
      button('Cancel', () => run(station.decline)),
    ),
  );

function billed({ bill }: Of<'bill'>, { info, run }: Surroundings): HTMLElement {
  return h(
    'div',
    { class: 'two' },
    h(
      'section',
      { class: 'card' },
      h('h1', {}, 'Thank you for charging here'),
      h('p', { class: 'lead' }, endedBecause(bill.endReason)),
      h('p', { class: 'total', id: 'total' }, money(bill.totalMicros, bill.currency)),
      facts([
        ['Energy', energy(bill.energyWh)],
        ...batteryFacts(bill.soc),
        ['Time', duration(bill.endMs - bill.startMs)],
        ['From', localTime(bill.startMs, info.timeZone)],
        ['To', localTime(bill.endMs, info.timeZone)],
      ]),
    ),
    h(
      'section',
      { class: 'card' },
      h('h2', {}, 'Price lines'),
      facts([
        ...bill.lines.map(
          (line) => [lineLabel(line, bill.currency), money(line.amountMicros, bill.currency)] as const,
        ),
        ['Tax', money(bill.taxMicros, bill.currency)],
        ['Total', money(bill.totalMicros, bill.currency)],
      ]),
      h('p', {}, bill.consentBy === 'device' ? 'You agreed on your own device, too.' : 'You agreed here.'),
      h('p', {}, `It will be on your one bill from ${bill.homeUtilityName}. There is nothing to pay here.`),
      h('p', { class: 'lead' }, 'The cable is unlocked.'),
      h('p', { class: 'lead reference' }, `Session ${bill.sessionId}`),
      h('p', { class: 'lead reference' }, `Ended as ${standardWord(bill.endReason)}`),
      h(
        'div',
        { class: 'row' },
        button('Done', () => run(station.done), 'primary'),
      ),
    ),
  );
}

/** The content of `main` for each state: total, so that a new screen cannot be forgotten. */
const SCREENS: { [S in Screen]: (state: Of<S>, around: Surroundings) => HTMLElement } = {
  welcome,
  authorising: () => waiting('One moment', 'Asking your home utility …'),
  refused,
  offer: offered,
  connect,
  starting: () => waiting('Starting', 'Preparing the outlet …'),
  charging,
  parked,
  stopping: () => waiting('Ending', 'Making up your bill …'),
  'bill-later': billComes,
  bill: billed,
};

export function render(state: State, around: Surroundings): HTMLElement {
  const screen = SCREENS[state.screen] as (state: State, around: Surroundings) => HTMLElement;
  return screen(state, around);
}

/** One sentence for a screen reader when the screen changes. */
export function announcement(state: State): string {
  switch (state.screen) {
    case 'welcome':
      return `Ready. ${readerText(state)}`;
    case 'authorising':
      return 'Asking your home utility.';
    case 'refused':
      return `We could not start. ${sentence(state.refusal.message)} ${sentence(state.refusal.remedy)}`;
    case 'offer':
      return `${state.askedAgain ? 'Your answer is needed. ' : ''}Your price is about ${money(state.offer.quote.estimateMicros, state.offer.quote.currency)}. ${
        state.offer.driverConsent === 'required' && !state.driverConsented
          ? 'Agree on your own device first.'
          : 'Accept to start charging.'
      }`;
    case 'connect':
      return 'Plug in your car.';
    case 'starting':
      return 'Starting.';
    case 'charging':
      return state.next === undefined
        ? 'Charging.'
        : `The agreed limit is near. You can go on for about ${money(state.next.offer.quote.estimateMicros, state.next.offer.quote.currency)}.`;
    case 'parked':
      return 'No more energy flows. Parking is priced until you unplug.';
    case 'stopping':
      return 'Ending.';
    case 'bill-later':
      return `Charging ended. ${endedBecause(state.ended.endReason)} The amount will be on your bill from home.`;
    case 'bill':
      return `Charging ended. ${endedBecause(state.bill.endReason)} Total ${money(state.bill.totalMicros, state.bill.currency)}.`;
  }
}
