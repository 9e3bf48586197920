import assert from 'node:assert/strict';
import { unwrap, UTC_OFFSETS } from '@roamgrid/domain';
import { readTariffJson } from '@roamgrid/wire';
import { createCommander } from '../../commands/commander.ts';
import { runCommand } from '../../commands/run-command.ts';
import type { DriverPrice } from '../../model/driver-price.ts';
import type { SimulatedStation } from '../../simulator/simulated-station.ts';
import { startStage, type Stage } from '../../testing/stage.ts';
import { until } from '../../testing/until.ts';

const AT = '2026-06-01T10:00:00Z';
const TOKEN = { idToken: '04A2B3C4', type: 'ISO14443' };
const TEXTS = [{ language: 'en', text: '0.28 USD/kWh' }];

const jsonOf = (components: readonly object[], restrictions?: object): string =>
  JSON.stringify({
    ...{ country_code: 'US', party_id: 'DUK', id: 'T', currency: 'USD', last_updated: AT },
    elements: [{ price_components: components, ...(restrictions && { restrictions }) }],
  });
const ENERGY = { type: 'ENERGY', price: 0.3, vat: 7, step_size: 1 };
const priceOf = (json: string): DriverPrice => ({
  tariff: unwrap(readTariffJson(json)),
  ...{ adjustmentPpm: -50_000n, currency: 'USD', zoneOffsets: UTC_OFFSETS },
});
const PLAIN = jsonOf([ENERGY]);
const SAID = {
  currency: 'USD',
  energy: { prices: [{ priceKwh: 0.285 }], taxRates: [{ type: 'VAT', tax: 7 }] },
};

