import type { KeyObject } from 'node:crypto';
import { type MeterReading } from '@roamgrid/wire';
export interface MeterIdentity {
    readonly meterId: string;
    readonly evseId: string;
    readonly gatewaySerial: string;
    /** Private ECDSA P-256 key; its public half is registered on the ledger. */
    readonly key: KeyObject;
}
/** What a meter must not lose: its register only grows and no page number is used twice. */
export interface MeterState {
    readonly registerWms: bigint;
    readonly page: number;
}
/** An outlet's energy meter: a cumulative register that signs its readings (OCMF). */
export declare class SignedMeter {
    #private;
    constructor(identity: MeterIdentity, state?: MeterState);
    get state(): MeterState;
    /** Whole watt-hours on the display; the part of a watt-hour below stays in the register. */
    get registerWh(): bigint;
    /** Energy flowed: watt-milliseconds, never negative. */
    advance(energyWms: bigint): void;
    /** An unsigned reading for interim reports. */
    reading(atMs: number, charging: boolean): MeterReading;
    /** A signed reading that begins (`B`) or ends (`E`) a charging session. */
    signed(atMs: number, transaction: 'B' | 'E'): string;
}
