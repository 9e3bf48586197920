import assert from 'node:assert/strict';
import type { BaySignals } from './bay.ts';
import { FaultDetector } from './fault-detector.ts';

const RATED_MILLI_A = 125_000;
const well: BaySignals = {
  isPlugged: true,
  currentMilliA: 120_000,
  leakageMilliA: 2,
  contactMilliC: 41_000,
  isMeterGood: true,
  humidityPermille: 450,
};

describe('the fault detector', () => {
  const rows: readonly (readonly [
    what: string,
    change: Partial<BaySignals>,
    detected: string | undefined,
  ])[] = [
    ['nothing wrong', {}, undefined],
    ['the rated current', { currentMilliA: RATED_MILLI_A }, undefined],
    ['half as much current again', { currentMilliA: 187_500 }, undefined],
    ['more than that', { currentMilliA: 187_501 }, 'over-current'],
    ['29 mA that do not come back', { leakageMilliA: 29 }, undefined],
    ['30 mA that do not come back', { leakageMilliA: 30 }, 'ground-fault'],
    ['warm contacts', { contactMilliC: 89_999 }, undefined],
    ['hot contacts', { contactMilliC: 90_000 }, 'over-temperature'],
    ['a meter that does not measure', { isMeterGood: false }, 'meter-error'],
    ['no cable', { isPlugged: false }, 'cable-out'],
    ['no cable and a current to ground', { isPlugged: false, leakageMilliA: 200 }, 'ground-fault'],
  ];
  for (const [what, change, detected] of rows) {
    it(`takes ${what} for ${detected ?? 'nothing'}`, () => {
      assert.equal(new FaultDetector(RATED_MILLI_A).judge({ ...well, ...change }), detected);
    });
  }

  it('bears a tenth more current for one sample and a bit more never for two in a row', () => {
    const detector = new FaultDetector(RATED_MILLI_A);
    const over = { ...well, currentMilliA: 137_501 };
    const course = [over, well, over, over].map((signals) => detector.judge(signals));
    assert.deepEqual(course, [undefined, undefined, undefined, 'over-current']);
    const edge = { ...well, currentMilliA: 137_500 };
    assert.deepEqual(
      [edge, edge, edge].map((signals) => detector.judge(signals)),
      [undefined, undefined, undefined],
    );
  });
});
