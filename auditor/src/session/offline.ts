import { fromBase64Url, hexOf, utf8, type Bytes } from '../bytes.ts';
import { hold } from '../failure.ts';
import { canonical, type JsonObject } from '../json.ts';
import type { Primitives } from '../primitives.ts';
import type { Record } from '../rating/record.ts';
import { amount, object, text } from '../shape.ts';
import { openDocument } from '../signature.ts';
import { cborOf } from './cbor.ts';
import { nameOf } from './numbers.ts';
import type { Ground, Leave } from './opening.ts';
import type { Offline, Open, Settled } from './settled.ts';
import { openToken, type Token } from './token.ts';

/** A session that began at a charger without network: home agreed to it by a token, its holder asked for it. */

const SKEW_MS = 300_000;
const TYPE = 'roamgrid-offline-leave+jwt';
const PROTOCOL = 'roamgrid-offline-1';
/** Net and tax are each rounded. */
const ROUNDED = 2n;

const upwards = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;

const costOf = (token: Token, energyWh: bigint, lastedMs: number): bigint =>
  token.microsPerSession +
  upwards(energyWh * token.microsPerKWh, 1_000n) +
  upwards(BigInt(lastedMs) * token.microsPerHour, 3_600_000n);

const requireAllowed = (token: Token, { offline, open }: Begun, ground: Ground): void => {
  const { quote, openedAtMs } = open;
  const { hun, station, terms } = ground;
  hold(token.issuer === quote.hun, 'the token is another utility’s');
  const epochs = hun.tokenEpochs.filter(({ fromMs }) => fromMs <= openedAtMs - terms.revocationGraceMs);
  hold(token.epoch >= (epochs.at(-1)?.epoch ?? 0), 'home had taken the token back when it was used');
  hold(
    token.audience === quote.evseId || token.audience === `group:${station.placeId ?? ''}`,
    'the token is for another charger',
  );
  hold(token.fromMs <= openedAtMs && openedAtMs < token.untilMs, 'the token was not in its time');
  hold(
    offline.askedWh <= token.energyWh && costOf(token, offline.askedWh, 0) <= token.costMicros,
    'more was asked for than the token allows',
  );
};

interface Begun {
  readonly open: Open;
  readonly offline: Offline;
  readonly token: Bytes;
  readonly transcript: Bytes;
}

const requireProof = async (
  primitives: Primitives,
  { holder }: Token,
  { open: { consent, openedAtMs }, offline, token, transcript }: Begun,
): Promise<void> => {
  const wish = ['start', offline.askedWh];
  const signed = cborOf([`${PROTOCOL} proof`, transcript, primitives.sha256(token), wish]);
  hold(
    consent.kid === 'holder' && consent.method === 'app' && consent.consentedAtMs === openedAtMs,
    'the consent is not a holder’s',
  );
  hold(
    await primitives.verify(holder, fromBase64Url(consent.signature), signed),
    'the holder of the token did not ask for this start',
  );
};

/** The leave that the token names, which says the same as the token. */
const openLeave = async (
  primitives: Primitives,
  { open }: Begun,
  token: Token,
  { hun, terms }: Ground,
): Promise<JsonObject> => {
  const { quote, evidence, sessionId, cinRef } = open;
  hold(
    hexOf(primitives.sha256(utf8(evidence))).startsWith(token.leaveHash) && token.leaveHash.length === 32,
    'the token names another leave',
  );
  const { payload } = await openDocument(primitives, evidence, TYPE, hun.keys, 'home’s leave');
  const leave = object(payload, 'home’s leave');
  const due: JsonObject = {
    ...{ iss: quote.hun, aud: quote.vun, channel: quote.channel, cinRef, profileId: token.id },
    ...{ laneId: nameOf(sessionId).laneId, currency: token.currency, maxSessions: token.sessions },
    ...{ perSessionMicros: token.costMicros.toString(), exposureMicros: token.costMicros.toString() },
    ...{ energyWh: token.energyWh.toString(), validFromMs: token.fromMs, validUntilMs: token.untilMs },
    ...{ agreementId: quote.agreementId, tariffId: quote.tariffId, tariffVersion: quote.tariffVersion },
    adjustmentPpm: quote.adjustmentPpm.toString(),
  };
  for (const [name, value] of Object.entries(due))
    hold(leave[name] === value, `home’s leave has another ${name} than the token or the quote`);
  hold(
    canonical(leave['zoneOffsets'] ?? null) ===
      canonical(quote.zone.map(({ fromMs, offsetMinutes }) => ({ fromMs, offsetMinutes }))),
    'the quote has another zone than home signed',
  );
  hold(
    token.untilMs - token.fromMs <= terms.profileLifetimeMs && token.costMicros <= terms.exposureLimitMicros,
    'the token is beyond what was agreed',
  );
  return leave;
};

