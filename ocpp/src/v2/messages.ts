import type { IdToken } from '../token/read-token.ts';

/** Calls of a station of 2.0.1 and 2.1, as far as both have them. Spec: OCPP 2.0.1 part 2 §1, OCPP 2.1 part 2 §1. */

export interface BootNotification {
  readonly chargingStation: {
    readonly serialNumber?: string;
    readonly model: string;
    readonly vendorName: string;
    readonly firmwareVersion?: string;
  };
  readonly reason: string;
}

export interface StatusNotification {
  readonly timestamp: string;
  readonly connectorStatus: string;
  readonly evseId: number;
  readonly connectorId: number;
}

export interface SampledValue {
  readonly value: number;
  readonly context?: string;
  readonly measurand?: string;
  readonly phase?: string;
  readonly location?: string;
  readonly signedMeterValue?: {
    readonly signedMeterData: string;
    readonly encodingMethod: string;
    readonly publicKey?: string;
  };
  readonly unitOfMeasure?: { readonly unit?: string; readonly multiplier?: number };
}

export interface MeterValue {
  readonly timestamp: string;
  readonly sampledValue: readonly SampledValue[];
}

export interface TransactionEvent {
  readonly eventType: 'Started' | 'Updated' | 'Ended';
  readonly timestamp: string;
  readonly triggerReason: string;
  readonly seqNo: number;
  readonly offline?: boolean;
  readonly reservationId?: number;
  readonly transactionInfo: {
    readonly transactionId: string;
    readonly chargingState?: string;
    readonly stoppedReason?: string;
    readonly remoteStartId?: number;
  };
  readonly evse?: { readonly id: number; readonly connectorId?: number };
  readonly idToken?: IdToken;
  readonly meterValue?: readonly MeterValue[];
}
