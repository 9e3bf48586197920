import assert from 'node:assert/strict';
import { isFor, isWithin, pathOf, scopeText, tariffsFor, type TariffScope } from './tariff-scope.ts';

const OUTLET = 'US*DUK*E1*1';
const HERE = pathOf({ placeId: 'mall', stationId: 'S1' }, OUTLET);

const tariff = (id: string, appliesTo?: TariffScope) => ({ id, ...(appliesTo && { appliesTo }) });
const everywhere = tariff('everywhere');
const place = tariff('place', { placeId: 'mall' });
const station = tariff('station', { placeId: 'mall', stationId: 'S1' });
const outlet = tariff('outlet', HERE);

describe('what a tariff is for', () => {
  it('of those for an outlet the narrowest counts first, and among equals the one that came first', () => {
    const newer = tariff('newer place', { placeId: 'mall' });
    const given = [everywhere, newer, place, outlet, station];
    assert.deepEqual(
      tariffsFor(given, HERE).map(({ id }) => id),
      ['outlet', 'station', 'newer place', 'place', 'everywhere'],
    );
  });

  it('leaves out what is for another outlet, station or place', () => {
    const given = [outlet, station, place, everywhere];
    for (const [at, ids] of [
      [pathOf({ placeId: 'mall', stationId: 'S1' }, 'US*DUK*E1*2'), ['station', 'place', 'everywhere']],
      [pathOf({ placeId: 'mall', stationId: 'S2' }, 'US*DUK*E2*1'), ['place', 'everywhere']],
      [pathOf({ placeId: 'port', stationId: 'S3' }, 'US*DUK*E3*1'), ['everywhere']],
      [pathOf({ stationId: 'S4' }, 'US*DUK*E4*1'), ['everywhere']],
    ] as const) {
      assert.deepEqual(
        tariffsFor(given, at).map(({ id }) => id),
        ids,
      );
    }
    assert.equal(isFor(place, pathOf({ stationId: 'S4' }, 'US*DUK*E4*1')), false);
  });

  it('a station without a place is within the whole utility alone', () => {
    assert.ok(isWithin({ stationId: 'S4' }, {}));
    assert.equal(isWithin({ stationId: 'S4' }, { placeId: 'mall' }), false);
    assert.equal(isWithin({}, { stationId: 'S4' }), false);
  });

  it('is told in words', () => {
    assert.deepEqual(
      [outlet, station, place, everywhere].map(({ appliesTo }) => scopeText(appliesTo)),
      [`outlet ${OUTLET}`, 'station S1', 'place mall', 'every outlet'],
    );
  });
});
