/** Decimal places of the smallest payable amount, where they are not two. Spec: ISO 4217, list one. */
const PLACES: Readonly<Record<string, number>> = Object.fromEntries([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'
    .split(' ')
    .map((code) => [code, 0]),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3]),
  ...'CLF UYW'.split(' ').map((code) => [code, 4]),
]) as Readonly<Record<string, number>>;

/** Decimal places that an amount of a currency is paid with. */
export const minorUnitPlaces = (currency: string): number => PLACES[currency] ?? 2;
