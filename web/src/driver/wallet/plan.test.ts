import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { KeptPlaces, Spot, Station } from './kept.ts';
import { nearest, offsetOf, planOf } from './plan.ts';

const at = (latitude: number, longitude: number): Spot => ({
  latitudeE6: Math.round(latitude * 1_000_000),
  longitudeE6: Math.round(longitude * 1_000_000),
});
const station = (
  name: string,
  kinds: readonly Station['outlets'][number]['kind'][],
  place?: Spot,
): Station => ({
  ...{ stationId: name, name, address: 'Main Street' },
  outlets: kinds.map((kind, index) => ({
    evseId: `US*DUK*E${index}`,
    maxPowerW: '22000',
    kind,
    isFree: false,
  })),
  ...(place !== undefined && { place }),
});
const DURHAM = at(35.994, -78.8986);
const places: readonly KeptPlaces[] = [
  {
    ...{ vun: 'USDUK', atMs: 0 },
    stations: [
      station('Far', ['public-all'], at(36.0726, -79.792)),
      station('Nowhere', ['private']),
      station('Near', ['private', 'public-shared'], at(35.9959, -78.902)),
    ],
  },
];

describe('where chargers are, seen from the phone', () => {
  it('is the nearest first, and what nobody knows the way to last', () => {
    const names = (...told: Parameters<typeof nearest>) => nearest(...told).map((each) => each.station.name);
    assert.deepEqual(names(places, 'any', DURHAM), ['Near', 'Far', 'Nowhere']);
    assert.deepEqual(names(places, 'any', undefined), ['Far', 'Near', 'Nowhere']);
    assert.deepEqual(names(places, 'private', DURHAM), ['Near', 'Nowhere']);
    assert.deepEqual(names(places, 'public-all', DURHAM), ['Far']);
    // Durham to Greensboro, as the crow flies.
    assert.equal(Math.round((nearest(places, 'public-all', DURHAM)[0]?.distanceM ?? 0) / 1_000), 81);
  });

  it('is as far there as back, also over the date line', () => {
    const { eastM } = offsetOf(at(0, 179.9), at(0, -179.9));
    assert.equal(Math.round(eastM / 1_000), 22);
    const spot = fc.record({
      latitudeE6: fc.integer({ min: -89_000_000, max: 89_000_000 }),
      longitudeE6: fc.integer({ min: -180_000_000, max: 180_000_000 }),
    });
    fc.assert(
      fc.property(spot, spot, (one, other) => {
        const [there, back] = [offsetOf(one, other), offsetOf(other, one)];
        const [far, near] = [Math.hypot(there.eastM, there.northM), Math.hypot(back.eastM, back.northM)];
        assert.ok(Math.abs(far - near) < 1, `${far} ${near}`);
      }),
    );
  });

  it('is a sheet on which everything has its place, north up', () => {
    const plan = planOf([at(36, -78), undefined, at(35.9, -78.1)], at(35.95, -78.05));
    assert.ok(plan);
    const [north, none, south] = plan.dots;
    assert.equal(none, undefined);
    assert.ok(north && south && plan.here);
    assert.ok(
      north.y < plan.here.y && plan.here.y < south.y && south.x < plan.here.x && plan.here.x < north.x,
    );
    for (const { x, y } of [north, south, plan.here]) assert.ok(x >= 0 && x <= 1 && y >= 0 && y <= 1);
    assert.equal(planOf([undefined], DURHAM), undefined);
    assert.equal(planOf([DURHAM], undefined)?.acrossM, 500);
  });
});
