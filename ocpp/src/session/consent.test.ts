import assert from 'node:assert/strict';
import { offerBody } from '@roamgrid/station-kit/testing';
import { swipeOffer } from '@roamgrid/wire';
import type { KeptOffer } from '../store/offers.ts';
import { consentOf, type ConsentSigns } from './consent.ts';

const ISSUED_MS = offerBody.quote.issuedAtMs;
const NOW_MS = ISSUED_MS + 60_000;
type Device = 'possible' | 'required';

const keptOf = (quote: object, device?: Device, changes: Partial<KeptOffer> = {}): KeptOffer => ({
  swipeId: 's1',
  evseId: 'US*DUK*E1*1',
  offer: swipeOffer.parse({
    ...offerBody,
    quote: { ...offerBody.quote, ...quote },
    ...(device && { driverConsent: device }),
  }),
  isUsed: false,
  ...changes,
});
const shown = { shownAtMs: ISSUED_MS + 1_000 };

describe('the consent of a driver who started', () => {
  const signs: ConsentSigns = {
    kept: keptOf({}, undefined, shown),
    before: [],
    hasScreen: true,
    remoteStart: undefined,
    isDeviceGiven: false,
    startedAtMs: ISSUED_MS + 2_000,
    isOver: false,
    isFirstLook: true,
    nowMs: NOW_MS,
  };
  const agreed = keptOf({}, undefined, { agreedAtMs: ISSUED_MS + 1_000, remoteStart: 7 });
  const anew = (quote: object = {}) => keptOf({ ...quote, issuedAtMs: NOW_MS });
  const rows: readonly (readonly [what: string, changes: Partial<ConsentSigns>, kind: string])[] = [
    ['the screen showed the price before', {}, 'display from the begin'],
    ['the screen showed it afterwards', { startedAtMs: ISSUED_MS + 500 }, 'none'],
    ['there is no screen', { hasScreen: false }, 'none'],
    ['the offer that was shown had run out', { startedAtMs: ISSUED_MS + 300_001 }, 'none'],
    ['an app asked him', { hasScreen: false, kept: agreed, remoteStart: 7 }, 'app from the begin'],
    [
      'an app asked him, and the station cannot tell which start it was',
      { hasScreen: false, kept: agreed, remoteStart: 'untold' },
      'app from the begin',
    ],
    ['an app asked him, and this is no start of it', { hasScreen: false, kept: agreed }, 'none'],
    [
      'an app asked him, and this is another start of it',
      { hasScreen: false, kept: agreed, remoteStart: 8 },
      'none',
    ],
    [
      'an app asked him about another outlet',
      {
        hasScreen: false,
        kept: anew(),
        before: [{ ...agreed, evseId: 'US*DUK*E2*1' }],
        remoteStart: 'untold',
      },
      'none',
    ],
    [
      'the screen showed it, whatever an app asked for',
      { kept: { ...agreed, ...shown } },
      'display from the begin',
    ],
    ['his own device agreed', { kept: keptOf({}, 'possible'), isDeviceGiven: true }, 'app from the begin'],
    [
      'his own device agreed while it charged',
      { kept: keptOf({}, 'possible'), isDeviceGiven: true, isFirstLook: false },
      'app from now',
    ],
    ['his own device may agree', { kept: keptOf({}, 'possible'), hasScreen: false }, 'awaited'],
    [
      'his own device could have agreed, and it is over',
      { kept: keptOf({}, 'possible'), hasScreen: false, isOver: true },
      'none',
    ],
    [
      'his own device has to agree, whatever the screen showed',
      { kept: keptOf({}, 'required', shown) },
      'awaited',
    ],
    ['the screen had shown the same price', { kept: anew(), before: [signs.kept] }, 'display from now'],
    [
      'the screen had shown the same price, and he began on that',
      { kept: anew(), before: [{ ...signs.kept, isUsed: true }] },
      'none',
    ],
    [
      'the screen had shown another version of the tariff',
      { kept: anew({ tariffVersion: 2 }), before: [signs.kept] },
      'none',
    ],
    [
      'the screen had shown a lower cap',
      { kept: anew({ capMicros: '5000000' }), before: [signs.kept] },
      'none',
    ],
    [
      'the screen had shown another discount',
      { kept: anew({ adjustmentPpm: '1' }), before: [signs.kept] },
      'none',
    ],
  ];
  for (const [what, changes, expected] of rows) {
    it(`where ${what}: ${expected}`, () => {
      const consent = consentOf({ ...signs, ...changes });
      if (consent.kind !== 'given') assert.equal(consent.kind, expected);
      else {
        assert.equal(`${consent.method} from ${consent.isFromBegin ? 'the begin' : 'now'}`, expected);
        assert.equal(consent.atMs, consent.isFromBegin ? signs.startedAtMs : NOW_MS);
      }
    });
  }
});
