import { cinParts, readContractId } from '@roamgrid/domain';
import type { DriverToken } from '@roamgrid/wire';
import { findByCin, type SwipedCustomer } from '../hcp/customers.ts';
import type { Db } from '../store/database.ts';

/** The card that a contract id of this utility's is the CIN of, with its check character or without it. */
export const contractCard = async (
  db: Db,
  utilityId: string,
  { type, value }: DriverToken,
): Promise<SwipedCustomer | undefined> => {
  const contract = type === 'emaid' ? readContractId(value) : undefined;
  if (contract?.ok !== true || cinParts(contract.value.cin).utility !== utilityId) return undefined;
  return findByCin(db, contract.value.cin);
};
