import { makeChaincode } from '../../src/chaincode.ts';
import { endorsementClock } from '../../src/context/index.ts';

/** The contracts as a host serves them: the tests state the times of their calls. */
endorsementClock.obey(() => 'simulated');
export const chaincode = makeChaincode();
