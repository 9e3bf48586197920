import assert from 'node:assert/strict';
import type { Interface } from '../fuzz/interface.ts';
import { restartsIn } from '../fuzz/restarts.ts';
import { fuzz } from '../fuzz/run.ts';
import { OUTSIDE, servedInterfaces } from '../fuzz/served.ts';
import { listeners } from '../fuzz/testing/listening.ts';
import { endStage, theStage } from './testing/stage.ts';

after(endStage);

const INPUTS = 2_000;
const SEED = 20_171_028;

// Last of this folder: what the inputs leave behind on the stage is nothing that another test should begin with.
describe('every interface of the consortium and its pages', function () {
  this.timeout(600_000);
  let interfaces: readonly [Interface, ...Interface[]];
  let restarted: () => number;
  let stateDir: string;
  before(async function () {
    const { run, pages } = await theStage(this);
    ({ stateDir } = run.system);
    restarted = restartsIn(run.system);
    interfaces = await servedInterfaces({ system: run.system, bank: run.bank, pages, cin: run.stage.cin });
  });

  if (process.platform === 'linux') {
    it('is on the list: what listens is what is served, or outside software behind it', () => {
      // Sockets elsewhere than in the state folder are of the tools that run this.
      const found = listeners().filter(({ at }) => typeof at === 'number' || at.startsWith(stateDir));
      const served = new Map(interfaces.map(({ at, name }) => [at, name]));
      const isOutside = (command: string) => OUTSIDE.some(({ program }) => program.test(command));
      assert.deepEqual(
        found.filter(({ at, command }) => !served.has(at) && !isOutside(command)),
        [],
        'listens and is not on the list',
      );
      const listening = new Set(found.map(({ at }) => at));
      assert.deepEqual(
        [...served].filter(([at]) => !listening.has(at)),
        [],
        'is on the list and does not listen',
      );
    });
  }

  it(`survives ${INPUTS} inputs, each answered in time and in the form of a refusal that one can act on`, async () => {
    const faults: string[] = [];
    const report = await fuzz({
      interfaces,
      inputs: INPUTS,
      seed: SEED,
      onFault: (text) => faults.push(text),
      onProgress: () => undefined,
      crashed: restarted,
    });
    assert.deepEqual(faults, []);
    const { inputs, crashes, hangs, untyped, errors500 } = report;
    assert.deepEqual(
      { inputs, crashes, hangs, untyped, errors500 },
      { inputs: INPUTS, crashes: 0, hangs: 0, untyped: 0, errors500: 0 },
    );
    assert.equal(Object.keys(report.byInterface).length, interfaces.length);
  });
});
