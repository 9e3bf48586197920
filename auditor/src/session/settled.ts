import { readable } from '../failure.ts';
import { canonical, parseCanonical, type Json } from '../json.ts';
import type { ZoneOffset } from '../rating/usage.ts';
import { amount, exactly, flag, list, object, perhaps, text, whole } from '../shape.ts';

/** A settled session: what was quoted, consented to, measured and signed, in one text. */

export interface Quote {
  readonly channel: string;
  readonly sessionId: string;
  readonly vun: string;
  readonly hun: string;
  readonly agreementId: string;
  readonly stationId: string;
  readonly evseId: string;
  readonly tariffId: string;
  readonly tariffVersion: number;
  readonly adjustmentPpm: bigint;
  readonly currency: string;
  readonly requestedEnergyWh: bigint;
  readonly plannedMs: number;
  readonly estimateMicros: bigint;
  readonly capMicros: bigint;
  readonly zone: readonly ZoneOffset[];
  readonly issuedAtMs: number;
  readonly validUntilMs: number;
}

export interface Consent {
  readonly consentedAtMs: number;
  readonly kid: string;
  readonly method: string;
  readonly signature: string;
}

/** How it began at a charger without network. */
export interface Offline {
  readonly askedWh: bigint;
  /** The token as home signed it, and the hash of what was said before; base64url. */
  readonly token: string;
  readonly transcript: string;
}

export interface Open {
  readonly sessionId: string;
  readonly cinRef: string;
  readonly authorisedBy: string;
  readonly evidence: string;
  /** What home saw of the offer and the quote does not repeat; as it stands. */
  readonly offer: Json | undefined;
  readonly quote: Quote;
  readonly consent: Consent;
  readonly driverConsent: { readonly consentedAtMs: number; readonly signature: string } | undefined;
  readonly offline: Offline | undefined;
  readonly openedAtMs: number;
}

export interface MeterReading {
  readonly atMs: number;
  readonly registerMilliWh: bigint;
  readonly charging: boolean;
  readonly clock: string | undefined;
  readonly errorFlags: string | undefined;
}

export interface Close {
  readonly sessionId: string;
  readonly endReason: string;
  readonly readings: readonly [MeterReading, ...MeterReading[], MeterReading];
  /** What the meter signed, by its form; as it stands. */
  readonly statement: Json;
}

export interface Settled {
  readonly open: Open;
  readonly close: Close;
  readonly openText: string;
  readonly quoteText: string;
}

const QUOTE = [
  ...['adjustmentPpm', 'agreementId', 'capMicros', 'channel', 'currency', 'estimateMicros', 'evseId', 'hun'],
  ...['issuedAtMs', 'plannedMs', 'requestedEnergyWh', 'sessionId', 'stationId', 'tariffId', 'tariffVersion'],
  ...['validUntilMs', 'vun', 'zoneOffsets'],
];

const readQuote = (value: Json | undefined): Quote => {
  const quote = exactly(value, 'the quote', QUOTE);
  const textOf = (name: string): string => text(quote[name], `the quote’s ${name}`);
  const amountOf = (name: string): bigint => amount(quote[name], `the quote’s ${name}`);
  const wholeOf = (name: string): number => whole(quote[name], `the quote’s ${name}`);
  return {
    channel: textOf('channel'),
    sessionId: textOf('sessionId'),
    vun: textOf('vun'),
    hun: textOf('hun'),
    agreementId: textOf('agreementId'),
    stationId: textOf('stationId'),
    evseId: textOf('evseId'),
    tariffId: textOf('tariffId'),
    tariffVersion: wholeOf('tariffVersion'),
    adjustmentPpm: amountOf('adjustmentPpm'),
    currency: textOf('currency'),
    requestedEnergyWh: amountOf('requestedEnergyWh'),
    plannedMs: wholeOf('plannedMs'),
    estimateMicros: amountOf('estimateMicros'),
    capMicros: amountOf('capMicros'),
    zone: list(quote['zoneOffsets'], 'the quote’s zone').map((each) => {
      const { fromMs, offsetMinutes } = exactly(each, 'an offset', ['fromMs', 'offsetMinutes']);
      readable(typeof offsetMinutes === 'number' && Number.isInteger(offsetMinutes), 'an offset is none');
      return { fromMs: whole(fromMs, 'an offset'), offsetMinutes };
    }),
    issuedAtMs: wholeOf('issuedAtMs'),
    validUntilMs: wholeOf('validUntilMs'),
  };
};

