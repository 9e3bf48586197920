/** A terawatt-hour: nothing that an outlet's meter shows, and sums of it fit into the database's 64 bits. */
const MOST_MILLI_WH = 10n ** 15n;

/** Whether a meter of an outlet can show so much. A register beyond that is a fault of the station, and none. */
export const isRegister = (milliWh: bigint): boolean => milliWh >= 0n && milliWh <= MOST_MILLI_WH;
