import type { Bills } from '../bills.ts';
import type { Contest } from '../contest.ts';
import { bookingEnglish } from './booking/english.ts';
import { walletEnglish } from './wallet/english.ts';

type Bill = Bills[number];
type Source = NonNullable<Bill['lines'][number]['origin']>[number]['source'];

const STATES: Readonly<Record<Bill['state'], string>> = {
  open: 'Still open: more sessions may come',
  issued: 'To pay',
  paid: 'Paid',
};
const SOURCES: Readonly<Record<Source, string>> = {
  NUCLEAR: 'nuclear power',
  GENERAL_FOSSIL: 'fossil fuels',
  COAL: 'coal',
  GAS: 'gas',
  GENERAL_GREEN: 'renewables',
  SOLAR: 'the sun',
  WIND: 'wind',
  WATER: 'water',
};
const AGREED: Readonly<Record<Bill['lines'][number]['consentBy'], string>> = {
  station: 'You agreed at the station.',
  partner: 'You agreed in your provider’s app.',
  device: 'You agreed on your device.',
};
const BOOKING_ENDS: Readonly<Record<NonNullable<Bill['bookings']>[number]['state'], string>> = {
  granted: 'booked',
  used: 'used',
  cancelled: 'cancelled in time',
  'cancelled-late': 'cancelled too late',
  'no-show': 'you did not come',
  expired: 'run out',
};
const METERED: Readonly<Record<Bill['lines'][number]['meteredBy'], (utility: string) => string>> = {
  meter: () => 'From the signed meter record.',
  operator: (utility) => `From meter values that ${utility} vouches for.`,
};
const CONTEST_STATES: Readonly<Record<Contest['state'], string>> = {
  open: 'You contest this; your utility looks at it.',
  answered: 'You contested this; your utility answered.',
  raised: 'Your utility disputes this with the station’s utility.',
  upheld: 'You contested this; it stands as it was.',
  revised: 'You contested this; it costs less, on your next bill.',
  credited: 'You contested this; you get it back on your next bill.',
};
const CARD_STATES = { blocked: 'This card is blocked.', lost: 'This card is lost.' };

