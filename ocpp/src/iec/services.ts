import type { IecRow } from './row.ts';

const ABSTRACT = { source: 'P110', reading: 'abstract' } as const;

/** IEC 63110: what a management system of charging stations does, by the features that the standard's scope lists. */
export const SERVICES: readonly IecRow[] = [
  {
    object: 'energy transfer: the charging session',
    facts: [
      'sessionOpenBody.sessionId',
      'sessionCloseBody.readings',
      'sessionCloseBody.endReason',
      'cdr.sessionId',
    ],
    messages: {
      '1.6': ['StartTransaction', 'StopTransaction', 'RemoteStartTransaction', 'RemoteStopTransaction'],
      '2.0.1': [
        'TransactionEvent',
        'RequestStartTransaction',
        'RequestStopTransaction',
        'GetTransactionStatus',
      ],
      '2.1': [
        'TransactionEvent',
        'RequestStartTransaction',
        'RequestStopTransaction',
        'GetTransactionStatus',
      ],
    },
    ...ABSTRACT,
  },
  {
    object: 'energy transfer: the discharging session',
    facts: [],
    messages: {
      '1.6': [],
      '2.0.1': [],
      '2.1': ['NotifyAllowedEnergyTransfer', 'TransactionEvent', 'AFRRSignal'],
    },
    ...ABSTRACT,
  },
  {
    object: 'energy transfer: required energy',
    facts: ['swipeRequest.requestedEnergyWh', 'swipeRequest.plannedMs', 'startAnswer.energyLimitWh'],
    messages: { '1.6': [], '2.0.1': ['NotifyEVChargingNeeds'], '2.1': ['NotifyEVChargingNeeds'] },
    ...ABSTRACT,
    note: '1.6 has no message in which a car or a driver says it.',
  },
  {
    object: 'energy transfer: grid usage',
    facts: ['demandReading.demandW', 'demandChunkRecord.areaId', 'adaptationInputs.movedMicros'],
    messages: {
      '1.6': ['SetChargingProfile', 'ClearChargingProfile', 'GetCompositeSchedule'],
      '2.0.1': ['SetChargingProfile', 'ClearChargingProfile', 'NotifyChargingLimit', 'GetCompositeSchedule'],
      '2.1': ['SetChargingProfile', 'UsePriorityCharging', 'NotifyChargingLimit', 'SetDERControl'],
    },
    ...ABSTRACT,
  },
  {
    object: 'energy transfer: contractual data',
    facts: ['quote.agreementId', 'quote.tariffId', 'quote.capMicros', 'signedConsent.method'],
    messages: {
      '1.6': ['Authorize'],
      '2.0.1': ['Authorize', 'CostUpdated'],
      '2.1': ['Authorize', 'SetDefaultTariff'],
    },
    ...ABSTRACT,
  },
  {
    object: 'energy transfer: metering data',
    facts: [
      'meterReading.registerMilliWh',
      'startRequest.signedStart',
      'stopRequest.signedEnd',
      'statementTexts.end',
    ],
    messages: {
      '1.6': ['MeterValues', 'StopTransaction'],
      '2.0.1': ['MeterValues', 'TransactionEvent'],
      '2.1': ['MeterValues', 'TransactionEvent'],
    },
    ...ABSTRACT,
  },
  {
    object: 'assets: controlling',
    facts: ['stationRecord.status', 'evseRecord.removedAtMs'],
    messages: {
      '1.6': ['ChangeAvailability', 'Reset', 'UnlockConnector', 'TriggerMessage'],
      '2.0.1': ['ChangeAvailability', 'Reset', 'UnlockConnector', 'TriggerMessage'],
      '2.1': ['ChangeAvailability', 'Reset', 'UnlockConnector', 'TriggerMessage'],
    },
    ...ABSTRACT,
  },
  {
    object: 'assets: monitoring',
    facts: ['stationRecord.status', 'stopRequest.endReason'],
    messages: {
      '1.6': ['StatusNotification', 'Heartbeat'],
      '2.0.1': ['StatusNotification', 'Heartbeat', 'NotifyEvent', 'SetVariableMonitoring'],
      '2.1': ['StatusNotification', 'Heartbeat', 'NotifyEvent', 'OpenPeriodicEventStream'],
    },
    ...ABSTRACT,
  },
  {
    object: 'assets: maintaining',
    facts: [],
    messages: {
      '1.6': ['GetDiagnostics', 'DiagnosticsStatusNotification', 'GetLog', 'LogStatusNotification'],
      '2.0.1': ['GetLog', 'LogStatusNotification', 'CustomerInformation'],
      '2.1': ['GetLog', 'LogStatusNotification', 'CustomerInformation'],
    },
    ...ABSTRACT,
  },
  {
    object: 'assets: provisioning',
    facts: [
      'stationRecord.stationId',
      'stationRecord.evses',
      'evseRecord.meterKeys',
      'stationRecord.infrastructureProvider',
    ],
    messages: {
      '1.6': ['BootNotification'],
      '2.0.1': ['BootNotification', 'GetBaseReport', 'NotifyReport'],
      '2.1': ['BootNotification', 'GetBaseReport', 'NotifyReport'],
    },
    ...ABSTRACT,
  },
  {
    object: 'assets: firmware update',
    facts: ['statementFacts.gateway.version', 'statementFacts.meter.firmware'],
    messages: {
      '1.6': [
        'UpdateFirmware',
        'FirmwareStatusNotification',
        'SignedUpdateFirmware',
        'SignedFirmwareStatusNotification',
      ],
      '2.0.1': ['UpdateFirmware', 'FirmwareStatusNotification', 'PublishFirmware'],
      '2.1': ['UpdateFirmware', 'FirmwareStatusNotification', 'PublishFirmware'],
    },
    ...ABSTRACT,
    note: 'The version that measured a session stands in what the meter signed.',
  },
  {
    object: 'assets: configuration (profiles)',
    facts: [],
    messages: {
      '1.6': ['ChangeConfiguration', 'GetConfiguration'],
      '2.0.1': ['SetVariables', 'GetVariables', 'SetNetworkProfile'],
      '2.1': ['SetVariables', 'GetVariables', 'SetNetworkProfile'],
    },
    ...ABSTRACT,
  },
  {
    object: 'authentication',
    facts: ['swipeRequest.cin', 'swipeRequest.method'],
    messages: {
      '1.6': ['Authorize', 'SendLocalList'],
      '2.0.1': ['Authorize', 'SendLocalList', 'Get15118EVCertificate'],
      '2.1': ['Authorize', 'SendLocalList', 'Get15118EVCertificate'],
    },
    ...ABSTRACT,
  },
  {
    object: 'authorisation',
    facts: [
      'authorisation.limitMicros',
      'authorisation.validUntilMs',
      'visitorProfile.whitelist',
      'swipeRefusal.code',
    ],
    messages: {
      '1.6': ['Authorize', 'StartTransaction'],
      '2.0.1': ['Authorize', 'TransactionEvent'],
      '2.1': ['Authorize', 'TransactionEvent'],
    },
    ...ABSTRACT,
  },
  {
    object: 'roaming',
    facts: ['quote.vun', 'quote.hun', 'cdr.shares.hun', 'cdr.shares.vun'],
    messages: { '1.6': ['Authorize'], '2.0.1': ['Authorize'], '2.1': ['Authorize'] },
    ...ABSTRACT,
    note: 'OCPP has one management system; partners are behind it.',
  },
  {
    object: 'pricing',
    facts: [
      'tariffRecord.tariffJson',
      'quote.estimateMicros',
      'quote.capMicros',
      'interimAnswer.runningMicros',
    ],
    messages: {
      '1.6': ['DataTransfer'],
      '2.0.1': ['CostUpdated', 'SetDisplayMessage', 'TransactionEvent'],
      '2.1': ['CostUpdated', 'SetDefaultTariff', 'ChangeTransactionTariff', 'TransactionEvent'],
    },
    ...ABSTRACT,
    note: '1.6 has no price but in vendors’ own data transfers.',
  },
  {
    object: 'payment',
    facts: ['authorisation.paymentMethod', 'billSummary.totalMicros', 'invoiceRecord.state'],
    messages: { '1.6': [], '2.0.1': [], '2.1': ['NotifySettlement', 'NotifyWebPaymentStarted'] },
    ...ABSTRACT,
  },
  {
    object: 'metering information of a payment',
    facts: ['cdr.energyWh', 'cdr.lines.quantity', 'cdr.lines.amountMicros'],
    messages: { '1.6': ['StopTransaction'], '2.0.1': ['TransactionEvent'], '2.1': ['TransactionEvent'] },
    ...ABSTRACT,
  },
  {
    object: 'other services of e-mobility',
    facts: [],
    messages: {
      '1.6': ['ReserveNow', 'CancelReservation', 'DataTransfer'],
      '2.0.1': ['ReserveNow', 'CancelReservation', 'ReservationStatusUpdate', 'DataTransfer'],
      '2.1': ['ReserveNow', 'CancelReservation', 'ReservationStatusUpdate', 'BatterySwap'],
    },
    source: 'P110',
    reading: 'title',
    note: 'Which services these are could not be read; reservation is a guess.',
  },
  {
    object: 'cybersecurity',
    facts: ['stationRecord.signingKeys', 'signedConsent.kid'],
    messages: {
      '1.6': ['SignCertificate', 'CertificateSigned', 'InstallCertificate', 'SecurityEventNotification'],
      '2.0.1': ['SignCertificate', 'CertificateSigned', 'InstallCertificate', 'SecurityEventNotification'],
      '2.1': ['SignCertificate', 'CertificateSigned', 'InstallCertificate', 'SecurityEventNotification'],
    },
    ...ABSTRACT,
  },
  {
    object: 'messages and conformance (parts 2 and 3 of IEC 63110)',
    facts: [],
    messages: { '1.6': [], '2.0.1': [], '2.1': [] },
    source: 'P110',
    reading: 'not read',
  },
];
