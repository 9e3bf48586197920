export interface BatterySpec {
    readonly capacityWh: bigint;
    readonly initialWh: bigint;
    /** Most that the car's charger takes. */
    readonly maxPowerW: bigint;
}
/** A car's battery at the plug: how much power it takes, and what it holds. Integer watt-milliseconds inside, so nothing drifts. */
export declare class Battery {
    #private;
    constructor(spec: BatterySpec);
    /** State of charge in parts per million, rounded down: 1,000,000 only when truly full. */
    get socPpm(): number;
    get full(): boolean;
    /** Power that the car takes now from an outlet that offers `offeredW`. */
    powerW(offeredW: bigint): bigint;
    /** Take `powerW` for `ms`; returns what was taken in watt-milliseconds (less at the very end: a battery never overfills). */
    charge(powerW: bigint, ms: number): bigint;
}
