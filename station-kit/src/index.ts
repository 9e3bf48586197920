/** What whoever speaks for a charging station to its utility's gateway needs: the way to it, the attested consent, its time. */
export { catchUpClock, steppedClock, systemClock, type Clock } from './clock/clock.ts';
export { DoorClock } from './clock/door-clock.ts';
export { StationClock } from './clock/station-clock.ts';
export { attestConsent, type AttestedConsent } from './consent.ts';
export { GatewayClient, GatewayRefusal, GatewayUnreachable, type StationIdentity } from './gateway-client.ts';
export { InTurn } from './in-turn.ts';
export { meterStatement, type MeterStatement, type SigningMeter } from './meter-statement.ts';
export { operatorStatement, type VouchedOutlet } from './statement.ts';
