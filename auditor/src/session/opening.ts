import { hexOf, utf8 } from '../bytes.ts';
import { hold } from '../failure.ts';
import { canonical, type JsonObject } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import { amount, object, perhaps, text, whole } from '../shape.ts';
import { isSigned, keysAt, openDocument, readKey, signingInput, type Key } from '../signature.ts';
import { bindingOf } from './meter.ts';
import { nameOf } from './numbers.ts';
import { openOffline } from './offline.ts';
import type { Token } from './token.ts';
import type { Agreement, Station, TariffRecord, Utility } from './records.ts';
import type { Open } from './settled.ts';
import type { Terms } from './terms.ts';

/** Whether a session was allowed to open: home's leave, the driver's consent, the limits of the agreement. */

export interface Ground {
  readonly channel: string;
  readonly vun: Utility;
  readonly hun: Utility;
  readonly station: Station;
  readonly agreement: Agreement;
  readonly terms: Terms;
  readonly tariff: TariffRecord;
}

/** How far two clocks may differ. */
export const SKEW_MS = 300_000;
const DAY_MS = 86_400_000;
const LONGEST_PLAN_MS = 31 * DAY_MS;

const TYPE = {
  yes: 'roamgrid-authorisation+jwt',
  profile: 'roamgrid-profile+jwt',
  consent: 'roamgrid-consent+jwt',
  device: 'roamgrid-driver-consent+jwt',
} as const;

const hashOf = ({ sha256 }: Primitives, value: string): string => hexOf(sha256(utf8(value)));

const wasActive = ({ status, statusFromMs, validUntilMs }: Utility, atMs: number): boolean =>
  atMs < validUntilMs && (status === 'active' || (status === 'suspended' && atMs < statusFromMs));

export interface Leave {
  readonly loyalty: string;
  readonly adjustmentPpm: bigint;
  readonly currency: string;
  readonly limitMicros: bigint;
  readonly energyLimitWh: bigint | undefined;
  readonly device: Key | undefined;
  readonly deviceAboveMicros: bigint | undefined;
}

const leaveOf = (payload: JsonObject, limitMicros: bigint): Leave => ({
  loyalty: text(payload['loyalty'], 'the loyalty'),
  adjustmentPpm: amount(payload['adjustmentPpm'], 'the adjustment'),
  currency: text(payload['currency'], 'the currency'),
  limitMicros,
  energyLimitWh: perhaps(payload['energyLimitWh'], 'the energy limit', amount),
  device: perhaps(payload['driverKey'], 'the device’s key', readKey),
  deviceAboveMicros: perhaps(payload['driverConsentAboveMicros'], 'the device’s limit', amount),
});

/** That home's key was its own, and home took part, when it says that it signed. */
const requireStanding = ({ hun }: Ground, kid: string, saidAtMs: number): void => {
  hold(
    keysAt(hun.keys, saidAtMs, SKEW_MS).some((key) => key.kid === kid),
    'home signed by a key that was not its own then',
  );
  hold(wasActive(hun, saidAtMs - SKEW_MS), 'home took part in nothing new when it signed');
};

/** A yes to this one offer: the offer is formed again from the quote and what the quote leaves out. */
const openYes = async (primitives: Primitives, open: Open, ground: Ground): Promise<Leave> => {
  const { quote, offer, sessionId, cinRef, openedAtMs, evidence } = open;
  const { kid, payload } = await openDocument(primitives, evidence, TYPE.yes, ground.hun.keys, 'home’s yes');
  const yes = object(payload, 'home’s yes');
  const { channel, vun, agreementId, stationId, evseId, tariffId, tariffVersion, currency } = quote;
  hold(
    yes['iss'] === quote.hun &&
      yes['aud'] === vun &&
      yes['channel'] === channel &&
      yes['sessionId'] === sessionId &&
      yes['evseId'] === evseId &&
      yes['cinRef'] === cinRef,
    'home’s yes is for another session, channel, outlet or customer',
  );
  const seen = {
    ...object(offer, 'the offer'),
    ...{ channel, sessionId, vun, agreementId, stationId, evseId, tariffId, tariffVersion, currency },
    service: yes['service'] ?? null,
  };
  hold(yes['offerHash'] === hashOf(primitives, canonical(seen)), 'home’s yes is to another offer');
  const issuedAtMs = whole(yes['issuedAtMs'], 'issuedAtMs');
  requireStanding(ground, kid, issuedAtMs);
  hold(
    issuedAtMs <= openedAtMs + SKEW_MS &&
      openedAtMs <= whole(yes['validUntilMs'], 'validUntilMs') &&
      openedAtMs <= issuedAtMs + DAY_MS,
    'home’s yes was not in its time when the session opened',
  );
  return leaveOf(yes, amount(yes['limitMicros'], 'the limit'));
};

