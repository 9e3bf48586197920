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

/** Whether a card that is of no use any more can be followed, in its contract, by another of the same customer's. */
export const isFollowed = (
  { cinState, customerId }: Pick<SwipedCustomer, 'cinState' | 'customerId'>,
  next: { readonly customer_id: string },
): boolean => cinState !== 'active' && customerId === next.customer_id;
