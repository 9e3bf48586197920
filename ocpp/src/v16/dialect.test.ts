import assert from 'node:assert/strict';
import { startStage, type Stage } from '../testing/stage.ts';
import type { SimulatedStation } from '../simulator/simulated-station.ts';
import type { TransactionReport } from '../model/reports.ts';

const AT = '2026-06-01T10:00:00Z';
const AT_MS = Date.parse(AT);

describe('a station of 1.6', () => {
  let stage: Stage;
  let station: SimulatedStation;
  before(async () => {
    stage = await startStage();
    station = await stage.station('OLD', 'ocpp1.6');
    await station.switchOn();
  });
  after(() => stage.close());

  const send = (action: string, payload: object) => station.line.send({ action, payload });
  const lastReport = (): TransactionReport | undefined => stage.heard.transactions.at(-1)?.report;

  it('says what it is when it starts, and how its connectors are', async () => {
    assert.deepEqual(stage.heard.booted, [
      {
        stationId: 'OLD',
        report: { vendor: 'Roamgrid', model: 'Simulated', serial: 'OLD', firmware: '1.0.0' },
      },
    ]);
    const boot = await send('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    const { status, interval } = boot as { status: string; interval: number };
    assert.deepEqual([status, interval], ['Accepted', 300]);
    const states: [string, string, boolean | undefined][] = [
      ['Available', 'available', false],
      ['Preparing', 'occupied', undefined],
      ['Charging', 'occupied', true],
      ['SuspendedEV', 'occupied', false],
      ['Reserved', 'reserved', undefined],
      ['Unavailable', 'unavailable', undefined],
      ['Faulted', 'faulted', undefined],
    ];
    for (const [word, state, isCharging] of states) {
      const errorCode = word === 'Faulted' ? 'GroundFailure' : 'NoError';
      await send('StatusNotification', { connectorId: 2, status: word, errorCode, timestamp: AT });
      const { report } = stage.heard.statuses.at(-1) ?? {};
      assert.deepEqual([report?.state, report?.isCharging, report?.atMs], [state, isCharging, AT_MS]);
      assert.deepEqual(report?.outlet, { evse: 2 });
      assert.equal(report.errorCode, word === 'Faulted' ? 'GroundFailure' : undefined);
    }
    assert.equal(stage.edge.notes.of('OLD').outlets['2']?.state, 'faulted');
  });

  it('is told by the nearest word whether a token may charge', async () => {
    const words = {
      accepted: 'Accepted',
      blocked: 'Blocked',
      expired: 'Expired',
      invalid: 'Invalid',
      concurrent: 'ConcurrentTx',
      'no-credit': 'Blocked',
      'not-allowed-here': 'Invalid',
      'try-later': 'Invalid',
    } as const;
    for (const [status, word] of Object.entries(words)) {
      stage.answers.authorize = () =>
        Promise.resolve({ status: status as keyof typeof words, texts: [], validUntilMs: AT_MS });
      const { answer } = await station.authorize({ idToken: '04a2b3c4', type: 'ISO14443' });
      assert.deepEqual(answer, { idTagInfo: { status: word, expiryDate: '2026-06-01T10:00:00.000Z' } });
    }
    assert.deepEqual(stage.heard.asks.at(-1)?.ask.token, { type: 'rfid', value: '04A2B3C4' });
  });

  it('begins, moves and ends a transaction by the number that it was given', async () => {
    await station.begin(1, { idToken: '04A2B3C4', type: 'ISO14443' }, { reservation: 12 });
    const began = lastReport();
    assert.deepEqual(
      began?.readings.map(({ registerMilliWh, context }) => [registerMilliWh, context]),
      [[0n, 'begin']],
    );
    assert.deepEqual(
      [began.phase, began.outlet, began.transaction, began.reservation],
      ['began', { evse: 1 }, undefined, 12],
    );
    const number = Number(station.transactionAt(1));
    await station.charge(1, 1_234_567n);
    const moved = lastReport();
    assert.deepEqual(
      [moved?.phase, moved?.transaction, moved?.readings[0]?.registerMilliWh],
      ['moved', { by: 'us', number }, 1_234_567n],
    );
    await station.end(1, 'cable-out');
    const ended = lastReport();
    assert.deepEqual(
      [ended?.phase, ended?.transaction, ended?.endReason, ended?.readings.at(-1)],
      [
        'ended',
        { by: 'us', number },
        'cable-out',
        { atMs: ended?.atMs, registerMilliWh: 1_234_000n, direction: 'import', context: 'end' },
      ],
    );
  });

  it('that shows more than any meter does has told no register, and its transaction goes on', async () => {
    const meterStop = Number(2n ** 64n);
    await send('StopTransaction', { transactionId: 5, meterStop, timestamp: AT });
    assert.deepEqual([lastReport()?.phase, lastReport()?.readings], ['ended', []]);
  });

  it('has the same key for the same message, and another for another', async () => {
    const start = { connectorId: 1, idTag: 'TAG', meterStart: 5, timestamp: AT };
    await send('StartTransaction', start);
    const key = lastReport()?.messageKey;
    await send('StartTransaction', { ...start });
    assert.equal(lastReport()?.messageKey, key);
    await send('StartTransaction', { ...start, meterStart: 6 });
    assert.notEqual(lastReport()?.messageKey, key);
  });

  it('tells values with a transaction, of an outlet without one, and of itself to nobody', async () => {
    const signed = 'OCMF|{"FV":"1.0"}|{"SD":"00"}';
    const meterValue = [
      { timestamp: AT, sampledValue: [{ value: '7.5', unit: 'kWh' }] },
      { timestamp: AT, sampledValue: [{ value: signed, format: 'SignedData', context: 'Transaction.End' }] },
    ];
    await send('MeterValues', { connectorId: 1, transactionId: 77, meterValue });
    assert.deepEqual(lastReport()?.transaction, { by: 'us', number: 77 });
    assert.equal(lastReport()?.readings[0]?.registerMilliWh, 7_500_000n);
    assert.deepEqual(lastReport()?.signed, [{ atMs: AT_MS, text: signed, encoding: 'OCMF', context: 'end' }]);
    await send('MeterValues', { connectorId: 1, meterValue });
    assert.deepEqual([lastReport()?.transaction, lastReport()?.outlet], [undefined, { evse: 1 }]);
    const before = stage.heard.transactions.length;
    await send('MeterValues', { connectorId: 0, meterValue });
    assert.equal(stage.heard.transactions.length, before);
  });

  it('says why it ended, by the driver where it says nothing and by nobody where it says "Other"', async () => {
    const reasons: [string | undefined, string | undefined][] = [
      [undefined, 'driver'],
      ['Local', 'driver'],
      ['EVDisconnected', 'cable-out'],
      ['PowerLoss', 'power-cut'],
      ['DeAuthorized', 'revoked'],
      ['Remote', 'operator'],
      ['EmergencyStop', 'fault'],
      ['Other', undefined],
    ];
    for (const [reason, endReason] of reasons) {
      const stop = { transactionId: 5, meterStop: 10, timestamp: AT };
      await send('StopTransaction', { ...stop, ...(reason === undefined ? {} : { reason }) });
      assert.equal(lastReport()?.endReason, endReason, reason);
    }
  });

  it('is noted down where no bill depends on what it says, and politely refused what is not done here', async () => {
    await send('FirmwareStatusNotification', { status: 'Installed' });
    await send('DiagnosticsStatusNotification', { status: 'Uploaded' });
    await send('SecurityEventNotification', { type: 'TamperDetectionActivated', timestamp: AT });
    const notes = stage.edge.notes.of('OLD');
    assert.deepEqual([notes.firmwareStatus, notes.logStatus], ['Installed', 'Uploaded']);
    assert.deepEqual(notes.securityEvents, [{ type: 'TamperDetectionActivated', atMs: AT_MS }]);
    await send('LogStatusNotification', { status: 'Uploading' });
    await send('SignedFirmwareStatusNotification', { status: 'Downloaded' });
    assert.deepEqual(await send('DataTransfer', { vendorId: 'V' }), { status: 'UnknownVendorId' });
    assert.deepEqual(await send('SignCertificate', { csr: 'x' }), { status: 'Rejected' });
    assert.match(((await station.heartbeat()) as { currentTime: string }).currentTime, /Z$/);
  });

  it('is not begun when the desk gave no number', async () => {
    stage.answers.transaction = () => Promise.resolve({ status: 'accepted', texts: [] });
    const start = { connectorId: 1, idTag: 'TAG', meterStart: 5, timestamp: AT };
    await assert.rejects(send('StartTransaction', start), /no number/);
  });
});