describe('tariffs at a station of 2.1', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage();
  });
  after(() => stage.close());

  let stations = 0;
  const stationThat = async (
    settings: Readonly<Record<string, string>>,
    protocol: 'ocpp2.1' | 'ocpp2.0.1' = 'ocpp2.1',
  ): Promise<{ readonly station: SimulatedStation; readonly id: string }> => {
    stations += 1;
    const id = `TARIFF-${stations}`;
    const station = await stage.station(id, protocol);
    for (const [name, value] of Object.entries(settings)) station.memory.settings.set(name, value);
    await station.switchOn();
    if (protocol === 'ocpp2.1')
      await until('it said what it can do', () => stage.edge.live.of(id)?.known.abilities !== undefined);
    return { station, id };
  };
  const offered = (price: DriverPrice): void => {
    stage.answers.authorize = ({ wantsPrice }) =>
      Promise.resolve({ status: 'accepted', texts: TEXTS, ...(wantsPrice === true && { price }) });
  };
  const tariffOf = async (station: SimulatedStation) =>
    ((await station.authorize(TOKEN)).answer as { readonly tariff?: Readonly<Record<string, unknown>> })
      .tariff;
  const TAKES = { 'Enabled/Tariff': 'true' };

  it('are told with Authorize to one that takes them, beside the text', async () => {
    const { station } = await stationThat(TAKES);
    offered(priceOf(PLAIN));
    const { tariffId, description, ...content } = (await tariffOf(station)) ?? {};
    assert.deepEqual(content, SAID);
    assert.deepEqual(description, [{ format: 'UTF8', language: 'en', content: '0.28 USD/kWh' }]);
    assert.match(String(tariffId), /^[\w-]{43}$/);
    const { answer } = await station.authorize(TOKEN);
    const { idTokenInfo } = answer as { readonly idTokenInfo: { readonly personalMessage: object } };
    assert.deepEqual(idTokenInfo.personalMessage, (description as object[])[0]);
  });

  it('are told to none that does not say that it takes them, nor to one of 2.0.1', async () => {
    offered(priceOf(PLAIN));
    const silent = await stationThat({ 'Enabled/Tariff': 'false' });
    const older = await stationThat(TAKES, 'ocpp2.0.1');
    assert.deepEqual([await tariffOf(silent.station), await tariffOf(older.station)], [undefined, undefined]);
    assert.equal(stage.heard.asks.at(-1)?.ask.wantsPrice, undefined);
  });

  it('that a station or OCPP cannot say stay a text, and who runs it sees why', async () => {
    const { station, id } = await stationThat(TAKES);
    offered(priceOf(jsonOf([{ ...ENERGY, step_size: 1_000 }])));
    assert.equal(await tariffOf(station), undefined);
    assert.equal(stage.edge.notes.of(id).priceAsText, 'STEP_SIZE');
    offered(priceOf(jsonOf([ENERGY], { min_kwh: 10 })));
    assert.equal(await tariffOf(station), undefined);
    assert.equal(stage.edge.notes.of(id).priceAsText, 'CONDITIONS');
    const conditions = await stationThat({ ...TAKES, 'ConditionsSupported/Tariff': 'true' });
    const { energy } = (await tariffOf(conditions.station)) ?? {};
    assert.deepEqual((energy as typeof SAID.energy).prices, [
      { priceKwh: 0.285, conditions: { minEnergy: 10_000 } },
    ]);
  });

  it('are what a station can do once it has started anew', async () => {
    const { station, id } = await stationThat({});
    offered(priceOf(PLAIN));
    assert.equal(await tariffOf(station), undefined);
    station.memory.settings.set('Enabled/Tariff', 'true');
    const boot = { reason: 'ApplicationReset', chargingStation: { vendorName: 'V', model: 'M' } };
    await station.line.send({ action: 'BootNotification', payload: boot });
    await until('it is asked again', () => stage.edge.live.of(id)?.known.abilities?.takesTariffs === true);
    assert.notEqual(await tariffOf(station), undefined);
  });

  it('of a running transaction are told where it goes by another one', async () => {
    const { station, id } = await stationThat(TAKES);
    const commander = createCommander(stage.edge.live);
    assert.deepEqual([commander.takesPrices(id), commander.takesPrices('NOBODY')], [true, false]);
    const ask = { transactionId: 'T-1', price: priceOf(PLAIN), texts: TEXTS };
    assert.equal(await commander.tellPrice(id, ask), 'accepted');
    const told = station.memory.tariffs.get('T-1');
    const { tariffId, description: _text, ...content } = told as unknown as Readonly<Record<string, unknown>>;
    assert.deepEqual(content, SAID);
    station.memory.tariffs.clear();
    assert.equal(await commander.tellPrice(id, { ...ask, tariffId: String(tariffId) }), 'accepted');
    assert.equal(station.memory.tariffs.size, 0, 'it goes by it already');
    const night = priceOf(jsonOf([ENERGY], { start_time: '22:00', end_time: '06:00' }));
    assert.equal(await commander.tellPrice(id, { ...ask, price: night }), 'unsupported');
    const { id: deaf } = await stationThat({});
    assert.equal(await commander.tellPrice(deaf, ask), 'unsupported');
    assert.equal(await commander.tellPrice('NOBODY', ask), 'unreachable');
  });

  it('come with how energy may go, where that is more than charging, and what a car gives back is read', async () => {
    const { station } = await stationThat({});
    const older = await stationThat({}, 'ocpp2.0.1');
    stage.answers.authorize = () =>
      Promise.resolve({ status: 'accepted', texts: [], transferModes: ['DC', 'DC_BPT'] });
    const modesOf = async (of: SimulatedStation) =>
      ((await of.authorize(TOKEN)).answer as { readonly allowedEnergyTransfer?: unknown })
        .allowedEnergyTransfer;
    assert.deepEqual([await modesOf(station), await modesOf(older.station)], [['DC', 'DC_BPT'], undefined]);
    const exported = { measurand: 'Energy.Active.Export.Register', value: 4.5 };
    await station.line.send({
      action: 'TransactionEvent',
      payload: {
        ...{ eventType: 'Updated', timestamp: AT, triggerReason: 'OperationModeChanged', seqNo: 2 },
        transactionInfo: {
          transactionId: 'T-1',
          operationMode: 'CentralSetpoint',
          chargingState: 'Charging',
        },
        meterValue: [{ timestamp: AT, sampledValue: [exported] }],
      },
    });
    const { readings } = stage.heard.transactions.at(-1)?.report ?? {};
    assert.deepEqual(
      readings?.map(({ direction, registerMilliWh }) => [direction, registerMilliWh]),
      [['export', 4_500n]],
    );
  });

  it('for anybody are set, listed and cleared by who runs it', async () => {
    const { station, id } = await stationThat({});
    const run = (command: Parameters<typeof runCommand>[2]) => runCommand(stage.edge.live, id, command);
    const outlet = { evse: 1 };
    const set = await run({
      kind: 'set-default-tariff',
      outlet,
      tariffJson: PLAIN,
      texts: TEXTS,
      validFromMs: 0,
    });
    assert.deepEqual(set, { outcome: 'accepted', said: 'Accepted' });
    const { tariffId = '', ...content } = station.memory.tariffs.get('EVSE 1') ?? {};
    assert.deepEqual(content, {
      ...{ currency: 'USD', validFrom: '1970-01-01T00:00:00.000Z' },
      energy: { prices: [{ priceKwh: 0.3 }], taxRates: [{ type: 'VAT', tax: 7 }] },
      description: [{ format: 'UTF8', language: 'en', content: '0.28 USD/kWh' }],
    });
    assert.deepEqual(await run({ kind: 'get-tariffs', outlet }), {
      ...{ outcome: 'accepted', said: 'Accepted' },
      tariffs: [{ tariffId, kind: 'DefaultTariff', evses: [1] }],
    });
    const cleared = await run({ kind: 'clear-tariffs', tariffIds: [tariffId] });
    assert.deepEqual(cleared, { outcome: 'accepted', tariffs: [{ tariffId, said: 'Accepted' }] });
    assert.deepEqual(await run({ kind: 'get-tariffs', outlet }), {
      ...{ outcome: 'accepted', said: 'NoTariff', tariffs: [] },
    });
  });

  it('bring what a station calculates by itself, and what its own terminal took, which nothing is billed by', async () => {
    const { station, id } = await stationThat(TAKES);
    const total = { currency: 'USD', typeOfCost: 'NormalCost', total: { exclTax: 1, inclTax: 1.0712345 } };
    const tell = (costDetails: object) =>
      station.line.send({
        action: 'TransactionEvent',
        payload: {
          ...{ eventType: 'Updated', timestamp: AT, triggerReason: 'RunningCost', seqNo: 1, costDetails },
          transactionInfo: { transactionId: 'T-1', tariffId: 'mine' },
        },
      });
    const totalUsage = { energy: 1_000, chargingTime: 60, idleTime: 0 };
    await tell({ totalCost: total, totalUsage });
    const { stationCost, tariffId } = stage.heard.transactions.at(-1)?.report ?? {};
    assert.deepEqual([stationCost, tariffId], [{ currency: 'USD', totalMicros: 1_071_234n }, 'mine']);
    await tell({ totalCost: total, totalUsage, failureToCalculate: true });
    assert.deepEqual(stage.heard.transactions.at(-1)?.report.stationCost, { currency: 'USD' });
    const payload = { pspRef: 'psp-1', status: 'Settled', settlementAmount: 5.5, settlementTime: AT };
    assert.deepEqual(await station.line.send({ action: 'NotifySettlement', payload }), {});
    const { settlements } = stage.edge.notes.of(id);
    assert.deepEqual(settlements, [{ status: 'Settled', amount: '5.5', atMs: Date.parse(AT) }]);
  });
});