/** What the driver's page says. The other languages have the same entries, or do not compile. */
export const english = {
  page: {
    title: 'Your charging bill',
    place: 'Your charging, everywhere',
    skip: 'Skip to your bills',
    language: 'Language',
    notLoaded: 'The page could not be loaded.',
    wentWrong: 'That did not work.',
    utility: 'The utility',
    stationsUtility: 'The station’s utility',
  },
  signIn: {
    title: 'One bill for all your charging',
    said: 'Sign in to see your bill.',
    lead: (utility: string): string =>
      `Wherever in the network you charged, ${utility} bills you, and nobody else.`,
    bills: (utility: string): string => `Sign in at ${utility}`,
    device: 'Let this device sign',
    booking: 'Book ahead',
    wallet: 'Charge without a network',
    keptWallet: 'Open the wallet on this phone',
    cancelled: 'You cancelled the sign-in.',
    noPage: 'The utility has no sign-in page.',
    out: 'Sign out',
  },
  bills: {
    title: 'Your charging',
    said: (n: number): string => `Signed in. ${n} ${n === 1 ? 'bill' : 'bills'}.`,
    none: 'No bill yet. What you charge appears here when its period is billed.',
    of: (month: string): string => `Charging bill for ${month}`,
    sessions: (n: number): string => `${n} ${n === 1 ? 'session' : 'sessions'}`,
    states: STATES,
    paidInPart: (open: string): string => `Paid in part: ${open} to pay`,
    agreed: AGREED,
    metered: METERED,
    battery: (begin: string, end: string): string => `Battery from ${begin} to ${end}.`,
    took: (day: string, energy: string, time: string): string => `${day}, ${energy} in ${time}.`,
    exchanged: (amount: string, rate: string, one: string, source: string): string =>
      `${amount} at ${rate} for ${one} (${source})`,
    sources: SOURCES,
    origin: (percent: string, source: string): string =>
      `${percent} from ${source} of the same quarter-hours.`,
    sum: 'Sessions',
    credit: 'Your share of the roaming income, given back',
    corrected: 'Sessions of earlier bills, corrected',
    bookings: 'Outlets booked ahead',
    booked: (day: string, end: string): string => `For ${day}: ${end}.`,
    ends: BOOKING_ENDS,
    given: 'What your car and house gave',
    house: {
      DR: (day: string, energy: string): string => `${day}, ${energy} less taken when the grid asked for it.`,
      V2G: (day: string, energy: string): string => `${day}, ${energy} given when the grid asked for it.`,
      EXPORT: (day: string, energy: string): string => `${day}, ${energy} given to the grid.`,
    },
    gave: (day: string, energy: string, time: string): string => `${day}, ${energy} within ${time}.`,
    payable: 'The bill',
    paid: 'Paid',
    toPay: 'To pay',
    from: (utility: string, id: string): string => `From ${utility} alone. Bill ${id}`,
  },
  contest: {
    title: 'Something is wrong with this',
    why: 'What is wrong?',
    hint: 'Your utility may show this to the station’s. Do not write who you are.',
    send: 'Tell the utility',
    told: 'The utility has what you said.',
    said: (statement: string): string => `You said: “${statement}”`,
    answer: (answer: string): string => `The utility says: “${answer}”`,
    states: CONTEST_STATES,
    refused: 'The station’s utility need not answer this any more; your utility answers you itself.',
  },
  consent: {
    title: 'Agree to charge',
    lead: (energy: string, time: string): string => `${energy} in about ${time}, estimated:`,
    most: 'Never more than',
    onBill: 'On your bill',
    notKnown: 'not known now, if it is in another currency',
    station: 'Station',
    outlet: 'Outlet',
    offeredBy: 'Offered by',
    billedBy: 'Billed by',
    until: 'Offer holds until',
    notChecked: (utility: string): string =>
      `The offer’s signature could not be checked here now; ${utility} checks it before charging starts.`,
    signed: (utility: string): string => `${utility} signed exactly this offer.`,
    noOffer: 'This code is no offer of a station.',
    scanAgain: 'Scan the code on the station’s screen again.',
    otherUtility: 'This offer is for a customer of another utility.',
    openThere: 'Open it with the page of your own utility.',
    notSigned: 'This offer is not signed by who it says.',
    doNot: 'Do not agree to it, and tell your utility.',
    ranOut: 'This offer has run out. Swipe again at the station.',
    unknownDevice:
      'This device is not known to your utility yet. Sign in to add it; then swipe at the station again.',
    cannotYet: 'This device cannot agree yet.',
    agree: 'Agree',
    decline: 'No, thank you',
    declined: 'You did not agree.',
    nothingSent: 'Nothing was sent. Decline at the station, too.',
    agreed: 'Agreed',
    goOn: 'You agreed. Go on at the station: charging starts when you accept there.',
    said: 'Read the offer, then agree or not.',
  },
  exchange: {
    about: 'On your bill about',
    most: 'On your bill never more than',
    rate: 'Rate',
    fixed: (one: string, rate: string, source: string): string => `${one} is ${rate}, fixed now (${source})`,
  },
  devices: {
    title: 'This device',
    said: 'Your cards and the devices that sign for them.',
    lead: (utility: string): string =>
      `It can agree to what charging costs, beside the station. Its key never leaves it; ${utility} names it in all that it signs for your card.`,
    card: CARD_STATES as Readonly<Record<'blocked' | 'lost', string>>,
    none: 'No device signs for this card.',
    this: 'This device signs for this card.',
    other: 'Another device signs for this card.',
    bind: 'Let this device sign',
    remove: 'Remove the device',
    toBills: 'To your bills',
  },
  booking: bookingEnglish,
  wallet: walletEnglish,
};

export type DriverWords = typeof english;
