import {
  flexHouseBody,
  flexHouseRecord,
  meterKeyId,
  meterKeyRecord,
  privateKey,
  stateKey,
  type gridCommands,
} from '@roamgrid/wire';
import { getDealing, openTerms, putBodies, requireInForce } from '../../consortium/agreement.ts';
import { ensure, type Verb } from '../../context/index.ts';
import { flexibilityOf, isOfPair, requireParty } from '../flexibility.ts';

/**
 * Enrols a house with its meter and the card that is paid. A meter's key is of one house for ever, and never an outlet's: energy that a session
 * bills is not paid as flexibility too.
 */
export const enrolHouse: Verb<typeof gridCommands.enrolHouse> = async (tx, command) => {
  const { houseId, agreementId, vun, hun, bodyHash } = command;
  const dealing = await getDealing(tx, command);
  requireParty(tx, dealing, ['operator', 'aaa']);
  requireInForce(dealing.agreement, tx.nowMs);
  flexibilityOf(openTerms(tx, dealing.agreement));
  const { value: house, hash, text } = tx.transient(flexHouseBody, 'house');
  ensure(hash === bodyHash, 'HASH_MISMATCH', 'the house does not hash to bodyHash');
  ensure(
    house.houseId === houseId && isOfPair(house, command),
    'INVALID_ARGUMENT',
    'the body names another house, pair or agreement',
  );
  const key = stateKey.flexHouse(houseId);
  await tx.requireAbsent(key);
  const meterKey = stateKey.meterKey(meterKeyId(house.meterKey));
  const bound = await tx.find(meterKeyRecord, meterKey);
  ensure(
    bound === undefined,
    'CONFLICT',
    `the key of meter ${house.meterId} is registered already: a house's meter is no other's and no outlet's`,
  );
  const { endorsers } = dealing;
  const common = { version: 1, houseId } as const;
  tx.put(
    meterKeyRecord,
    meterKey,
    { type: 'meterKey', ...common, utilityId: vun, group: 'houses', signedBy: 'meter' },
    { ofItem: true },
  );
  tx.put(
    flexHouseRecord,
    key,
    { type: 'flexHouse', ...common, agreementId, vun, hun, bodyHash, enrolledAtMs: tx.nowMs },
    { endorsers },
  );
  putBodies(tx, dealing, [[privateKey.flexHouse(houseId), text]]);
};
