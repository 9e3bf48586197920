import type {
  ActiveChargingProfile,
  ChargingProfile,
  ChargingProfileResponse,
} from '../objects/charging-profiles.ts';
import type { CommandBody, CommandResultType, CommandType } from '../objects/commands.ts';
import type { ChargingPreferences, ChargingPreferencesResponse } from '../objects/sessions.ts';
import type { LocationReferences, OcpiToken } from '../objects/tokens.ts';
import type { Partner } from '../partners/partner.ts';

/** What a command is, with what it needs. */
export type CommandAsk = {
  [C in CommandType]: { readonly kind: C; readonly body: CommandBody<C> };
}[CommandType];

/** What is said at once, and what came of it in the end. */
export type CommandTaken =
  | { readonly response: 'REJECTED' | 'NOT_SUPPORTED' | 'UNKNOWN_SESSION' }
  | { readonly response: 'ACCEPTED'; readonly result: Promise<CommandResultType> };

export type ProfileAsk =
  | { readonly kind: 'get'; readonly sessionId: string; readonly durationS: number }
  | { readonly kind: 'set'; readonly sessionId: string; readonly profile: ChargingProfile }
  | { readonly kind: 'clear'; readonly sessionId: string };

export interface ProfileResult {
  readonly result: 'ACCEPTED' | 'REJECTED' | 'UNKNOWN';
  /** Of a `get`. */
  readonly profile?: ActiveChargingProfile;
}

export type ProfileTaken =
  | { readonly response: Exclude<ChargingProfileResponse['result'], 'ACCEPTED'> }
  | { readonly response: 'ACCEPTED'; readonly result: Promise<ProfileResult> };

/** What the door asks of the utility as an operator of stations. A partner’s sessions are those that its customers charge. */
export interface StationSide {
  command(partner: Partner, ask: CommandAsk): Promise<CommandTaken>;
  profile(partner: Partner, ask: ProfileAsk): Promise<ProfileTaken>;
  preferences(
    partner: Partner,
    sessionId: string,
    wish: ChargingPreferences,
  ): Promise<ChargingPreferencesResponse | undefined>;
}

export interface Allowance {
  readonly allowed: 'ALLOWED' | 'BLOCKED' | 'EXPIRED' | 'NO_CREDIT' | 'NOT_ALLOWED';
  /** By which the partner’s session and CDR are known again. */
  readonly reference?: string;
  /** In words, for the driver, why not. */
  readonly info?: string;
}

/** What the door asks of the utility as a provider of cards: may this customer charge at the partner’s station? */
export interface CustomerSide {
  authorize(partner: Partner, token: OcpiToken, location: LocationReferences | undefined): Promise<Allowance>;
}