/** A profile that home left with the visited utility. */
const openProfile = async (primitives: Primitives, open: Open, ground: Ground): Promise<Leave> => {
  const { quote, cinRef, openedAtMs, evidence, sessionId } = open;
  const { hun, terms } = ground;
  const { kid, payload } = await openDocument(primitives, evidence, TYPE.profile, hun.keys, 'home’s profile');
  const profile = object(payload, 'home’s profile');
  hold(
    profile['iss'] === quote.hun &&
      profile['aud'] === quote.vun &&
      profile['channel'] === quote.channel &&
      profile['cinRef'] === cinRef &&
      profile['laneId'] === nameOf(sessionId).laneId &&
      profile['whitelist'] !== 'NEVER',
    'home’s profile is for another customer, channel or lane, or forbids this',
  );
  const fromMs = whole(profile['validFromMs'], 'validFromMs');
  const untilMs = whole(profile['validUntilMs'], 'validUntilMs');
  requireStanding(ground, kid, fromMs);
  const exposure = amount(profile['exposureMicros'], 'exposureMicros');
  hold(fromMs <= openedAtMs && openedAtMs <= untilMs, 'home’s profile was not valid when the session opened');
  hold(
    untilMs - fromMs <= terms.profileLifetimeMs && exposure <= terms.exposureLimitMicros,
    'home’s profile is beyond what was agreed',
  );
  const each = amount(profile['perSessionMicros'], 'perSessionMicros');
  return leaveOf(profile, each < exposure ? each : exposure);
};

const requireTimes = ({ openedAtMs, quote }: Open, { agreement, station, tariff, vun }: Ground): void => {
  hold(
    agreement.state === 'active' && agreement.validFromMs <= openedAtMs && openedAtMs < agreement.overAtMs,
    'the agreement was not in force when the session opened',
  );
  hold(
    quote.issuedAtMs <= quote.validUntilMs && quote.plannedMs <= LONGEST_PLAN_MS,
    'the quote is for no time, or for too long a one',
  );
  hold(
    station.status === 'active' || openedAtMs < station.statusFromMs,
    'the station took nobody when the session opened',
  );
  hold(tariff.utilityId === vun.utilityId, 'the tariff is another utility’s');
  hold(
    tariff.validFromMs <= openedAtMs && openedAtMs < tariff.validUntilMs,
    'the tariff was not valid when the session opened',
  );
  const place: Readonly<Record<string, string | undefined>> = {
    placeId: station.placeId,
    stationId: station.stationId,
    evseId: quote.evseId,
  };
  hold(
    Object.entries(tariff.appliesTo).every(([name, value]) => place[name] === value),
    'the tariff is for another place',
  );
};

const requireLimits = ({ quote }: Open, { terms }: Ground, leave: Leave): void => {
  const range = terms.adjustment[leave.loyalty];
  hold(
    range !== undefined &&
      quote.adjustmentPpm === leave.adjustmentPpm &&
      range.minPpm <= quote.adjustmentPpm &&
      quote.adjustmentPpm <= range.maxPpm,
    'the adjustment is not what home signed within the agreed range',
  );
  hold(
    quote.currency === terms.currency && leave.currency === terms.currency,
    'the quote is in another currency than agreed',
  );
  hold(
    quote.estimateMicros <= quote.capMicros &&
      quote.capMicros <= terms.maxSessionMicros &&
      quote.capMicros <= leave.limitMicros,
    'the cap is below the estimate, or above what was agreed or signed',
  );
  hold(
    leave.energyLimitWh === undefined || quote.requestedEnergyWh <= leave.energyLimitWh,
    'more energy is quoted than home allowed',
  );
};

