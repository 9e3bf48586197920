import assert from 'node:assert/strict';
import fc from 'fast-check';
import { leaseFor, mostAtW, type Lease, type Part } from './leases.ts';

const POOL_W = 14_400n;
const TIMES = { leaseMs: 15_000, slackMs: 1_000 };
const STATIC_W = 3_600n;

/** A site with what the cloud knows of it, and what is really in force there. */
interface Played {
  part: Part;
  lease: Lease | undefined;
  /** By how much its clock is off, ms. */
  readonly offMs: number;
}

const inForceW = ({ lease, part, offMs }: Played, nowMs: number): bigint =>
  lease !== undefined && nowMs + offMs < lease.lapsesAtMs ? lease.limitW : part.staticW;

const step = fc.record({
  passMs: fc.integer({ min: 50, max: 3_000 }),
  site: fc.integer({ min: 0, max: 3 }),
  wantedW: fc.constantFrom(0n, 1_000n, 3_700n, 14_400n),
  /** Whether the site hears the answer. */
  isHeard: fc.integer({ min: 0, max: 3 }).map((at) => at > 0),
});

describe('parts of a shared feed', () => {
  it('never add up to more than it carries, whichever answers are lost and leases lapse', () => {
    let raised = 0;
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 20, maxLength: 60 }),
        fc.array(fc.integer({ min: -900, max: 900 }), { minLength: 4, maxLength: 4 }),
        (steps, offsMs) => {
          let nowMs = 1_000_000;
          const sites = offsMs.map((offMs, at): Played => ({
            part: { siteId: `s${at}`, staticW: STATIC_W, held: undefined, answered: undefined },
            lease: undefined,
            offMs,
          }));
          const check = (): void => {
            const sumW = sites.reduce((sum, site) => sum + inForceW(site, nowMs), 0n);
            assert.ok(sumW <= POOL_W, `${sumW} W at ${nowMs}`);
          };
          for (const { passMs, site: at, wantedW, isHeard } of steps) {
            // Whatever lapses on the way lapses one by one.
            for (let passed = 0; passed < passMs; passed += 500) {
              nowMs += Math.min(500, passMs - passed);
              check();
            }
            const site = sites[at];
            assert.ok(site);
            const held =
              site.lease !== undefined && nowMs + site.offMs < site.lease.lapsesAtMs ? site.lease : undefined;
            const heard = { ...site.part, held, answered: undefined };
            const others = sites.filter((one) => one !== site).map(({ part }) => part);
            const targetW = wantedW < POOL_W ? wantedW : POOL_W;
            const answered = leaseFor(heard, others, { poolW: POOL_W, targetW, nowMs, times: TIMES });
            site.part = { ...heard, answered };
            if (isHeard) site.lease = answered;
            if (answered.limitW > STATIC_W) raised += 1;
            check();
            const countedW = sites.reduce((sum, { part }) => sum + mostAtW(part, nowMs, TIMES), 0n);
            assert.ok(countedW <= POOL_W, `counted ${countedW} W`);
          }
        },
      ),
      { numRuns: 400 },
    );
    assert.ok(raised > 400, `${raised} leases above a static part`);
  });

  it('come to what each should have once everybody was heard twice', () => {
    let nowMs = 1_000_000;
    const targets = [7_200n, 3_600n, 3_600n, 0n];
    let parts = targets.map((_, at): Part => ({
      siteId: `s${at}`,
      staticW: STATIC_W,
      held: undefined,
      answered: undefined,
    }));
    for (let round = 0; round < 3; round += 1)
      for (const [at, targetW] of targets.entries()) {
        nowMs += 100;
        const part = parts[at];
        assert.ok(part);
        const heard: Part = { ...part, held: part.answered, answered: undefined };
        const others = parts.filter((one) => one !== part);
        const answered = leaseFor(heard, others, { poolW: POOL_W, targetW, nowMs, times: TIMES });
        parts = parts.map((one) => (one === part ? { ...heard, answered } : one));
      }
    assert.deepEqual(
      parts.map(({ answered }) => answered?.limitW),
      targets,
    );
  });
});
