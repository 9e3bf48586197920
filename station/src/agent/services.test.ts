import assert from 'node:assert/strict';
import {
  CIN_SERVICES,
  codeOfService,
  makeCin,
  OUTLET_SERVICES,
  unwrap,
  type CinService,
} from '@roamgrid/domain';
import { outletRig, SWIPE, usual } from './outlet.fixture.ts';

describe('the service character of a CIN', () => {
  const gives: readonly CinService[] = OUTLET_SERVICES;
  for (const service of Object.values(CIN_SERVICES)) {
    const isGiven = gives.includes(service);
    it(`lets ${service} ${isGiven ? 'be asked for' : 'go no further than the outlet'}`, async () => {
      const rig = outletRig();
      try {
        const { outlet, gateway } = await rig.with(usual());
        const code = codeOfService(service);
        const cin = unwrap(makeCin({ country: 'US', party: 'ALP', service: code, customer: 'AB0C4ZX' }));
        const state = await outlet.swipe({ ...SWIPE, cin });
        assert.equal(
          state.screen === 'refused' ? state.refusal.code : state.screen,
          isGiven ? 'offer' : 'SERVICE_NOT_HERE',
        );
        assert.equal(gateway.received.length, isGiven ? 1 : 0);
      } finally {
        rig.close();
      }
    });
  }
});
