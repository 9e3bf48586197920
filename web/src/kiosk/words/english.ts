import type { EndReason } from '@roamgrid/domain';
import type { Of } from '../api.ts';

type Loyalty = Exclude<Of<'offer'>['offer']['loyalty'], 'none'>;
type Service = Of<'offer'>['offer']['service'];
type LineKind = Of<'bill'>['bill']['lines'][number]['kind'];
type ReaderState = Of<'welcome'>['reader'];
interface Refusal {
  readonly message: string;
  readonly remedy: string;
}

const LOYALTY: Readonly<Record<Loyalty, string>> = {
  gold: 'Gold member',
  diamond: 'Diamond member',
  platinum: 'Platinum member',
};
const SERVICES: Readonly<Record<Service, string>> = {
  charging: 'Charging',
  'fleet-charging': 'Charging of a fleet car',
};
const LINES: Readonly<Record<LineKind, string>> = {
  FLAT: 'Start fee',
  ENERGY: 'Energy',
  TIME: 'Time',
  PARKING_TIME: 'Parking',
  ADJUSTMENT: 'Agreed adjustment',
  ADAPTATION: 'Grid demand',
  MIN_PRICE: 'Minimum price',
  MAX_PRICE: 'Maximum price',
  ROUNDING: 'Rounding',
};
const READER: Readonly<Record<ReaderState, string>> = {
  none: 'The card reader is not available. Scan a code or enter your number.',
  ready: 'Hold your card to the reader.',
  unreadable: 'The card could not be read. Hold it to the reader again.',
  'several-cards': 'There is more than one card at the reader. Hold one alone.',
  'removed-too-soon': 'The card was taken away too soon. Hold it to the reader a little longer.',
};
const ENDED: Readonly<Record<EndReason, string>> = {
  full: 'Your battery is full.',
  driver: 'You stopped charging.',
  'cable-out': 'The cable was pulled out.',
  limit: 'The agreed limit was reached.',
  revoked: 'Your utility no longer pays for this session.',
  'ledger-unavailable': 'Sessions cannot be recorded now, so charging had to end.',
  operator: 'The operator of this station ended charging.',
  'over-current': 'Your car drew too much current, so charging ended.',
  'ground-fault':
    'Charging ended because current leaked to ground. Do not touch the car, and call the operator.',
  'over-temperature': 'The plug became too hot, so charging ended.',
  'meter-error': 'The meter of this outlet failed, so charging ended. What it counted before is billed.',
  'power-cut': 'The power failed, so charging ended.',
  fault: 'Charging ended because of a fault.',
};

