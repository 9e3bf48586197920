import { formatDecimal } from '@roamgrid/domain';
import type { SwipeOffer, SwipeRefusal } from '@roamgrid/wire';
import type { DriverText } from '../model/station-desk.ts';

/** What drivers read on the screens of stations: short lines, for most screens have room for one. */

/** Decimal places that money is shown with: tenths of a cent are not paid at a screen. */
const SHOWN_PLACES = 2;
const MICROS_PLACES = 6;
const ROUND_TO_CENT = 10_000n;

/** Never less than it is. */
const money = (micros: bigint, currency: string): string => {
  const cents = (micros + ROUND_TO_CENT - 1n) / ROUND_TO_CENT;
  return `${formatDecimal(cents * ROUND_TO_CENT, MICROS_PLACES, SHOWN_PLACES)} ${currency}`;
};

const kWh = (energyWh: bigint): string => `${formatDecimal(energyWh, 3)} kWh`;

interface OfferWords {
  readonly price: string;
  readonly energy: string;
  readonly estimate: string;
  readonly cap: string;
  readonly payer: string;
}

interface Words {
  readonly offer: (words: OfferWords) => string;
  readonly askDevice: (payer: string) => string;
  readonly running: (cost: string) => string;
  readonly total: (cost: string) => string;
}

const ENGLISH: Words = {
  offer: ({ price, energy, estimate, cap, payer }) =>
    `${price}. About ${estimate} for ${energy}, at most ${cap}. ${payer} bills you. To accept, start charging.`,
  askDevice: (payer) => `Agree to the price on your own device first: ${payer} asks for it.`,
  running: (cost) => `So far ${cost}.`,
  total: (cost) => `Together ${cost}. Your utility bills you.`,
};

const WORDS: Readonly<Record<string, Words>> = {
  en: ENGLISH,
  de: {
    offer: ({ price, energy, estimate, cap, payer }) =>
      `${price}. Etwa ${estimate} für ${energy}, höchstens ${cap}. ${payer} rechnet ab. Mit dem Laden stimmen Sie zu.`,
    askDevice: (payer) => `Stimmen Sie erst auf Ihrem eigenen Gerät zu: ${payer} verlangt es.`,
    running: (cost) => `Bisher ${cost}.`,
    total: (cost) => `Zusammen ${cost}. Ihr Versorger rechnet ab.`,
  },
  es: {
    offer: ({ price, energy, estimate, cap, payer }) =>
      `${price}. Unos ${estimate} por ${energy}, como máximo ${cap}. Le factura ${payer}. Al cargar, acepta.`,
    askDevice: (payer) => `Acepte antes el precio en su propio dispositivo: lo pide ${payer}.`,
    running: (cost) => `Hasta ahora ${cost}.`,
    total: (cost) => `En total ${cost}. Le factura su compañía.`,
  },
};

/** The driver's language first, then English. */
const say = (language: string | undefined, write: (words: Words) => string): readonly DriverText[] => {
  const own = language === undefined || language === 'en' ? undefined : WORDS[language];
  const english = { language: 'en', text: write(ENGLISH) };
  return own === undefined || language === undefined ? [english] : [{ language, text: write(own) }, english];
};

const priceOf = ({ lines, quote: { currency } }: SwipeOffer): string => {
  const prices = new Set(lines.filter(({ kind }) => kind === 'ENERGY').map(({ unitPrice }) => unitPrice));
  const fees = lines
    .filter(({ kind }) => kind === 'FLAT')
    .map(({ amountMicros }) => money(amountMicros, currency));
  const perKWh = prices.size === 0 ? [] : [`${[...prices].join(' / ')} ${currency}/kWh`];
  return [...perKWh, ...fees].join(' + ') || `0 ${currency}/kWh`;
};

/** The price, the estimate, the cap and who pays. A customer whose account is in another currency reads that one too. */
export const offerTexts = (offer: SwipeOffer): readonly DriverText[] => {
  const { quote, exchanged, homeUtilityName, language } = offer;
  const both = (micros: bigint, other: bigint | undefined): string =>
    exchanged === undefined || other === undefined
      ? money(micros, quote.currency)
      : `${money(micros, quote.currency)} (${money(other, exchanged.currency)})`;
  const texts = say(language, (words) =>
    words.offer({
      price: priceOf(offer),
      energy: kWh(quote.requestedEnergyWh),
      estimate: both(quote.estimateMicros, exchanged?.estimateMicros),
      cap: both(quote.capMicros, exchanged?.capMicros),
      payer: homeUtilityName,
    }),
  );
  if (offer.driverConsent !== 'required') return texts;
  return [...say(language, (words) => words.askDevice(homeUtilityName)), ...texts];
};

/** Asks for the own device's consent, where no screen consents. */
export const deviceTexts = ({ homeUtilityName, language }: SwipeOffer): readonly DriverText[] =>
  say(language, (words) => words.askDevice(homeUtilityName));

export const refusalTexts = ({ message, remedy }: SwipeRefusal): readonly DriverText[] => [
  { language: 'en', text: `${message} ${remedy}` },
];

export const runningTexts = (runningMicros: bigint, currency: string): readonly DriverText[] =>
  say(undefined, (words) => words.running(money(runningMicros, currency)));

export const totalTexts = (totalMicros: bigint, currency: string): readonly DriverText[] =>
  say(undefined, (words) => words.total(money(totalMicros, currency)));
