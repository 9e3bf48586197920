import assert from 'node:assert/strict';
import { endorsementClockRefusal } from '@roamgrid/wire';
import { isOfAClock, refusalIn } from './chaincode-message.ts';

const ofAClock = `chaincode response 500, CLOCK_SKEW: ${endorsementClockRefusal(90_000, 0, 60_000)}`;
const statedTime =
  'chaincode response 500, CLOCK_SKEW: openedAtMs lies 400000 ms after the transaction’s time';
const ofAContract = 'chaincode response 500, WRONG_STATE: session s1 is closed, not opened';

describe('what endorsers said', () => {
  it('is a matter of a clock only where an endorser would not sign for its own, not where a stated time is wrong', () => {
    assert.equal(isOfAClock(refusalIn([ofAClock], undefined)), true);
    assert.equal(isOfAClock(refusalIn([statedTime], undefined)), false);
    assert.equal(isOfAClock(refusalIn([ofAContract], undefined)), false);
    assert.equal(isOfAClock(refusalIn(['no endorser answers'], undefined)), false);
  });

  it('is the contract’s refusal where one endorser’s clock is off and another one’s contract refused', () => {
    for (const messages of [
      [ofAClock, ofAContract],
      [ofAContract, ofAClock],
    ])
      assert.equal(refusalIn(messages, undefined)?.code, 'WRONG_STATE');
  });
});
