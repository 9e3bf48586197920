/** A consortium, its charger and phones, air as bad as it is told to be, and power that goes. */
export { Air, SimulatedTime, type AirOptions } from './air.ts';
export {
  certified,
  CHARGER,
  EVSE_ID,
  HOME,
  MEMBERS,
  newKeys,
  NOW_S,
  PHONE,
  short,
  TOKEN,
  VISITED,
} from './consortium.ts';
export { CutFlash, Power, PowerCut } from './cut-flash.ts';
export { Park, type OutletMaker } from './park.ts';
export { signCreditHead } from '../phone/credit-chain.ts';
export { signCreditEntry } from '../phone/credit-entry.ts';
export { decodeCbor, encodeCbor } from '../cbor/cbor.ts';
export { sealFor } from '../charger/sealed-for.ts';
export { SpentTokens } from '../charger/spent-tokens.ts';
export { SimulatedOutlet } from './simulated-outlet.ts';
