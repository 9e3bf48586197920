import { driverAt, signPlaceRules, takePlaceRules, type Operator, type PlaceRules } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { kitError } from '@roamgrid/service-kit';
import { chargerRules, type ChargerRules } from '@roamgrid/wire';
import { z } from 'zod';
import { gatewayError } from '../../problems.ts';
import { stationOf, type CertifyContext } from '../certify.ts';
import { keepWord, type SignedWord } from './signed-words.ts';

export type RulesContext = Pick<CertifyContext, 'db' | 'keys' | 'nowMs' | 'registry' | 'utilityId'>;

/** The name at an outlet of a driver whose phone's key is kept by its x, in hex. */
export const namedAt = (evseId: string, x: string): Promise<Uint8Array> =>
  driverAt(evseId, { x: new Uint8Array(Buffer.from(x, 'hex')) }, NODE_SUITE);

const placeRules = async (
  evseId: string,
  version: number,
  { drivers, kind, ...rules }: ChargerRules,
): Promise<PlaceRules> => ({
  ...{ ...rules, kind, evseId, version },
  drivers: await Promise.all(drivers.map((x) => namedAt(evseId, x))),
});

/** The utility as its chargers know it. */
export const operatorOf = ({ keys }: Pick<RulesContext, 'keys'>): Operator => ({
  ...{ kid: keys.signer.kid, key: keys.key, readerPoint: keys.readers[0].point },
});

/** @throws ServiceError OFFLINE_OUTLET_UNKNOWN */
export const requireOutlet = (
  context: Pick<RulesContext, 'registry' | 'utilityId'>,
  evseId: string,
): void => {
  if (stationOf(context, evseId) === undefined)
    throw gatewayError('OFFLINE_OUTLET_UNKNOWN', `${evseId} is no outlet of this utility in service`);
};

/**
 * Says what holds at an outlet from when its charger hears of it. The same again is the same word.
 * @throws ServiceError OFFLINE_OUTLET_UNKNOWN; INVALID_REQUEST for what a charger would not take
 */
export const setRules = async (
  context: RulesContext,
  evseId: string,
  rules: ChargerRules,
): Promise<SignedWord> => {
  requireOutlet(context, evseId);
  const said = JSON.stringify(z.encode(chargerRules, rules));
  const sign = async (version: number) => {
    const word = await signPlaceRules(await placeRules(evseId, version, rules), context.keys.signer);
    // What nobody would take is found here, and not at the charger.
    const has = { evseId, version: version - 1 };
    const taken = await takePlaceRules(word, operatorOf(context), has, NODE_SUITE);
    if (!taken.ok) throw kitError('INVALID_REQUEST', `a charger would not take it: ${taken.error.message}`);
    return word;
  };
  return keepWord(context, { subject: evseId, kind: 'rules' }, () => ({ said, sign }));
};
