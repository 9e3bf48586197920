import assert from 'node:assert/strict';
import { laneOf, laneParts, parseSessionId, routeRequest, type VisitorProfile } from '@roamgrid/wire';
import { unwrap } from '@roamgrid/domain';
import { gatewayConfig } from '../config.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import type { BlockTransaction } from '../ledger/ledger.ts';
import { DUKE, EVSES, manySites } from '../testing/consortium.ts';
import { gatewayRig, until, type GatewayRig } from '../testing/gateway-rig.ts';
import { freshLedgerRig } from '../testing/ledger-rig.ts';
import { json, profileGrant, profileOf } from '../testing/router-peer.ts';
import { withRows } from '../testing/rows.ts';
import { chargeAt } from '../testing/session-driver.ts';

const STATIONS = 8;
const OUTLETS = 8;
/** Sessions one after the other at each outlet; `ROAMGRID_GROUP_ROUNDS=8` for 512 sessions. */
const ROUNDS = Number(process.env['ROAMGRID_GROUP_ROUNDS'] ?? 4);
const SESSIONS = STATIONS * OUTLETS * ROUNDS;

describe('groups of stations', function () {
  this.timeout(300_000);
  let rig: GatewayRig;
  before(async () => {
    const ledger = await freshLedgerRig({ time: 'test' });
    const sites = manySites(STATIONS, OUTLETS);
    rig = await gatewayRig(
      'groups',
      {
        batcher: { maxWait: 100, openWait: 100, noteWait: 500, retryPause: 50 },
        // A busy machine is not a silent home.
        station: { openingTimeout: 5_000 },
      },
      {},
      { ledger, sites, terms: { homeSilent: 'refuse' } },
    );
  });
  after(() => rig.close());

  const groupOf = (sessionId: string): string => laneParts(unwrap(parseSessionId(sessionId)).laneId).group;

  /** Transactions on the ledger by now. */
  const transactions = async (): Promise<BlockTransaction[]> => {
    const ledger = openLedger(gatewayConfig.parse(rig.config(DUKE, 'unused')).ledger);
    const stop = new AbortController();
    const found: BlockTransaction[] = [];
    try {
      const height = await ledger.height();
      for await (const block of ledger.blocks(0n, stop.signal)) {
        found.push(...block.transactions);
        if (block.number === height - 1n) break;
      }
    } finally {
      stop.abort();
      ledger.close();
    }
    return found;
  };

  it(`settle ${SESSIONS} sessions at once, a kept profile in each lane among them, without a conflict of versions`, async () => {
    let swipes = 0;
    const profiles = new Map<string, VisitorProfile>();
    rig.router.behaviour = async (request, response, proper) => {
      if (request.path !== '/router/v1/authorisations') return proper();
      swipes += 1;
      if (swipes % 4 !== 0) return proper();
      const asked = routeRequest.parse(request.body);
      const laneId = laneOf(asked.offer.sessionId);
      const profile = profiles.get(laneId) ?? profileOf(asked, `kept-${laneId}`);
      profiles.set(laneId, profile);
      json(response, 200, await profileGrant(asked, rig.home, profile));
    };
    const sessions: string[] = [];
    await Promise.all(
      manySites(STATIONS, OUTLETS).flatMap((site) =>
        site.evses.map(async ({ evseId }) => {
          const station = rig.stationAt(site);
          for (let round = 0; round < ROUNDS; round += 1) {
            sessions.push(await chargeAt(station, evseId, 20, 1n));
          }
        }),
      ),
    );
    rig.router.behaviour = undefined;
    assert.equal(new Set(sessions).size, SESSIONS);
    await until(
      'all are settled',
      async () => {
        const facts = await withRows(rig, 'groups_duke', (db) =>
          db.selectFrom('fact').select(['kind', 'state']).where('state', '!=', 'committed').execute(),
        );
        assert.deepEqual(
          facts.filter(({ state }) => state === 'parked'),
          [],
        );
        return facts.length === 0 ? true : undefined;
      },
      120_000,
    );
    assert.ok(new Set(sessions.map(groupOf)).size > 1);
    const metrics = await (await fetch(`${rig.duke.running.url}/metrics`)).text();
    assert.match(metrics, /# TYPE roamgrid_conflicts_total counter/);
    assert.doesNotMatch(metrics, /roamgrid_conflicts_total\{[^}]*\} [1-9]/);

    const all = await transactions();
    assert.deepEqual(
      all.filter(({ valid }) => !valid).map(({ validationCode }) => validationCode),
      [],
    );
    // What two groups write has nothing in common.
    const keysOf = new Map<string, Set<string>>();
    for (const { writes } of all) {
      const book = writes.find(({ key }) => key.startsWith('meterBook:'));
      if (book === undefined) continue;
      const keys = keysOf.get(book.key) ?? new Set();
      for (const { key } of writes) keys.add(key);
      keysOf.set(book.key, keys);
    }
    assert.ok(keysOf.size > 1);
    const seen = new Set<string>();
    for (const keys of keysOf.values()) {
      for (const key of keys) {
        assert.ok(!seen.has(key), key);
        seen.add(key);
      }
    }
    const spent = await withRows(rig, 'groups_duke', (db) =>
      db.selectFrom('profile_spent').select(['lane_id', 'sessions']).execute(),
    );
    assert.deepEqual(new Set(spent.map(({ lane_id }) => lane_id)), new Set(profiles.keys()));
    assert.equal(
      spent.reduce((sum, { sessions: count }) => sum + count, 0),
      Math.floor(swipes / 4),
    );
  });

  it('start nothing while home is silent, where that is agreed', async () => {
    const { swipeId, offer } = await rig.station.offer({ evseId: EVSES[0] });
    rig.router.behaviour = (request, _response, proper) => {
      if (!request.path.endsWith('/consent')) void proper();
    };
    const request = await rig.station.startRequest(swipeId, offer, rig.station.begin(offer));
    for (let time = 0; time < 2; time += 1) {
      const answer = await rig.station.post('sessions', request);
      assert.deepEqual([answer.status, answer.body['code']], [504, 'HOME_TIMEOUT']);
    }
    rig.router.behaviour = undefined;
    await rig.station.offer({ evseId: EVSES[0] });
  });

  it('settle on after the rows that say what the ledger’s hashes are of were lost', async () => {
    await rig.duke.running.close();
    await withRows(rig, 'groups_duke', async (db) => {
      for (const table of ['settled_batch', 'meter_entry', 'profile_spent', 'lane_sequence'] as const) {
        await db.deleteFrom(table).execute();
      }
    });
    const again = await rig.start('USDUK', 'groups_duke');
    rig.duke.running = again.running;
    const [site] = manySites(STATIONS, OUTLETS);
    assert.ok(site);
    const station = rig.stationAt(site);
    const sessionId = await chargeAt(station, site.evses[0]?.evseId ?? '', 20, 1n);
    await until(
      'the session is settled',
      async () => {
        const { body } = await rig.duke.ask('auditor', 'GET', `/auditor/v1/sessions/${sessionId}`);
        return (body['record'] as { state: string } | undefined)?.state === 'closed' ? true : undefined;
      },
      60_000,
    );
    const { body } = await rig.alabama.ask('auditor', 'GET', '/auditor/v1/gaps');
    assert.deepEqual(body['gaps'], []);
  });
});
