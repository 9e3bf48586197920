import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { divide, makeCin, QUARTER_MS, quarterOf, unwrap } from '@roamgrid/domain';
import { startRouter, type RouterConfig } from '@roamgrid/roaming-router';
import { startDatabase } from '@roamgrid/service-kit';
import { type Clock, steppedClock } from '@roamgrid/station-kit';
import { DEFAULT_CHANNEL, freePort } from '@roamgrid/test-network';
import {
  auditedCertificatePage,
  auditedUtilityPage,
  bill,
  canonicalJson,
  holdingPage,
  isOriginProven,
  routeAnswer,
  routeRequest,
  sessionOrigin,
  type AgreementTerms,
  type HoldingRecord,
  type UtilityRecord,
} from '@roamgrid/wire';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { z } from 'zod';
import { visit } from '../scenario/charge.ts';
import { committedCdr } from '../scenario/report.ts';
import { setUp, type Stage } from '../scenario/set-up.ts';
import { lastFullDayAt } from '../scenario/start-time.ts';
import { CAR, TERMS } from '../scenario/story.ts';
import { asker } from './ask.ts';
import { ALABAMA_POWER, DUKE_ENERGY, type UtilityDefinition } from './consortium.ts';
import { publicHalf } from './key-ring.ts';
import { makeOutlet } from './outlet.ts';
import { agree, agreeWithItself, publishAndBind, registerStations, tell } from './register.ts';
import { startSystem, type LocalSystem } from './system.ts';
import { until } from './until.ts';
import { LOOPBACK, type RunningUtility } from './utility.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

interface Place {
  readonly city: string;
  readonly countryCode: string;
  readonly timeZone: string;
}

const withStation = (
  utility: UtilityDefinition,
  { city, countryCode, timeZone }: Place,
): UtilityDefinition => {
  const party = utility.utilityId.slice(2);
  return {
    ...utility,
    countryCode,
    stations: [
      {
        stationId: `${party}-${city.toUpperCase()}-1`,
        name: `Main Street, ${city}`,
        address: `1 Main Street, ${city}`,
        timeZone,
        outlets: [
          { evseId: `${countryCode}*${party}*E1*1`, meterId: `${party}-METER-1`, maxPowerW: 50_000n },
        ],
      },
    ],
  };
};
const ALABAMA = withStation(ALABAMA_POWER, {
  city: 'Mobile',
  countryCode: 'US',
  timeZone: 'America/Chicago',
});
/** Stations abroad: another currency, tax and clock. */
const THURINGIA = withStation(
  { utilityId: 'DETHU', mspId: 'ThuringiaMSP', name: 'Thuringia Energy', countryCode: 'DE', stations: [] },
  { city: 'Erfurt', countryCode: 'DE', timeZone: 'Europe/Berlin' },
);
/** As the European Central Bank published it. */
const RATE = {
  from: 'EUR',
  to: 'USD',
  rateMicros: '1105000',
  source: 'ECB euro foreign exchange reference rate, 29 December 2023',
};

const tariffOf = (utilityId: string, currency: string, vat: string) =>
  canonicalJson({
    country_code: 'US',
    party_id: utilityId.slice(2),
    id: `${utilityId}-FLAT`,
    currency,
    elements: [{ price_components: [{ type: 'ENERGY', price: '0.333', vat, step_size: 1 }] }],
    last_updated: '2026-01-01T00:00:00Z',
  });

const bills = z.object({ bills: z.array(bill) });

