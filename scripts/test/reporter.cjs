/**
 * Mocha's spec reporter that also leaves, in the file named by ROAMGRID_TEST_STATS, its counts by test file and how long
 * each test and each preparation took.
 */
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

module.exports = class CountingSpec extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const timings = [];
    const files = new Map();
    const keep = (runnable) => timings.push({ title: runnable.fullTitle(), tookMs: runnable.duration ?? 0 });
    const count = (kind) => (runnable) => {
      const file = runnable.file ?? runnable.parent?.file ?? '';
      const counted = files.get(file) ?? { file, passes: 0, failures: 0 };
      counted[kind] += 1;
      files.set(file, counted);
    };
    runner.on('test end', keep);
    runner.on('hook end', keep);
    runner.on('pass', count('passes'));
    runner.on('fail', count('failures'));
    runner.once('end', () => {
      const file = process.env.ROAMGRID_TEST_STATS;
      if (file) writeFileSync(file, JSON.stringify({ ...this.stats, timings, files: [...files.values()] }));
    });
  }
};
