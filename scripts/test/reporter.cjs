/**
 * Mocha's spec reporter that also leaves, in the file named by ROAMGRID_TEST_STATS, its counts and how long each test
 * and each preparation took.
 */
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

module.exports = class CountingSpec extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const timings = [];
    const keep = (runnable) => timings.push({ title: runnable.fullTitle(), tookMs: runnable.duration ?? 0 });
    runner.on('test end', keep);
    runner.on('hook end', keep);
    runner.once('end', () => {
      const file = process.env.ROAMGRID_TEST_STATS;
      if (file) writeFileSync(file, JSON.stringify({ ...this.stats, timings }));
    });
  }
};
