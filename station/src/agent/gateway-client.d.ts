import { type KeyObject } from 'node:crypto';
import { type BillSummary, type InterimAnswer, type InterimReport, type StartAnswer, type StartRequest, type StopRequest, type SwipeAnswer, type SwipeRequest } from '@roamgrid/wire';
/** How the station knows itself and its utility's gateway. */
export interface StationIdentity {
    readonly stationId: string;
    readonly utilityId: string;
    readonly keyId: string;
    /** Private ECDSA P-256 key; its public half is registered on the ledger. */
    readonly key: KeyObject;
}
/** The gateway refused; trying the same again will not help. */
export declare class GatewayRefusal extends Error {
    readonly name = "GatewayRefusal";
    readonly status: number;
    readonly code: string;
    constructor(status: number, code: string, message: string);
}
/** The gateway did not answer, or said that it cannot now. Every request is idempotent: try again. */
export declare class GatewayUnreachable extends Error {
    readonly name = "GatewayUnreachable";
}
/** Station side of `/station/v1`. Spec: wire/station/api. */
export declare class GatewayClient {
    #private;
    constructor(baseUrl: string, identity: StationIdentity, timeoutMs?: number);
    swipe(request: SwipeRequest): Promise<SwipeAnswer>;
    start(request: StartRequest): Promise<StartAnswer>;
    report(sessionId: string, report: InterimReport): Promise<InterimAnswer>;
    stop(sessionId: string, request: StopRequest): Promise<BillSummary>;
}
