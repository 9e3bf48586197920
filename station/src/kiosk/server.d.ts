import { type KioskInfo } from '@roamgrid/wire';
import { type Outlet } from '../agent/outlet.ts';
export interface KioskServerConfig {
    readonly outlet: Outlet;
    readonly info: KioskInfo;
    /** Folder with the built kiosk page. */
    readonly pageFolder: string;
    /** 0 picks a free port. The kiosk listens on loopback only: the screen is part of the station. */
    readonly port: number;
}
/** Serve the kiosk page and its API for one outlet. */
export declare function startKiosk({ outlet, info, pageFolder, port, }: KioskServerConfig): Promise<{
    url: string;
    close(): Promise<void>;
}>;