const requireQuote = ({ open, offline }: Begun, token: Token): void => {
  const { quote, openedAtMs } = open;
  const asked = costOf(token, offline.askedWh, 0);
  hold(
    quote.requestedEnergyWh === offline.askedWh &&
      quote.plannedMs === Math.max(0, token.untilMs - openedAtMs) &&
      quote.estimateMicros === (asked < token.costMicros ? asked : token.costMicros) &&
      quote.capMicros === token.costMicros &&
      quote.currency === token.currency &&
      quote.issuedAtMs === token.issuedAtMs &&
      quote.validUntilMs === token.untilMs,
    'the quote is not what the token comes to',
  );
};

/** Home's leave by a token, and the text that its meter signs to bind the start. @throws Failed, Unreadable */
export const openOffline = async (
  primitives: Primitives,
  open: Open,
  offline: Offline,
  ground: Ground,
): Promise<{ readonly leave: Leave; readonly binding: string; readonly token: Token }> => {
  hold(open.authorisedBy === 'cache', 'what began offline was authorised otherwise');
  const { hun } = ground;
  const bytes = { token: fromBase64Url(offline.token), transcript: fromBase64Url(offline.transcript) };
  const begun: Begun = { open, offline, ...bytes };
  const token = await openToken(primitives, bytes.token, hun.tokenKeys, SKEW_MS);
  const standsAtMs = token.issuedAtMs - SKEW_MS;
  hold(
    standsAtMs < hun.validUntilMs &&
      (hun.status === 'active' || (hun.status === 'suspended' && standsAtMs < hun.statusFromMs)),
    'home took part in nothing new when it issued the token',
  );
  requireAllowed(token, begun, ground);
  await requireProof(primitives, token, begun);
  const leave = await openLeave(primitives, begun, token, ground);
  requireQuote(begun, token);
  const shown = cborOf([bytes.token, bytes.transcript, fromBase64Url(open.consent.signature)]);
  return {
    leave: {
      loyalty: text(leave['loyalty'], 'the loyalty'),
      adjustmentPpm: amount(leave['adjustmentPpm'], 'the adjustment'),
      currency: token.currency,
      limitMicros: token.costMicros,
      energyLimitWh: token.energyWh,
      device: undefined,
      deviceAboveMicros: undefined,
    },
    token,
    binding: `roamgrid-offline ${hexOf(primitives.sha256(shown))}`,
  };
};

/** That no more flowed, for no longer and at no higher price, than the holder agreed to. @throws Failed */
export const requireOfflineEnd = (
  { open, close }: Settled,
  offline: Offline,
  token: Token,
  { startMs, endMs, energyWh, totalMicros }: Record,
): void => {
  hold(Math.abs(startMs - open.openedAtMs) <= SKEW_MS, 'the meter began at another time than the charger');
  hold(
    close.endReason === 'power-cut' || endMs <= open.quote.validUntilMs + SKEW_MS,
    'it went on after the time of the token',
  );
  hold(energyWh <= offline.askedWh, 'more energy flowed than the holder asked for');
  hold(
    totalMicros <= costOf(token, energyWh, endMs - startMs) + ROUNDED,
    'the bill is above the price of the token',
  );
};
