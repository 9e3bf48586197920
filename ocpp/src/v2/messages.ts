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

export interface CostDetails {
  readonly totalCost: { readonly currency: string; readonly total: { readonly inclTax?: number } };
  readonly failureToCalculate?: boolean;
  readonly failureReason?: string;
}

/** What came of a payment at the station’s own terminal, 2.1. */
export interface Settlement {
  readonly status: string;
  readonly settlementAmount: number;
  readonly settlementTime: string;
  readonly transactionId?: string;
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
    /** 2.1. */
    readonly tariffId?: string;
  };
  /** What a station calculated by itself, 2.1. */
  readonly costDetails?: CostDetails;
  readonly evse?: { readonly id: number; readonly connectorId?: number };
  readonly idToken?: IdToken;
  readonly meterValue?: readonly MeterValue[];
}
