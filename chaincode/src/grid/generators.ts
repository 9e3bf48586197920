import { generatorRecord, stateKey, type GeneratorRecord, type UtilityRecord } from '@roamgrid/wire';
import { getActiveUtility } from '../consortium/registry.ts';
import { ensure, requireMember, type Transaction } from '../context/index.ts';

/** The member that certifies generation, when the caller acts for it in that role and the others made it a registrar. */
export const requireRegistrar = async (tx: Transaction, utilityId: string): Promise<UtilityRecord> => {
  const utility = await getActiveUtility(tx, utilityId);
  requireMember(tx.caller, utility, ['registrar']);
  ensure(
    utility.registrar?.active === true,
    'FORBIDDEN',
    `${utilityId} is no registrar: the other members have to appoint it (consortium.vote)`,
  );
  return utility;
};

export const getGenerator = (tx: Transaction, generatorId: string): Promise<GeneratorRecord> =>
  tx.getOften(generatorRecord, stateKey.generator(generatorId));