describe('one consortium on its own ledger', function () {
  this.timeout(300_000);
  let folder: string;
  let system: LocalSystem;
  let stage: Stage;
  let alabama: RunningUtility;
  let duke: RunningUtility;
  let thuringia: RunningUtility;
  const startMs = lastFullDayAt(Date.now(), 'America/New_York', 10, 0);
  const clock = steppedClock(startMs, 3_000);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'network-'));
    system = await startSystem({
      stateDir: folder,
      utilities: [ALABAMA, DUKE_ENERGY, THURINGIA],
      ledger: { kind: 'embedded' },
      tuning: {
        logLevel: 'silent',
        simulated: { nowMs: () => clock.nowMs(), patienceMs: DAY_MS, ledger: true },
      },
      progress: () => undefined,
    });
    const members = [ALABAMA, DUKE_ENERGY, THURINGIA];
    stage = await setUp(system, startMs, () => undefined, members);
    [alabama, duke, thuringia] = [ALABAMA, DUKE_ENERGY, THURINGIA].map(({ utilityId }) =>
      system.utility(utilityId),
    ) as [RunningUtility, RunningUtility, RunningUtility];
  });
  after(async () => {
    await system.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const termsOf = (agreementId: string) => ({ ...TERMS, agreementId });
  const sell = async (utility: RunningUtility, terms: AgreementTerms, vat: string): Promise<void> => {
    const { utilityId } = utility.definition;
    await publishAndBind(
      utility,
      {
        tariffId: `${utilityId}-FLAT`,
        tariffVersion: 1,
        tariffJson: tariffOf(utilityId, terms.currency, vat),
        validFromMs: startMs - DAY_MS,
        validUntilMs: startMs + 300 * DAY_MS,
      },
      [terms],
    );
  };
  const chargeAt = async (utility: RunningUtility, definition: UtilityDefinition) => {
    const [station] = definition.stations;
    const [outlet] = station?.outlets ?? [];
    assert.ok(station && outlet);
    const { outlet: made } = makeOutlet(utility, station, outlet, system.keys, {
      clock,
      stateDir: join(folder, 'stations'),
      vehicle: CAR,
      timing: { stepMs: 60_000, readingEveryMs: 300_000 },
    });
    const seen = await visit(made, clock, stage.cin, 10_000n, HOUR_MS);
    return { cdr: await committedCdr(utility, seen.bill.sessionId), offer: seen.offer };
  };

  it('serves one card at stations of its own utility, of a partner and abroad, on one bill that adds up in both currencies', async () => {
    await registerStations(alabama, ALABAMA, system.keys);
    await registerStations(thuringia, THURINGIA, system.keys);
    const own = await agreeWithItself(alabama, thuringia, termsOf('ALP-OWN-1'), startMs - DAY_MS);
    const inEuros = { ...termsOf('ALP-THU-1'), currency: 'EUR' };
    const withThuringia = await agree(thuringia, alabama, inEuros, startMs - DAY_MS);
    await sell(alabama, own, '10');
    await sell(thuringia, withThuringia, '19');

    const charged = [await chargeAt(alabama, ALABAMA), await chargeAt(duke, DUKE_ENERGY)];
    // Nobody says what the price is on the bill before a rate is stated.
    await assert.rejects(chargeAt(thuringia, THURINGIA), /NEGOTIATION_FAILED: .*no rate of exchange/);
    const rate = { ...RATE, validFromMs: startMs - DAY_MS, validUntilMs: startMs + DAY_MS };
    const rates = `${alabama.aaa.url}/operator/v1/exchange-rates`;
    await alabama.operator('POST', rates, rate);
    await alabama.operator('POST', rates, rate);
    await assert.rejects(alabama.operator('POST', rates, { ...rate, rateMicros: '1' }), /RATE_STATED/);
    charged.push(await chargeAt(thuringia, THURINGIA));
    const cdrs = charged.map(({ cdr }) => cdr);
    assert.deepEqual(
      cdrs.map(({ vun, hun }) => [vun, hun]),
      [ALABAMA, DUKE_ENERGY, THURINGIA].map(({ utilityId }) => [utilityId, ALABAMA.utilityId]),
    );
    const periodId = new Date(startMs).toISOString().slice(0, 7);
    const [only, ...others] = await until('all sessions are on the bill', async () => {
      const url = `${alabama.aaa.url}/operator/v1/periods/${periodId}/bills`;
      const found = (await alabama.operator('POST', url, {}, bills)).bills;
      return found[0]?.lines.length === cdrs.length ? found : undefined;
    });
    assert.deepEqual(others, []);
    assert.deepEqual(
      new Map(only?.lines.map(({ sessionId, totalMicros }) => [sessionId, totalMicros])),
      new Map(cdrs.map(({ sessionId, totalMicros }) => [sessionId, totalMicros])),
    );

    // Abroad: the rate was shown before the consent, is on the bill, and both currencies add up.
    const [, , abroad] = charged;
    assert.ok(abroad && only);
    const { quote, exchanged } = abroad.offer;
    assert.deepEqual(
      [quote.currency, exchanged?.currency, exchanged?.rateMicros, exchanged?.source],
      ['EUR', 'USD', 1_105_000n, RATE.source],
    );
    const line = only.lines.find(({ sessionId }) => sessionId === abroad.cdr.sessionId);
    assert.ok(line?.exchanged && exchanged);
    assert.equal(abroad.cdr.currency, 'EUR');
    assert.equal(abroad.cdr.taxMicros, divide(abroad.cdr.netMicros * 19n, 100n, 'half-even'));
    assert.equal(line.exchanged.totalMicros, divide(line.totalMicros * 1_105_000n, 1_000_000n, 'half-even'));
    assert.ok(line.exchanged.totalMicros <= exchanged.capMicros);
    assert.equal(line.exchanged.from, 'EUR');
    const inDollars = only.lines.map((each) => each.exchanged?.totalMicros ?? each.totalMicros);
    assert.equal(only.currency, 'USD');
    assert.equal(
      only.sessionsMicros,
      inDollars.reduce((sum, micros) => sum + micros, 0n),
    );
    assert.equal(abroad.cdr.shares.driver, line.driverShareMicros);

    // Nobody invoices itself: partners invoice what they sold, and the own session is in nobody's invoice.
    const invoiced = z.object({ invoices: z.array(z.unknown()) });
    const runAt = (utility: RunningUtility) =>
      utility.operator('POST', `${utility.aaa.url}/operator/v1/periods/${periodId}/invoices`, {}, invoiced);
    await clock.sleep(60_000);
    assert.equal((await runAt(alabama)).invoices.length, 0);
    assert.equal((await runAt(thuringia)).invoices.length, 1);
  });

  it('says on the bill what was generated in the same quarter-hours, proven by what the ledger has cancelled', async () => {
    const periodId = new Date(startMs).toISOString().slice(0, 7);
    const billed = async () => {
      const url = `${alabama.aaa.url}/operator/v1/periods/${periodId}/bills`;
      return (await alabama.operator('POST', url, {}, bills)).bills.flatMap(({ lines }) => lines);
    };
    const proofsOf = async (sessionId: string) => {
      const url = `${alabama.aaa.url}/operator/v1/sessions/${sessionId}/origin`;
      return (await alabama.operator('GET', url, undefined, sessionOrigin)).proofs;
    };
    const [charged] = await billed();
    assert.ok(charged && charged.origin === undefined);
    const { utilityId: registrar } = THURINGIA;
    for (const voter of [alabama, duke]) {
      const vote = { decision: 'appoint-registrar', version: 1, yes: true };
      const commandId = `registrar-${voter.definition.utilityId}`;
      await tell(voter.operator, voter, 'consortium', 'vote', { commandId, utilityId: registrar, ...vote });
    }
    const register = (generatorId: string, source: string) =>
      tell(thuringia.registrar, thuringia, 'grid', 'registerGenerator', {
        commandId: generatorId,
        generator: {
          generatorId,
          owner: ALABAMA.utilityId,
          registrar,
          areaId: 'SOCO',
          countryCode: 'US',
          source,
          maxPowerW: '100000000',
          fromMs: startMs - DAY_MS,
        },
      });
    await register('sun-1', 'SOLAR');
    // Less than was charged in the first quarter-hour of the session.
    const quarterMs = quarterOf(charged.startMs);
    await clock.sleep(QUARTER_MS);
    const issue = (commandId: string, wh: string, generatorId = 'sun-1') =>
      tell(thuringia.registrar, thuringia, 'grid', 'issueCertificates', {
        commandId,
        registrar,
        certificates: [{ generatorId, quarterMs, wh }],
      });
    await issue('sun-1-first', '3000');
    await assert.rejects(issue('sun-1-again', '3000'), /LEDGER_CONFLICT/);

    const line = await until('the bill says it', async () =>
      (await billed()).find(
        ({ sessionId, origin }) => sessionId === charged.sessionId && origin !== undefined,
      ),
    );
    const [part, ...others] = line.origin ?? [];
    assert.deepEqual([part?.source, part?.areaId, others], ['SOLAR', 'SOCO', []]);
    assert.ok(part && part.energyWh > 0n && part.energyWh <= 3_000n);
    assert.ok(part.energyWh < line.energyWh);
    const proofs = await proofsOf(line.sessionId);
    assert.equal(
      proofs.reduce((sum, { match }) => sum + match.energyWh, 0n),
      part.energyWh,
    );
    // Another member's auditor sees the same roots, and no session.
    const url = `${duke.gateway.url}/auditor/v1/certificates?generatorId=sun-1`;
    const [onLedger] = (await duke.auditor('GET', url, undefined, auditedCertificatePage)).items;
    assert.ok(onLedger && !JSON.stringify(onLedger, (_, value) => String(value)).includes(line.sessionId));
    for (const proof of proofs) {
      assert.ok(isOriginProven(proof));
      const { match } = proof;
      assert.ok(!isOriginProven({ ...proof, match: { ...match, energyWh: match.energyWh + 1n } }));
      const range: HoldingRecord | undefined = onLedger.holdings.find(
        ({ fromWh }) => fromWh === proof.fromWh,
      );
      assert.equal(range?.cancelled?.matchRoot, proof.matchRoot);
      assert.equal(range.toWh - range.fromWh, proof.wh);
    }
    assert.equal(onLedger.holdings.length, 1);
    const node = asker(system.keys.key(`${ALABAMA.utilityId}-aaa`), 'aaa', ALABAMA.utilityId, 'aaa');
    const span = `fromMs=${quarterMs}&untilMs=${quarterMs + 1}`;
    const held = await node(
      'GET',
      `${alabama.gateway.url}/internal/v1/holdings?${span}`,
      undefined,
      holdingPage,
    );
    assert.deepEqual(held.holdings, []);
    // Billing again uses nothing up again.
    assert.deepEqual(
      (await billed()).find(({ sessionId }) => sessionId === line.sessionId),
      line,
    );

    // What is on no issued bill is matched with whatever period is billed: a record may come after its own.
    await register('wind-1', 'WIND');
    await issue('wind-1-first', '500', 'wind-1');
    const later = new Date(startMs + 40 * DAY_MS).toISOString().slice(0, 7);
    await until('the wind is matched', async () => {
      await alabama.operator('POST', `${alabama.aaa.url}/operator/v1/periods/${later}/bills`, {}, bills);
      return (
        (await proofsOf(line.sessionId)).some(({ match }) => match.generatorId === 'wind-1') || undefined
      );
    });
  });

  it('goes on at the limit under a new consent: two records of one customer, and nothing given away', async () => {
    const [station] = DUKE_ENERGY.stations;
    const [, definition] = station?.outlets ?? [];
    assert.ok(station && definition);
    // The car waits for the driver, who waits for the price: their clocks have nothing to do with the machine's pace.
    const waiting: Clock = {
      nowMs: () => clock.nowMs(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal);
        await until('the price to go on under', () => {
          const { state } = outlet;
          const isNear = state.screen === 'charging' && state.progress.energyWh >= 7_000n;
          return Promise.resolve(isNear && state.next === undefined && !hasGoneOn ? undefined : true);
        });
      },
    };
    let hasGoneOn = false;
    const { outlet } = makeOutlet(duke, station, definition, system.keys, {
      clock: waiting,
      stateDir: join(folder, 'stations'),
      vehicle: { ...CAR, maxPowerW: 20_000n },
      timing: { stepMs: 30_000, readingEveryMs: 60_000 },
    });
    outlet.subscribe((state) => {
      if (state.screen !== 'charging' || state.next === undefined || hasGoneOn) return;
      hasGoneOn = true;
      void outlet.consent(state.next.offer.quoteHash);
    });
    const state = await outlet.swipe({
      cin: stage.cin,
      method: 'card',
      requestedEnergyWh: 8_000n,
      plannedMs: HOUR_MS,
    });
    assert.ok(
      state.screen === 'offer',
      JSON.stringify(state, (_, value: unknown) => String(value)),
    );
    const firstId = state.offer.quote.sessionId;
    const bill = await (await outlet.consent(state.offer.quoteHash)).ended;
    assert.ok(bill && hasGoneOn);
    assert.notEqual(bill.sessionId, firstId);
    const [first, second] = [await committedCdr(duke, firstId), await committedCdr(duke, bill.sessionId)];
    assert.deepEqual([first.endReason, second.endReason], ['limit', 'limit']);
    assert.equal(second.energyWh, 8_000n);
    assert.ok(first.energyWh >= 6_000n && first.energyWh < 8_000n, `${first.energyWh} Wh`);
    assert.ok(second.startMs >= first.endMs);
    outlet.done();
  });

  it('keeps the bodies of own sessions from the witness, which endorses them', async () => {
    const sessions = z.object({
      items: z.array(z.object({ record: z.object({ sessionId: z.string() }), cdr: z.unknown().optional() })),
    });
    const seenBy = async (utility: RunningUtility) => {
      const url = `${utility.gateway.url}/auditor/v1/sessions?laneId=${ALABAMA.utilityId}-${ALABAMA.utilityId}-g0`;
      return (await utility.auditor('GET', url, undefined, sessions)).items;
    };
    const own = await seenBy(alabama);
    assert.deepEqual(
      own.map(({ cdr }) => cdr !== undefined),
      [true],
    );
    const witnessed = await until('the witness has read it', async () => {
      const found = await seenBy(thuringia);
      return found.length > 0 ? found : undefined;
    });
    assert.deepEqual(
      witnessed.map(({ cdr }) => cdr),
      [undefined],
    );
  });

  describe('a swipe at Duke Energy', () => {
    const key = (of: string) => system.keys.key(`USDUK-${of}`);
    const servers: Server[] = [];
    const sockets = new Set<Socket>();
    let numbers = 0;
    let database: Awaited<ReturnType<typeof startDatabase>>;
    let databaseUrl: string;
    before(async () => {
      database = await startDatabase(join(folder, 'refusals'));
      databaseUrl = await database.urlFor({ database: 'roamgrid_usduk_refusals', schema: 'router' });
    });
    after(async () => {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
      await database.stop();
    });
    const cinOf = (country: string, party: string) =>
      unwrap(makeCin({ country, party, service: 'E', customer: '0099999' }));

    /** A router of Duke Energy's over the real registry, as patient as the test needs. */
    const swipe = async (
      cin: string,
      hun: string,
      { homeBudget = 20_000, nowMs = Date.now }: { homeBudget?: number; nowMs?: () => number } = {},
    ) => {
      const config: RouterConfig = {
        utilityId: 'USDUK',
        database: { url: databaseUrl, stateDir: folder, name: 'roamgrid_usduk_refusals' },
        gatewayUrl: duke.gateway.url,
        aaaUrl: duke.aaa.url,
        signingKey: key('utility'),
        machineKey: key('router'),
        dpopKey: key('dpop'),
        allowedNetworks: LOOPBACK,
        trusted: [{ iss: 'gateway', role: 'gateway', key: publicHalf(key('gateway')) }],
        times: { homeBudget, ownBudget: 20_000, registryFresh: 10, registryStale: 10 },
        logLevel: 'silent',
      };
      const router = await startRouter(config, { nowMs });
      numbers += 1;
      const offer = routeRequest.encode({
        cin,
        offer: {
          channel: DEFAULT_CHANNEL,
          sessionId: `USDUK-${hun}-refused-${numbers}`,
          vun: 'USDUK',
          stationId: 'DUK-DURHAM-1',
          evseId: 'US*DUK*EDUR1*1',
          service: 'charging',
          tariffId: 'USDUK-TOU',
          tariffVersion: 1,
          currency: 'USD',
          minMicrosPerKWh: 100_000n,
          maxMicrosPerKWh: 400_000n,
          minAdjustmentPpm: -200_000n,
          maxAdjustmentPpm: 100_000n,
          requestedEnergyWh: 30_000n,
          estimateMicros: 10_000_000n,
          validUntilMs: nowMs() + DAY_MS,
        },
      });
      const ask = asker(key('gateway'), 'gateway', 'USDUK', 'gateway');
      const answer = await ask('POST', `${router.url}/router/v1/authorisations`, offer, routeAnswer).finally(
        // oxlint-disable-next-line typescript/no-misused-promises -- `finally` waits for it
        () => router.close(),
      );
      return answer.outcome === 'refused' ? answer.code : answer.outcome;
    };
    /** Members vote on what Thuringia Energy asks for, or on what it is. */
    const decide = async (decision: 'suspend' | 'issuer', version: number): Promise<void> => {
      for (const voter of [alabama, duke]) {
        await tell(voter.operator, voter, 'consortium', 'vote', {
          commandId: `${decision}-${version}-${voter.definition.utilityId}`,
          utilityId: 'DETHU',
          version,
          decision,
          yes: true,
        });
      }
    };
    const thuringiaNow = async (holds: (record: UtilityRecord) => boolean): Promise<UtilityRecord> =>
      until('Duke Energy has read it', async () => {
        const url = `${duke.gateway.url}/auditor/v1/utilities`;
        const { items } = await duke.auditor('GET', url, undefined, auditedUtilityPage);
        return items.find((record) => record.utilityId === 'DETHU' && holds(record));
      });
    /** Thuringia Energy's customers are answered for elsewhere from now on. */
    const move = async (aaaUrl: string): Promise<void> => {
      await tell(thuringia.operator, thuringia, 'consortium', 'registerUtility', {
        commandId: `move-to-${aaaUrl.slice(-5)}`,
        utility: {
          utilityId: 'DETHU',
          name: THURINGIA.name,
          oidcIssuer: `${aaaUrl}/oidc`,
          aaaUrl,
          signingKeys: [publicHalf(thuringia.signingKey)],
          validUntilMs: Date.now() + 365 * DAY_MS,
        },
      });
      const { pendingIssuer } = await thuringiaNow((record) => record.pendingIssuer?.aaaUrl === aaaUrl);
      await decide('issuer', pendingIssuer?.version ?? 0);
      await thuringiaNow((record) => record.aaaUrl === aaaUrl);
    };
    /** Accepts connections and never says a word. */
    const silent = async (): Promise<string> => {
      const server = createServer((socket) => {
        sockets.add(socket);
      });
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://localhost:${(server.address() as AddressInfo).port}`;
    };

    it('has an outcome of its own for each way in which its home cannot answer, by the ledger’s registry', async () => {
      assert.equal(await swipe(cinOf('US', 'ZZZ'), 'USZZZ'), 'ISSUER_UNKNOWN');
      const thuringian = cinOf('DE', 'THU');
      assert.equal(await swipe(thuringian, 'DETHU'), 'NO_AGREEMENT');
      await agree(duke, thuringia, termsOf('DUK-THU-1'), startMs - DAY_MS);
      await until('Duke Energy has read the agreement', async () =>
        (await swipe(thuringian, 'DETHU')) === 'NO_AGREEMENT' ? undefined : true,
      );
      assert.equal(await swipe(thuringian, 'DETHU'), 'CUSTOMER_UNKNOWN');
      const later = { nowMs: () => Date.now() + 400 * DAY_MS };
      assert.equal(await swipe(thuringian, 'DETHU', later), 'ISSUER_EXPIRED');
      await move(`http://localhost:${await freePort()}`);
      assert.equal(await swipe(thuringian, 'DETHU'), 'HOME_UNREACHABLE');
      await move(await silent());
      // It never answers: how long the router waits changes nothing.
      assert.equal(await swipe(thuringian, 'DETHU', { homeBudget: 500 }), 'HOME_TIMEOUT');
      const { statusVersion } = await thuringiaNow(() => true);
      await decide('suspend', statusVersion);
      await thuringiaNow(({ status }) => status === 'suspended');
      assert.equal(await swipe(thuringian, 'DETHU'), 'ISSUER_EXPIRED');
    });
  });
});
