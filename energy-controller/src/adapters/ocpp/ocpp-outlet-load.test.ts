import assert from 'node:assert/strict';
import { AdapterError, type AdapterErrorCode, type LoadAdapter } from '../adapter.ts';
import { makeLoad, loadAdapterConfig } from '../../site/adapter-kinds.ts';
import { unwrap } from '@roamgrid/domain';
import { allocate, growTree, PLAIN_POLICY, type PowerState } from '@roamgrid/domain/power';
import { createLogger } from '@roamgrid/service-kit';
import { PROTOCOLS, startOcppStreet } from '../testing/ocpp-door.ts';

/** Whose driver comes to each station, and what that is worth. */
const LEVELS = {
  'ocpp1.6': { loyalty: 'platinum', priority: 2 },
  'ocpp2.0.1': { loyalty: 'none', priority: 5 },
  'ocpp2.1': { loyalty: 'diamond', priority: 3 },
} as const;

const START_MS = Date.UTC(2026, 10, 2, 12);

const soon = (): AbortSignal => AbortSignal.timeout(5_000);
const failsWith = (code: AdapterErrorCode) => (error: unknown) =>
  error instanceof AdapterError && error.code === code;

describe('an outlet of a station of OCPP', () => {
  let street: Awaited<ReturnType<typeof startOcppStreet>>;
  before(async () => {
    street = await startOcppStreet(START_MS);
  });
  after(() => street.close());

  for (const protocol of PROTOCOLS) {
    describe(`that speaks ${protocol}`, () => {
      let load: LoadAdapter;
      const station = () => street.station(protocol);
      const pass = (seconds: number) => street.pass(station(), seconds);
      const read = () => load.read(soon());
      const measuredW = async (): Promise<bigint> => (await read()).measuredW;
      const claimId = async (): Promise<string> => (await read()).claims[0]?.claimId ?? '';
      const grant = async (watts: bigint, forS: number): Promise<void> => {
        const order = { claimId: await claimId(), watts, laneW: [watts] };
        await load.grant([{ ...order, lapsesAtMs: street.time.nowMs + forS * 1_000 }], soon());
      };
      const make = (key = street.key, more: object = {}): LoadAdapter => {
        const config = loadAdapterConfig.parse({
          ...{ kind: 'ocpp', url: street.door.url, utilityId: 'USDUK', iss: 'controller', key },
          ...{
            stationId: protocol,
            evse: 1,
            aloneW: '11000',
            leastW: '1400',
            profileId: 7,
            timeoutMs: 3_000,
          },
          ...more,
        });
        const surroundings = { nodeId: 'o1', nowMs: () => street.time.nowMs };
        return makeLoad('o1', config, { ...surroundings, log: createLogger('o1', { level: 'silent' }) });
      };

      it('is bounded before anything else, and known from its second reading on', async () => {
        load = make();
        await assert.rejects(read(), failsWith('UNREACHABLE'), 'its station was never there');
        await station().switchOn();
        assert.deepEqual([await measuredW(), (await read()).claims], [0n, []]);
        await street.begin(station(), LEVELS[protocol].loyalty);
        await assert.rejects(read(), failsWith('UNREACHABLE'), 'nobody knows yet what flows');
        await pass(60);
        const { measuredW: flows, claims } = await read();
        assert.equal(flows, 11_000n);
        const [claim] = claims;
        assert.deepEqual(
          [claim?.kind, claim?.nodeId, claim?.minW, claim?.maxW, claim?.runningW, claim?.priority],
          ['charge', 'o1', 1_400n, 22_000n, 11_000n, LEVELS[protocol].priority],
        );
        // Of 10 kWh, without 11 kW for a minute, up.
        assert.equal(claim?.needWh, 9_817n);
        assert.match(claim.claimId, /^USDUK-USALP-/);
      });

      it('is served before and after others by its driver’s level, where nobody says that all are the same', async () => {
        const alike = make(street.key, { priority: 9 });
        await assert.rejects(alike.read(soon()), failsWith('UNREACHABLE'), 'its first reading');
        await pass(60);
        assert.equal((await alike.read(soon())).claims[0]?.priority, 9);
        const [claim] = (await read()).claims;
        assert.ok(claim);
        const state: PowerState = {
          tree: unwrap(growTree([{ nodeId: 'o1', kind: 'connection' }], { volts: 230n, lanes: 1 })),
          sources: [{ sourceId: 'grid', kind: 'grid', nodeId: 'o1', availableW: 22_000n }],
          // A gold driver at an outlet beside it.
          claims: [claim, { ...claim, claimId: 'beside', priority: 4, arrivedMs: claim.arrivedMs + 1 }],
          ...{ signals: {}, policy: PLAIN_POLICY, tickMs: 1_000 },
        };
        const granted = new Map(
          allocate(state, street.time.nowMs).grants.map(({ claimId, grantedW }) => [claimId, grantedW]),
        );
        const own = granted.get(claim.claimId) ?? 0n;
        assert.equal(own > (granted.get('beside') ?? 0n), LEVELS[protocol].priority < 4, own.toString());
      });

      it('follows a limit down and up, and goes back by itself to what it may take alone', async () => {
        await grant(4_000n, 120);
        await pass(60);
        assert.equal(await measuredW(), 4_000n);
        await grant(20_000n, 30);
        await pass(60);
        assert.equal(await measuredW(), 15_500n, '30 s at 20 kW and 30 s at 11 kW');
        await load.makeSafe(soon());
        await pass(60);
        assert.equal(await measuredW(), 0n);
      });

      it('says what its car takes also when it heeds no limit', async () => {
        await grant(4_000n, 300);
        street.time.nowMs += 60_000;
        await station().charge(1, 300_000n);
        assert.equal(await measuredW(), 18_000n);
      });

      it('is not sure of what a station refuses or does not answer, nor of one that says nothing more', async () => {
        station().memory.refuses.add('SetChargingProfile');
        await assert.rejects(grant(2_000n, 60), failsWith('REFUSED'));
        await assert.rejects(make().read(soon()), failsWith('REFUSED'), 'one that takes no bound is none');
        station().memory.refuses.clear();
        await assert.rejects(
          load.grant(
            [{ claimId: 'USDUK-USALP-g0-99', watts: 1n, laneW: [1n], lapsesAtMs: START_MS }],
            soon(),
          ),
          failsWith('REFUSED'),
          'for a car that is not there',
        );
        street.time.nowMs += 91_000;
        await assert.rejects(read(), failsWith('UNREACHABLE'), 'silent for longer than its interval');
        await station().charge(1, 0n);
        assert.equal(await measuredW(), 0n);
      });

      it('is told again what it may when its station comes back, and is nobody’s who is not known', async () => {
        await grant(4_000n, 600);
        await station().line.cut();
        await assert.rejects(read(), failsWith('UNREACHABLE'));
        await assert.rejects(load.makeSafe(soon()), failsWith('REFUSED'), 'nothing was sent');
        station().memory.profiles.clear(() => true);
        street.time.nowMs += 1_000;
        await station().reconnect();
        await read();
        assert.equal(station().memory.profiles.limitAt('W', street.time.nowMs, { evse: 1 }), 40_000);
        station().line.mute();
        await assert.rejects(grant(2_000n, 60), failsWith('UNREACHABLE'), 'it may come to do so later');
        await assert.rejects(make({ ...street.key, kid: 'other' }).read(soon()), failsWith('REFUSED'));
      });
    });
  }
});
