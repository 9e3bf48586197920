import assert from 'node:assert/strict';
import { AS_BUILT, ATTACKER, HONEST_CHARGER, type Variant } from './protocol.ts';
import { search, type Scene, type Violation } from './search.ts';

/** With how many states there are of each: `docs/offline/protocol.md` names the last. */
const SCENES: readonly (Omit<Scene, 'variant'> & { readonly has: number })[] = [
  { phoneAt: [HONEST_CHARGER], chargerRuns: 1, has: 7 },
  { phoneAt: [HONEST_CHARGER, HONEST_CHARGER], chargerRuns: 2, has: 123 },
  { phoneAt: [HONEST_CHARGER, ATTACKER.charger], chargerRuns: 2, has: 467 },
  { phoneAt: [HONEST_CHARGER, HONEST_CHARGER, ATTACKER.charger], chargerRuns: 2, has: 1_160 },
];

const found = (changes: Partial<Variant>, scenes = SCENES.slice(0, 2)): readonly Violation[] => [
  ...new Set(
    scenes.flatMap((scene) => search({ ...scene, variant: { ...AS_BUILT, ...changes } }).violations),
  ),
];

describe('the model of a contact', function () {
  this.timeout(60_000);

  for (const scene of SCENES)
    it(`with the phone at ${scene.phoneAt.join(', ')} and ${scene.chargerRuns} contacts of the charger nothing forbidden can come in ${scene.has} states`, () => {
      const { states, isCompleted, violations } = search({ ...scene, variant: AS_BUILT });
      assert.deepEqual(violations, []);
      assert.ok(isCompleted, 'no contact is ever completed: the model shows nothing');
      assert.equal(states, scene.has);
    });

  it('a proof that does not say of which contact it is starts what nobody asked for', () => {
    assert.ok(
      found({ isProofBound: false }, SCENES.slice(0, 3)).includes(
        'charger starts by a token whose holder did not ask it to in this contact',
      ),
    );
  });

  it('a challenge that nobody verifies gives the token away', () => {
    const violations = found({ isChargerVerified: false });
    assert.ok(
      violations.includes('attacker learns the token of a phone that was held to honest chargers alone'),
    );
    assert.ok(violations.includes('phone takes an answer that the charger did not give'));
  });

  it('a challenge that may be answered twice starts twice', () => {
    assert.deepEqual(found({ isChallengeUsedOnce: false }), [
      'charger starts more often than the holder asked it to',
    ]);
  });

  it('a charger that makes no new key for each challenge starts again by what was said before', () => {
    assert.deepEqual(found({ isChargerFresh: false }), [
      'charger starts more often than the holder asked it to',
    ]);
  });
});
