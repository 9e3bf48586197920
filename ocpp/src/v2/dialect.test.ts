import assert from 'node:assert/strict';
import type { TransactionReport } from '../model/reports.ts';
import type { SimulatedStation } from '../simulator/simulated-station.ts';
import { startStage, type Stage } from '../testing/stage.ts';
import { costNumber } from './texts.ts';

const AT = '2026-06-01T10:00:00Z';
const AT_MS = Date.parse(AT);
const TOKEN = { idToken: '04A2B3C4', type: 'ISO14443' };

for (const protocol of ['ocpp2.0.1', 'ocpp2.1'] as const) {
  describe(`a station of ${protocol}`, () => {
    let stage: Stage;
    let station: SimulatedStation;
    before(async () => {
      stage = await startStage();
      station = await stage.station('NEW', protocol);
      await station.switchOn();
    });
    after(() => stage.close());

    const send = (action: string, payload: object) => station.line.send({ action, payload });
    const lastReport = (): TransactionReport | undefined => stage.heard.transactions.at(-1)?.report;
    const event = (more: object) => ({
      eventType: 'Updated',
      timestamp: AT,
      triggerReason: 'MeterValuePeriodic',
      seqNo: 3,
      transactionInfo: { transactionId: 'T-1' },
      ...more,
    });

    it('says what it is when it starts, and how its connectors are', () => {
      const about = { vendor: 'Roamgrid', model: 'Simulated', serial: 'NEW', firmware: '1.0.0' };
      assert.deepEqual(stage.heard.booted, [{ stationId: 'NEW', report: { ...about, reason: 'PowerUp' } }]);
      assert.deepEqual(stage.heard.statuses[0]?.report.outlet, { evse: 1, connector: 1 });
      assert.equal(stage.heard.statuses[0].report.state, 'available');
    });

    it('is told whether a token may charge, until when, and what the driver reads', async () => {
      const words = {
        accepted: 'Accepted',
        'no-credit': 'NoCredit',
        'not-allowed-here': 'NotAtThisLocation',
        'try-later': 'NotAtThisTime',
      } as const;
      for (const [status, word] of Object.entries(words)) {
        stage.answers.authorize = () =>
          Promise.resolve({
            status: status as keyof typeof words,
            validUntilMs: AT_MS,
            texts: [{ language: 'en', text: '0.30 USD/kWh' }],
          });
        const { answer } = await station.authorize(TOKEN);
        assert.deepEqual(answer, {
          idTokenInfo: {
            status: word,
            cacheExpiryDateTime: '2026-06-01T10:00:00.000Z',
            language1: 'en',
            personalMessage: { format: 'UTF8', language: 'en', content: '0.30 USD/kWh' },
          },
        });
      }
    });

    it('that asks for what is no credential gets no, and nobody is asked', async () => {
      const before = stage.heard.asks.length;
      const { isAccepted } = await station.authorize({ idToken: '0123456789AB', type: 'MacAddress' });
      assert.equal(isAccepted, false);
      assert.equal(stage.heard.asks.length, before);
      const began = event({ eventType: 'Started', idToken: { idToken: '0123456789AB', type: 'MacAddress' } });
      const answer = (await send('TransactionEvent', began)) as { idTokenInfo: { status: string } };
      assert.equal(answer.idTokenInfo.status, 'Invalid');
      assert.equal(lastReport()?.token, undefined);
    });

    it('begins, moves and ends a transaction by its own id, and is told its cost', async () => {
      stage.answers.transaction = () =>
        Promise.resolve({
          totalCostMicros: 1_234_567n,
          status: 'accepted',
          texts: [{ language: 'de', text: '1,23 EUR' }],
        });
      await station.begin(1, TOKEN, { remoteStart: 9, reservation: 4 });
      const began = lastReport();
      const id = station.transactionAt(1);
      assert.deepEqual(
        [began?.phase, began?.transaction, began?.sequence, began?.outlet, began?.token],
        ['began', { by: 'station', id }, 0, { evse: 1, connector: 1 }, { type: 'rfid', value: '04A2B3C4' }],
      );
      assert.deepEqual([began?.remoteStart, began?.reservation, began?.isCharging], [9, 4, true]);
      await station.charge(1, 12_345_678n);
      assert.deepEqual(lastReport()?.readings[0]?.registerMilliWh, 12_345_678n);
      await station.end(1, 'full');
      assert.deepEqual(
        [lastReport()?.phase, lastReport()?.endReason, lastReport()?.sequence],
        ['ended', 'full', 2],
      );
      assert.deepEqual(await station.tellAgain(-1), {
        totalCost: 1.234567,
        idTokenInfo: { status: 'Accepted' },
        updatedPersonalMessage: { format: 'UTF8', language: 'de', content: '1,23 EUR' },
      });
    });

    it('has the same key for the same message, also when it says only later that it was offline', async () => {
      await send('TransactionEvent', event({}));
      const key = lastReport()?.messageKey;
      await send('TransactionEvent', event({ offline: true }));
      assert.deepEqual([lastReport()?.messageKey, lastReport()?.isOffline], [key, true]);
      await send('TransactionEvent', event({ seqNo: 4 }));
      assert.notEqual(lastReport()?.messageKey, key);
    });

    it('tells exact registers and what its meter signed', async () => {
      const text = 'OCMF|{"FV":"1.0"}|{"SD":"00"}';
      const signedMeterValue = {
        signedMeterData: Buffer.from(text).toString('base64'),
        signingMethod: 'ECDSA',
        encodingMethod: 'OCMF',
        publicKey: 'KEY',
      };
      const sampledValue = [
        { value: 1.234567, unitOfMeasure: { unit: 'kWh' }, signedMeterValue, context: 'Transaction.End' },
        { value: 11, measurand: 'Power.Active.Import', unitOfMeasure: { unit: 'W', multiplier: 3 } },
        { value: 55, measurand: 'SoC', unitOfMeasure: { unit: 'Percent' } },
        { value: 4.5, measurand: 'Energy.Active.Export.Register' },
      ];
      const told = { chargingState: 'SuspendedEV', transactionId: 'T-1' };
      await send(
        'TransactionEvent',
        event({ meterValue: [{ timestamp: AT, sampledValue }], transactionInfo: told }),
      );
      const report = lastReport();
      assert.deepEqual(
        report?.readings.map(({ direction, registerMilliWh }) => [direction, registerMilliWh]),
        [
          ['import', 1_234_567n],
          ['export', 4_500n],
        ],
      );
      assert.deepEqual([report.powerW, report.socPpm, report.isCharging], [11_000n, 550_000, false]);
      const signed = { atMs: AT_MS, text, encoding: 'OCMF', context: 'end' as const, publicKey: 'KEY' };
      assert.deepEqual(report.signed, [signed]);
    });

    it('is noted down where no bill depends on what it says', async () => {
      const before = stage.heard.transactions.length;
      const meterValue = [{ timestamp: AT, sampledValue: [{ value: 5 }] }];
      assert.deepEqual(await send('MeterValues', { evseId: 1, meterValue }), {});
      assert.equal(stage.heard.transactions.length, before, 'values outside of a transaction are nobody’s');
      await send('FirmwareStatusNotification', { status: 'Installed', requestId: 1 });
      await send('LogStatusNotification', { status: 'Uploaded', requestId: 1 });
      await send('SecurityEventNotification', { type: 'SettingSystemTime', timestamp: AT, techInfo: 'x' });
      await send('ReservationStatusUpdate', { reservationId: 7, reservationUpdateStatus: 'Expired' });
      const notes = stage.edge.notes.of('NEW');
      assert.deepEqual([notes.firmwareStatus, notes.logStatus], ['Installed', 'Uploaded']);
      assert.deepEqual(notes.reservations, { 7: 'Expired' });
      assert.deepEqual(notes.securityEvents, [{ type: 'SettingSystemTime', atMs: AT_MS, info: 'x' }]);
      assert.deepEqual(await send('NotifyReport', { requestId: 1, generatedAt: AT, seqNo: 0 }), {});
      assert.deepEqual(await send('NotifyDisplayMessages', { requestId: 1 }), {});
      const component = { component: { name: 'C' }, variable: { name: 'V' } };
      const told = { eventId: 1, timestamp: AT, trigger: 'Alerting', actualValue: '1', ...component };
      const eventData = [{ ...told, eventNotificationType: 'CustomMonitor' }];
      assert.deepEqual(await send('NotifyEvent', { generatedAt: AT, seqNo: 0, eventData }), {});
    });

    it('is politely refused what is not done here', async () => {
      assert.deepEqual(await send('DataTransfer', { vendorId: 'V' }), { status: 'UnknownVendorId' });
      assert.deepEqual(await send('SignCertificate', { csr: 'x' }), { status: 'Rejected' });
      const certificate = { iso15118SchemaVersion: 'v', action: 'Install', exiRequest: 'x' };
      await assert.rejects(send('Get15118EVCertificate', certificate), { rpcErrorCode: 'NotSupported' });
      if (protocol === 'ocpp2.1')
        await assert.rejects(send('NotifyPriorityCharging', { transactionId: 'T', activated: true }), {
          rpcErrorCode: 'NotSupported',
        });
    });
  });
}

describe('money in 2.x', () => {
  it('is written as the nearest number to its decimal text', () => {
    assert.deepEqual(
      [0n, 1n, 1_000_000n, 123_456_789n, -5n].map(costNumber),
      [0, 0.000001, 1, 123.456789, -0.000005],
    );
  });
});