const requireConsents = async (
  primitives: Primitives,
  { consent, driverConsent, quote, openedAtMs, sessionId }: Open,
  { channel, station }: Ground,
  leave: Leave,
  quoteHash: string,
  tariffText: string | undefined,
): Promise<void> => {
  const { consentedAtMs, kid, method, signature } = consent;
  const facts = { channel, consentedAtMs, quoteHash, sessionId };
  const signed = signingInput(TYPE.consent, kid, { ...facts, iss: station.stationId, method });
  const key = keysAt(station.keys, consentedAtMs).find((each) => each.kid === kid);
  hold(key !== undefined, 'the station had no such key when the driver consented');
  hold(
    await isSigned(primitives, key, signed, signature),
    'the station did not sign this consent to this quote',
  );
  hold(
    tariffText === undefined || tariffText === bindingOf(primitives, signed),
    'the meter signed for another consent',
  );
  const inTime = (atMs: number): boolean =>
    quote.issuedAtMs <= atMs && atMs <= quote.validUntilMs && atMs <= openedAtMs;
  hold(inTime(consentedAtMs), 'the consent is outside the time of the quote, or after the session opened');
  const { device, deviceAboveMicros } = leave;
  if (driverConsent === undefined) {
    hold(
      deviceAboveMicros === undefined || quote.capMicros <= deviceAboveMicros,
      'home asked for the driver’s own device for such a cap',
    );
    return;
  }
  hold(device !== undefined, 'home bound no device that could consent');
  const byDevice = signingInput(TYPE.device, device.kid, {
    ...facts,
    consentedAtMs: driverConsent.consentedAtMs,
  });
  hold(
    await isSigned(primitives, device, byDevice, driverConsent.signature),
    'the driver’s device did not sign for this quote',
  );
  hold(inTime(driverConsent.consentedAtMs), 'the driver’s device consented outside the time of the quote');
};

/** Gives the token of a session that began offline. @throws Failed, Unreadable */
export const requireOpening = async (
  primitives: Primitives,
  open: Open,
  quoteText: string,
  ground: Ground,
  tariffText: string | undefined,
): Promise<Token | undefined> => {
  const { quote, sessionId, offline } = open;
  const name = nameOf(sessionId);
  const { agreement, vun, hun, station, channel, terms } = ground;
  hold(
    quote.sessionId === sessionId &&
      quote.channel === channel &&
      quote.vun === vun.utilityId &&
      quote.hun === hun.utilityId &&
      name.vun === vun.utilityId &&
      name.hun === hun.utilityId &&
      quote.agreementId === agreement.agreementId &&
      terms.agreementId === agreement.agreementId &&
      name.group === station.group,
    'the quote is of another session, channel, pair, agreement or group',
  );
  requireTimes(open, ground);
  hold(open.authorisedBy === 'home' || open.authorisedBy === 'cache', 'nobody authorised the session');
  if (offline !== undefined) {
    const { leave, binding, token } = await openOffline(primitives, open, offline, ground);
    requireLimits(open, ground, leave);
    hold(open.driverConsent === undefined, 'a second device consented to what began offline');
    hold(tariffText === undefined || tariffText === binding, 'the meter signed for another start');
    return token;
  }
  const leave =
    open.authorisedBy === 'home'
      ? await openYes(primitives, open, ground)
      : await openProfile(primitives, open, ground);
  requireLimits(open, ground, leave);
  await requireConsents(primitives, open, ground, leave, hashOf(primitives, quoteText), tariffText);
  return undefined;
};
