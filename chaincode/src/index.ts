/** The smart contracts of the roaming consortium, in the shape that `fabric-shim` looks for. */
import { BookingContract } from './booking/contract.ts';
import { ClearingContract } from './clearing/contract.ts';
import { ConsortiumContract } from './consortium/contract.ts';
import { GridContract } from './grid/contract.ts';
import { NettingContract } from './netting/contract.ts';
import { PaymentContract } from './payment/contract.ts';
import { SessionContract } from './session/contract.ts';
import { TariffContract } from './tariff/contract.ts';

export {
  ClearingContract,
  ConsortiumContract,
  GridContract,
  NettingContract,
  SessionContract,
  TariffContract,
};

/** What `fabric-chaincode-node` loads from the package's main module. */
export const contracts = [
  ConsortiumContract,
  GridContract,
  TariffContract,
  SessionContract,
  ClearingContract,
  NettingContract,
  PaymentContract,
  BookingContract,
];
