import assert from 'node:assert/strict';
import { issueChargeToken, type Command } from '@roamgrid/offline';
import { NODE_SUITE } from '@roamgrid/offline/node';
import { HOME, Park, TOKEN } from '@roamgrid/offline/testing';
import fc from 'fast-check';
import { exposureOf } from './exposure.ts';

const WH = 6_850n;
const COST = 2_192_000n;

describe('what copies of a phone can spend', function () {
  this.timeout(60_000);

  /** A token for all outlets of a place, or for one, and copies of its phone that go to any of three chargers which hear of nobody. */
  const atChargers = async (isPlace: boolean, costMicros: bigint, visits: readonly number[]) => {
    const token = {
      ...TOKEN,
      tokenId: NODE_SUITE.random(16),
      ...(isPlace && { audience: { kind: 'group', groupId: 'CITY-HALL' } as const }),
      limits: { energyWh: 1_000_000n, costMicros, sessions: 20 },
    };
    const bytes = await issueChargeToken(token, HOME.signer);
    const parks = isPlace ? [new Park(), new Park(), new Park()] : [new Park()];
    for (const park of parks) await park.start();
    let spentMicros = 0n;
    for (const visit of visits) {
      const park = parks[visit % parks.length] ?? assert.fail();
      const carried = await park.carried({ token: bytes });
      const does = (command: Command) =>
        park.meet(carried, command, async (contact) => {
          await contact.end();
          return contact.answer;
        });
      if (!(await does({ kind: 'start', energyWh: WH })).ok) continue;
      park.outlet.flow(WH);
      const ended = await does({ kind: 'stop' });
      assert.ok(ended.ok);
      spentMicros += BigInt(ended.value[2] as number);
    }
    const exposed = { currency: 'USD', costMicros, bookedMicros: 0n, outlets: parks.length };
    const [bound] = exposureOf([exposed]);
    assert.ok(bound);
    return { spentMicros, bound };
  };

  it('is the cost of the token at its outlet, and that once from each outlet of a place; the customer owes it once', async () => {
    const often = Array.from({ length: 12 }, (_, at) => at);
    for (const isPlace of [false, true]) {
      const { spentMicros, bound } = await atChargers(isPlace, 2n * COST, often);
      assert.equal(spentMicros, bound.atChargersMicros);
      assert.deepEqual(
        [bound.atHomeMicros, bound.atChargersMicros],
        [2n * COST, isPlace ? 6n * COST : 2n * COST],
      );
    }
  });

  it('is never more, whoever goes where how often', () =>
    fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.bigInt({ min: 1n, max: 3n * COST }),
        fc.array(fc.nat(2), { maxLength: 10 }),
        async (isPlace, costMicros, visits) => {
          const { spentMicros, bound } = await atChargers(isPlace, costMicros, visits);
          assert.ok(spentMicros <= bound.atChargersMicros);
        },
      ),
      { numRuns: 12 },
    ));

  it('falls by what is booked, in each currency for itself', () => {
    const usd = { currency: 'USD', costMicros: 5n, bookedMicros: 2n, outlets: 3 };
    const eur = { currency: 'EUR', costMicros: 7n, bookedMicros: 9n, outlets: 1 };
    assert.deepEqual(exposureOf([usd, eur, usd]), [
      { currency: 'USD', atHomeMicros: 6n, atChargersMicros: 26n },
      { currency: 'EUR', atHomeMicros: 0n, atChargersMicros: 0n },
    ]);
  });
});
