/** Mocha's spec reporter that also leaves its counts in the file named by ROAMGRID_TEST_STATS. */
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

module.exports = class CountingSpec extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const file = process.env.ROAMGRID_TEST_STATS;
      if (file) writeFileSync(file, JSON.stringify(this.stats));
    });
  }
};
