import { type BillSummary, type KioskState, type KioskSwipe } from '@roamgrid/wire';
import type { Clock } from '../clock/clock.ts';
import { type MeterIdentity } from '../meter/signed-meter.ts';
import type { Battery } from '../vehicle/battery.ts';
import { type ChargeTiming } from './charge.ts';
import { type GatewayClient, type StationIdentity } from './gateway-client.ts';
import type { JournalStore } from './journal.ts';
export interface OutletConfig {
    readonly identity: StationIdentity;
    readonly meter: MeterIdentity;
    readonly maxPowerW: bigint;
    readonly gateway: GatewayClient;
    readonly clock: Clock;
    readonly journal: JournalStore;
    /** The car that is plugged in, asked for when charging starts. */
    readonly vehicle: () => Battery;
    readonly timing?: ChargeTiming;
}
/** Why a step was refused: the outlet is not where the step belongs. */
export declare class OutletBusy extends Error {
    readonly name = "OutletBusy";
}
/**
 * One charging outlet: reads a CIN, asks, shows, takes consent, meters, reports, stops.
 * Its state is what the kiosk page shows. A session that was running when power failed is ended at the next start.
 */
export declare class Outlet {
    #private;
    constructor(config: OutletConfig);
    get state(): KioskState;
    /** Hear every change of state; returns how to stop hearing. */
    subscribe(listener: (state: KioskState) => void): () => void;
    /** Deliver the end of a session that a power cut interrupted. Call once after construction. */
    recover(): Promise<BillSummary | undefined>;
    /** A CIN arrived by keypad, card or QR. Resolves with the screen that answers it: an offer or a refusal. */
    swipe(request: KioskSwipe): Promise<KioskState>;
    /** The driver turned the offer down. */
    decline(): void;
    /**
     * The driver accepts the shown offer. Resolves when charging has started (or was refused);
     * the returned promise `ended` resolves with the bill.
     */
    consent(quoteHash: string): Promise<{
        ended: Promise<BillSummary | undefined>;
    }>;
    /** The driver presses stop, or the outlet detects a fault. */
    stop(reason?: 'driver' | 'fault'): void;
    /** The driver has read the bill. */
    done(): void;
}
