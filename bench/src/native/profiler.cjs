/** Put before a chaincode program that is to be profiled: SIGUSR2 starts a CPU profile, the next one writes it. */
'use strict';
(() => {
  const { Session } = require('node:inspector');
  const { writeFileSync } = require('node:fs');
  const { join } = require('node:path');
  const session = new Session();
  session.connect();
  let running = false;
  process.on('SIGUSR2', () => {
    if (!running) {
      session.post('Profiler.enable');
      session.post('Profiler.start');
    } else {
      session.post('Profiler.stop', (error, answer) => {
        if (error === null)
          writeFileSync(join(__dirname, `${process.pid}.cpuprofile`), JSON.stringify(answer.profile));
      });
    }
    running = !running;
  });
})();
