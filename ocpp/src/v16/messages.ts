/** Calls of a station of 1.6 as its schemas define them. Spec: OCPP 1.6 §6, and its security white paper. */

export interface BootNotification {
  readonly chargePointVendor: string;
  readonly chargePointModel: string;
  readonly chargePointSerialNumber?: string;
  readonly chargeBoxSerialNumber?: string;
  readonly firmwareVersion?: string;
  readonly meterSerialNumber?: string;
}

export interface StatusNotification {
  readonly connectorId: number;
  readonly errorCode: string;
  readonly info?: string;
  readonly status: string;
  readonly timestamp?: string;
  readonly vendorErrorCode?: string;
}

export interface SampledValue {
  readonly value: string;
  readonly context?: string;
  readonly format?: 'Raw' | 'SignedData';
  readonly measurand?: string;
  readonly phase?: string;
  readonly location?: string;
  readonly unit?: string;
}

export interface MeterValue {
  readonly timestamp: string;
  readonly sampledValue: readonly SampledValue[];
}

export interface StartTransaction {
  readonly connectorId: number;
  readonly idTag: string;
  readonly meterStart: number;
  readonly reservationId?: number;
  readonly timestamp: string;
}

export interface StopTransaction {
  readonly transactionId: number;
  readonly idTag?: string;
  readonly meterStop: number;
  readonly timestamp: string;
  readonly reason?: string;
  readonly transactionData?: readonly MeterValue[];
}

export interface MeterValues {
  readonly connectorId: number;
  readonly transactionId?: number;
  readonly meterValue: readonly MeterValue[];
}