/** What the kiosk says. The other languages have the same entries, or do not compile. */
export const english = {
  page: {
    title: 'Charge your car',
    skip: 'Skip to the charging steps',
    language: 'Language',
    outlet: (evseId: string): string => `Outlet ${evseId}`,
    connecting: 'Connecting to the station …',
    noAnswer: 'The station did not answer.',
  },
  welcome: {
    title: 'Charge with your own card',
    lead: 'Any utility of the roaming network. You see the price first; one bill comes from home.',
    energy: 'How much energy?',
    time: 'How long will you stay?',
    minutes: (n: number): string => `${n} minutes`,
    hours: (n: number): string => (n === 1 ? '1 hour' : `${n} hours`),
    reader: READER,
    scan: 'Scan a QR code',
    noCode: 'No QR code could be read. Hold it straight and try again.',
    number: 'Or enter your number',
    cin: 'Consumer identity number (CIN) or its 19 digits',
    cinHint: 'Printed on the front of your card, for example US ALP C E 0012345 and one check character.',
    numberPad: 'Number pad',
    letterPad: 'Letter pad',
    erase: 'Erase the last character',
    go: 'Go',
    ready: (reader: string): string => `Ready. ${reader}`,
  },
  wait: {
    oneMoment: 'One moment',
    asking: 'Asking your home utility …',
    starting: 'Starting',
    preparing: 'Preparing the outlet …',
    ending: 'Ending',
    billing: 'Making up your bill …',
  },
  refused: {
    title: 'We could not start',
    again: 'Start again',
    code: (code: string): string => `Code ${code}`,
    /** What stations and gateways say by themselves is in English already, and says more. */
    because: {} as Readonly<Record<string, Refusal>>,
  },
  offer: {
    title: 'Your price',
    answer: 'Your answer is needed: accept or turn down this price.',
    answerShort: 'Your answer is needed.',
    lead: (energy: string): string => `About this much for ${energy} at this station, now:`,
    most: 'Never more than',
    service: 'Service',
    services: SERVICES,
    billedBy: 'Billed by',
    until: 'Offer holds until',
    loyalty: LOYALTY,
    discount: (member: string): string => `${member}: your discount is included.`,
    member: (member: string): string => `${member}.`,
    lines: 'How it is made up',
    pay: 'You pay for what you take. Charging starts only when you accept.',
    accept: 'Accept and charge',
    decline: 'No, thank you',
    about: (price: string): string => `Your price is about ${price}.`,
    deviceFirst: 'Agree on your own device first.',
    acceptToStart: 'Accept to start charging.',
  },
  exchange: {
    about: 'On your bill about',
    most: 'On your bill never more than',
    rate: 'Rate',
    fixed: (one: string, rate: string, source: string): string => `${one} is ${rate}, fixed now (${source})`,
  },
  device: {
    agreed: 'Your own device agreed',
    acceptHere: 'Accept here to start charging.',
    first: 'Agree on your own device first',
    can: 'Your own device can agree, too',
    required: (utility: string): string =>
      `${utility} asks for it for such an amount. Then you can accept here.`,
    optional: 'If you like, agree there before you accept here.',
    app: (utility: string): string => `Use the app of ${utility}.`,
    code: 'Code that leads your device to this offer',
    page: (utility: string): string => `Open the page of ${utility}`,
  },
  connect: {
    title: 'Plug in your car',
    lead: 'Charging starts as soon as the cable is in.',
    cancel: 'Cancel',
  },
  charging: {
    title: 'Charging',
    lead: 'The cable is locked.',
    stop: 'Stop charging',
    battery: (percent: string): string => `Battery at ${percent}`,
    power: 'Power now',
    time: 'Time',
    soFar: 'So far about',
    most: 'Never more than',
    started: 'Started at',
    near: 'The agreed limit is near',
    goOnLead: 'Charging stops there. You can go on under a new price:',
    more: (energy: string): string => `About, for ${energy} more`,
    goOn: 'Accept and go on',
    goOnAbout: (price: string): string => `The agreed limit is near. You can go on for about ${price}.`,
  },
  parked: {
    title: 'No more energy flows',
    lead: 'Your car is full, or has all that you agreed to. It holds this outlet: parking is priced until you unplug.',
    stop: 'Finish and unlock the cable',
    said: 'No more energy flows. Parking is priced until you unplug.',
  },
  bill: {
    title: 'Thank you for charging here',
    ended: ENDED,
    later: (utility: string): string =>
      `The amount will be on your bill from ${utility}: this station cannot reach its network now and has kept your session.`,
    laterShort: 'The amount will be on your bill from home.',
    over: 'Charging ended.',
    energy: 'Energy',
    battery: 'Battery',
    charged: (percent: string): string => `${percent} charged`,
    chargedFrom: (end: string, begin: string): string => `${end} charged (${begin} before)`,
    time: 'Time',
    from: 'From',
    to: 'To',
    unlocked: 'The cable is unlocked.',
    session: (id: string): string => `Session ${id}`,
    endedAs: (word: string): string => `Ended as ${word}`,
    lines: 'Price lines',
    line: LINES,
    /** `unit` is `kWh` or the words for an hour. */
    at: (name: string, quantity: string, price: string): string => `${name}: ${quantity} at ${price}`,
    hour: 'hour',
    tax: 'Tax',
    total: 'Total',
    totalSaid: (amount: string): string => `Total ${amount}.`,
    agreedOnDevice: 'You agreed on your own device, too.',
    agreedHere: 'You agreed here.',
    home: (utility: string): string =>
      `It will be on your one bill from ${utility}. There is nothing to pay here.`,
    done: 'Done',
  },
};

export type KioskWords = typeof english;
