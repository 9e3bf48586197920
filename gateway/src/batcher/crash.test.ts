import assert from 'node:assert/strict';
import { cdrPage, swipeOffer } from '@roamgrid/wire';
import type { GatewayConfig } from '../config.ts';
import { startChildGateway } from '../testing/child-gateway.ts';
import { DUKE, EVSES } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';

/** Steps at which the gateway dies, each at the n-th time that any lane reaches it. */
const CRASHES: readonly (readonly [step: string, count: number])[] = [
  ['formed', 1],
  ['submitted', 1],
  ['settled', 1],
  ['submitted', 4],
];

describe('the way to the ledger', function () {
  this.timeout(180_000);
  let rig: GatewayRig;
  let config: GatewayConfig;
  before(async () => {
    rig = await gatewayRig('crash');
    config = rig.config(DUKE, 'crash_child');
    // The child is the only gateway of Duke Energy from here on: two would give the same numbers.
    await rig.duke.running.close();
  });
  after(() => rig.close());

  /** Charges once at each outlet; a gateway that dies meanwhile is started again and told again. */
  const charge = async (crash: { step: string; count: number }): Promise<string[]> => {
    let child = await startChildGateway(config, crash);
    let deaths = 0;
    const insist = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
      for (;;) {
        try {
          if (child.url !== undefined) rig.station.url = child.url;
          const answer = await rig.station.post(path, body);
          if (answer.status < 300) return answer.body;
          throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
        } catch (thrown) {
          if (!(thrown instanceof TypeError)) throw thrown;
          await child.gone;
          deaths += 1;
          assert.ok(deaths < 3, 'the gateway dies without being told to');
          child = await startChildGateway(config);
        }
      }
    };
    const sessions: string[] = [];
    for (const evseId of EVSES) {
      const request = rig.station.swipeRequest({ evseId });
      const offer = await insist('swipes', request);
      const decoded = swipeOffer.parse(offer);
      const begin = rig.station.begin(decoded);
      await insist('sessions', await rig.station.startRequest(String(request['swipeId']), decoded, begin));
      // So short that the next one at the outlet begins later in the child's own time.
      const end = { ...begin, atMs: begin.atMs + 10, registerMilliWh: begin.registerMilliWh + 100n };
      await insist(`sessions/${decoded.quote.sessionId}/stop`, rig.station.stopRequest(evseId, end));
      sessions.push(decoded.quote.sessionId);
    }
    // The crash may still be to come: facts go to the ledger behind the answers.
    await Promise.race([child.gone, closedAt(sessions).catch(() => undefined)]);
    await child.kill('SIGKILL');
    child = await startChildGateway(config);
    await closedAt(sessions);
    await child.kill('SIGTERM');
    return sessions;
  };

  const closedAt = (sessions: readonly string[]): Promise<true> =>
    until('every session is closed on the ledger', async () => {
      for (const sessionId of sessions) {
        const { body } = await rig.alabama.ask('auditor', 'GET', `/auditor/v1/sessions/${sessionId}`);
        if ((body['record'] as { state: string } | undefined)?.state !== 'closed') return undefined;
      }
      return true;
    });

  const sequencesOf = async (sessions: readonly string[]): Promise<number[]> => {
    const { body } = await rig.alabama.ask('aaa', 'GET', '/internal/v1/cdrs?role=hun&after=&limit=500');
    return cdrPage
      .parse(body)
      .items.filter(({ cdr }) => sessions.includes(cdr.sessionId))
      .map(({ cdr }) => cdr.laneSequence);
  };

  const all: string[] = [];
  for (const [step, count] of CRASHES) {
    it(`loses nothing and counts nothing twice when the gateway is killed after "${step}", time ${count}`, async () => {
      const sessions = await charge({ step, count });
      all.push(...sessions);
      const sequences = await sequencesOf(sessions);
      assert.equal(sequences.length, sessions.length);
    });
  }

  it('numbered all of them without a gap and without a double', async () => {
    const sequences = (await sequencesOf(all)).sort((a, b) => a - b);
    const first = sequences[0] ?? 0;
    assert.deepEqual(
      sequences,
      all.map((_, index) => first + index),
    );
  });
});
