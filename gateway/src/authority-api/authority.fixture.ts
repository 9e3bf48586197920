import assert from 'node:assert/strict';
import { authorityRecordPage, authorityReport, auditBundle, type AuthorityRecord } from '@roamgrid/wire';
import { DURHAM, STATION_ID } from '../testing/consortium.ts';
import type { GatewayRig, TestGateway } from '../testing/gateway-rig.ts';
import { readRowsTests } from './read-rows.fixture.ts';

/** What an authority is told of the sessions that a rig's consortium has settled. Its tests share the rig of the auditor's. */

const DAY_MS = 86_400_000;
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, each) => total + each, 0n);
const ALL = `fromMs=0&untilMs=4102444800000`;

const report = async (gateway: TestGateway, query = ALL) => {
  const { status, body } = await gateway.ask('authority', 'GET', `/authority/v1/report?${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  return authorityReport.parse(body);
};

const recordsOf = async (gateway: TestGateway, query = ALL, limit = 2): Promise<AuthorityRecord[]> => {
  const found: AuthorityRecord[] = [];
  for (let after = ''; ;) {
    const path = `/authority/v1/records?${query}&limit=${limit}${after}`;
    const { status, body } = await gateway.ask('authority', 'GET', path);
    assert.equal(status, 200, JSON.stringify(body));
    const page = authorityRecordPage.parse(body);
    found.push(...page.items);
    assert.ok(page.items.length <= limit);
    if (page.cursor === undefined) return found;
    after = `&after=${page.cursor}`;
  }
};

/** @param shared the rig and the sessions that were settled in it, once they are */
export const authorityTests = (
  shared: () => { readonly rig: GatewayRig; readonly sessions: readonly string[] },
): void => {
  describe('the authority API', () => {
    it('sums energy, money and tax by station and tariff element, and the records behind it add up to it', async () => {
      const { rig, sessions } = shared();
      for (const gateway of [rig.duke, rig.alabama]) {
        const records = await recordsOf(gateway);
        const ids = records.map(({ cdr }) => cdr.sessionId);
        assert.equal(new Set(ids).size, ids.length);
        for (const sessionId of sessions) assert.ok(ids.includes(sessionId));
        const { utilityId, totals, places } = await report(gateway);
        assert.equal(utilityId, gateway.utilityId);
        assert.equal(totals.length, 1);
        const [total] = totals;
        assert.deepEqual(total, {
          currency: 'USD',
          sessions: records.length,
          energyWh: sum(records.map(({ cdr }) => cdr.energyWh)),
          netMicros: sum(records.map(({ cdr }) => cdr.netMicros)),
          taxMicros: sum(records.map(({ cdr }) => cdr.taxMicros)),
          totalMicros: sum(records.map(({ cdr }) => cdr.totalMicros)),
        });
        const [place] = places.filter(({ stationId }) => stationId === STATION_ID);
        assert.ok(place);
        assert.deepEqual([place.countryCode, place.vun, place.hun], ['US', 'USDUK', 'USALP']);
        assert.equal(sum(place.elements.map(({ amountMicros }) => amountMicros)), place.netMicros);
        assert.equal(sum(place.elements.map(({ taxMicros }) => taxMicros)), place.taxMicros);
        const energy = place.elements.filter(({ kind, unit }) => kind === 'ENERGY' && unit === 'Wh');
        const own = records.filter(({ stationId }) => stationId === STATION_ID);
        const lines = own.flatMap(({ cdr }) => cdr.lines.filter(({ kind }) => kind === 'ENERGY'));
        assert.equal(
          sum(energy.map(({ quantity = '' }) => BigInt(quantity))),
          sum(lines.map(({ quantity }) => BigInt(quantity))),
        );
      }
    });

    it('reports just the period and the place that are asked for', async () => {
      const { rig } = shared();
      const ends = (await recordsOf(rig.duke)).map(({ cdr }) => cdr.endMs).sort((a, b) => a - b);
      const [first = 0, last = 0] = [ends[0], ends.at(-1)];
      const counts = async (query: string): Promise<readonly number[]> => {
        const { totals } = await report(rig.duke, query);
        const records = await recordsOf(rig.duke, query, 500);
        return [totals.reduce((count, { sessions }) => count + sessions, 0), records.length];
      };
      const both = (count: number) => [count, count];
      const isFirst = ends.filter((endMs) => endMs === first).length;
      const isLast = ends.filter((endMs) => endMs === last).length;
      assert.deepEqual(await counts(`fromMs=${first}&untilMs=${last + 1}`), both(ends.length));
      assert.deepEqual(await counts(`fromMs=${first}&untilMs=${first + 1}`), both(isFirst));
      assert.deepEqual(await counts(`fromMs=${first}&untilMs=${last}`), both(ends.length - isLast));
      assert.deepEqual(await counts(`fromMs=${last + DAY_MS}&untilMs=${last + 2 * DAY_MS}`), both(0));
      assert.deepEqual(await counts(`${ALL}&countryCode=US`), both(ends.length));
      assert.deepEqual(await counts(`${ALL}&countryCode=CA`), both(0));
      assert.deepEqual(await counts(`${ALL}&stationId=${DURHAM.stationId}`), both(ends.length));
      assert.deepEqual(await counts(`${ALL}&stationId=elsewhere`), both(0));
      assert.deepEqual(await counts(`${ALL}&placeId=elsewhere`), both(0));
      // The first blocks have registrations alone, and of what is yet to come nothing is known.
      assert.deepEqual(await counts(`${ALL}&asOfBlock=1`), both(0));
      assert.deepEqual(await counts(`${ALL}&asOfBlock=1000000`), both(ends.length));
      assert.ok((await report(rig.duke, `${ALL}&asOfBlock=1000000`)).asOfBlock < 1_000_000);
      const { status } = await rig.duke.ask('authority', 'GET', '/authority/v1/report?fromMs=5&untilMs=5');
      assert.equal(status, 400);
    });

    it('gives each record with everything that proves it from the blocks', async () => {
      const { rig, sessions } = shared();
      const [sessionId = ''] = sessions;
      const { body: state } = await rig.duke.ask('auditor', 'GET', '/auditor/v1/checkpoint');
      const proof = `/authority/v1/proofs/${sessionId}?blocks=${String(state['blocks'])}`;
      const { status, body } = await rig.duke.ask('authority', 'GET', proof);
      assert.equal(status, 200, JSON.stringify(body));
      const bundle = auditBundle.parse(body);
      const [record] = (await recordsOf(rig.duke)).filter(({ cdr }) => cdr.sessionId === sessionId);
      assert.deepEqual(bundle.cdr, record?.cdr);
      assert.ok(bundle.blocks.length > 0);
    });

    readRowsTests(() => shared().rig);

    it('names no customer: neither an alias nor a pseudonym stands in a report or its records', async () => {
      const { rig } = shared();
      const told = JSON.stringify([
        (await rig.duke.ask('authority', 'GET', `/authority/v1/report?${ALL}`)).body,
        (await rig.duke.ask('authority', 'GET', `/authority/v1/records?${ALL}`)).body,
      ]);
      assert.doesNotMatch(told, /cinRef|alias|cin"/i);
    });

    it('is for the role authority alone, and that role opens nothing else', async () => {
      const { rig, sessions } = shared();
      const own = [
        `/authority/v1/report?${ALL}`,
        `/authority/v1/records?${ALL}`,
        `/authority/v1/proofs/${sessions[0] ?? ''}?blocks=1`,
      ];
      const others = [
        'router',
        'aaa',
        'gateway',
        'operator',
        'grid-operator',
        'registrar',
        'auditor',
      ] as const;
      for (const path of own)
        for (const role of others)
          assert.equal((await rig.duke.ask(role, 'GET', path)).status, 403, `${role} ${path}`);
      const { url } = rig.duke.running;
      for (const path of own) assert.equal((await fetch(`${url}${path}`)).status, 401, path);
      const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
        paths: Readonly<Record<string, Readonly<Record<string, { security?: readonly unknown[] }>>>>;
      };
      const verbOf = (method: string) => (method === 'get' ? 'GET' : method === 'put' ? 'PUT' : 'POST');
      let tried = 0;
      for (const [template, methods] of Object.entries(paths)) {
        if (template.startsWith('/authority/')) continue;
        for (const [method, { security = [] }] of Object.entries(methods)) {
          if (security.length === 0) continue;
          const path = template.replaceAll(/\{\w+\}/g, 'x');
          const { status } = await rig.duke.ask(
            'authority',
            verbOf(method),
            path,
            method === 'get' ? undefined : {},
          );
          assert.ok([401, 403].includes(status), `${method} ${path} answers ${status}`);
          tried += 1;
        }
      }
      assert.ok(tried > 30, `${tried} other routes were tried`);
    });
  });
};
