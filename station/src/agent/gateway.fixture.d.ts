/** A request as the gateway received it. */
export interface Received {
    readonly path: string;
    readonly authorization: string;
    readonly body: Record<string, unknown>;
}
export type Answer = {
    status: number;
    body: unknown;
} | 'drop-after-receiving';
/** A gateway peer on a real socket that answers as it is told and keeps what it received. */
export declare function peerGateway(answer: (received: Received, earlier: readonly Received[]) => Answer): Promise<{
    url: string;
    received: Received[];
    close: () => void;
}>;
/** An offer in wire form for 10 kWh with a 4 USD cap. */
export declare const offerBody: {
    outcome: string;
    quote: {
        quoteId: string;
        sessionId: string;
        requestId: string;
        vun: string;
        hun: string;
        agreementId: string;
        stationId: string;
        evseId: string;
        tariffId: string;
        tariffVersion: number;
        adjustmentPpm: string;
        currency: string;
        requestedEnergyWh: string;
        plannedMs: number;
        estimateMicros: string;
        capMicros: string;
        zoneOffsets: {
            fromMs: number;
            offsetMinutes: number;
        }[];
        issuedAtMs: number;
        validUntilMs: number;
    };
    quoteHash: string;
    signedQuote: string;
    authorisedBy: string;
    homeUtilityName: string;
    loyalty: string;
    priceLines: never[];
};
export declare const billBody: {
    sessionId: string;
    homeUtilityName: string;
    startMs: number;
    endMs: number;
    energyWh: string;
    currency: string;
    lines: never[];
    netMicros: string;
    taxMicros: string;
    totalMicros: string;
    driverShareMicros: string;
    endReason: string;
    ledger: string;
};
export declare const startBody: (energyLimitWh: string) => {
    sessionId: string;
    state: string;
    energyLimitWh: string;
    capMicros: string;
    reportEveryMs: number;
};