const readOpen = (value: Json | undefined): Open => {
  const open = exactly(
    value,
    'the open body',
    ['authorisedBy', 'cinRef', 'consent', 'evidence', 'openedAtMs', 'quote', 'salt', 'sessionId'],
    ['driverConsent', 'offer', 'offline'],
  );
  const consent = exactly(open['consent'], 'the consent', ['consentedAtMs', 'kid', 'method', 'signature']);
  return {
    sessionId: text(open['sessionId'], 'the session’s id'),
    cinRef: text(open['cinRef'], 'the customer'),
    authorisedBy: text(open['authorisedBy'], 'authorisedBy'),
    evidence: text(open['evidence'], 'the evidence'),
    offer: open['offer'],
    quote: readQuote(open['quote']),
    consent: {
      consentedAtMs: whole(consent['consentedAtMs'], 'the consent’s time'),
      kid: text(consent['kid'], 'the consent’s key'),
      method: text(consent['method'], 'the consent’s method'),
      signature: text(consent['signature'], 'the consent’s signature'),
    },
    driverConsent: perhaps(open['driverConsent'], 'the driver’s consent', (each, what) => {
      const { consentedAtMs, signature } = exactly(each, what, ['consentedAtMs', 'signature']);
      return { consentedAtMs: whole(consentedAtMs, what), signature: text(signature, what) };
    }),
    offline: perhaps(open['offline'], 'the start', (each, what) => {
      const start = exactly(each, what, ['askedWh', 'number', 'token', 'transcript']);
      return {
        askedWh: amount(start['askedWh'], what),
        token: text(start['token'], what),
        transcript: text(start['transcript'], what),
      };
    }),
    openedAtMs: whole(open['openedAtMs'], 'when it opened'),
  };
};

const readReading = (value: Json): MeterReading => {
  const reading = exactly(
    value,
    'a reading',
    ['atMs', 'charging', 'registerMilliWh'],
    ['clock', 'errorFlags'],
  );
  return {
    atMs: whole(reading['atMs'], 'a reading’s time'),
    registerMilliWh: amount(reading['registerMilliWh'], 'a register'),
    charging: flag(reading['charging'], 'a reading’s state'),
    clock: perhaps(reading['clock'], 'a clock', text),
    errorFlags: perhaps(reading['errorFlags'], 'a flag', text),
  };
};

const readClose = (value: Json | undefined): Close => {
  const close = exactly(value, 'the close', ['endReason', 'readings', 'salt', 'sessionId', 'statement']);
  const [first, ...others] = list(close['readings'], 'the readings').map(readReading);
  const last = others.pop();
  readable(first !== undefined && last !== undefined, 'a session has two readings at least');
  return {
    sessionId: text(close['sessionId'], 'the session’s id'),
    endReason: text(close['endReason'], 'why it ended'),
    readings: [first, ...others, last],
    statement: object(close['statement'], 'the statement'),
  };
};

/** @throws Unreadable */
export const readSettled = (body: string): Settled => {
  const { close, open } = exactly(parseCanonical(body, 'the settled session'), 'the settled session', [
    'close',
    'open',
  ]);
  const opened = readOpen(open);
  return {
    open: opened,
    close: readClose(close),
    openText: canonical(open ?? null),
    quoteText: canonical(object(open, 'the open body')['quote'] ?? null),
  };
};
