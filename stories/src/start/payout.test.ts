import assert from 'node:assert/strict';
import { payoutPage } from '@roamgrid/wire';
import { DUKE_ENERGY } from '../system/consortium.ts';
import { providerOf } from '../system/register.ts';
import { until } from '../system/until.ts';
import { endStage, theStage, type Stage } from './testing/stage.ts';

after(endStage);

describe('desks that run', function () {
  this.timeout(60_000);
  let stage: Stage;
  before(async function () {
    stage = await theStage(this);
  });

  it('pay the owner of the stations what a period comes to, by themselves', async () => {
    const { system, report } = stage.run;
    const duke = system.utility(DUKE_ENERGY.utilityId);
    const url = `${duke.aaa.url}/operator/v1`;
    const [bill] = report.bills;
    await duke.operator('POST', `${url}/periods/${bill?.periodId ?? ''}/payouts`, undefined, payoutPage);
    const paid = await until('a payout that is paid', async () => {
      const { payouts } = await duke.operator('GET', `${url}/payouts`, undefined, payoutPage);
      return payouts.find(({ state }) => state === 'paid');
    });
    assert.equal(paid.providerId, providerOf(DUKE_ENERGY.utilityId));
    assert.ok(paid.amountMicros > 0n);
  });
});
