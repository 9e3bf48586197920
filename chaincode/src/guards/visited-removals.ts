import { LEAVE, RULES, SESSION, type Removal } from './removal.ts';

/** How the guards against what a visited utility alone could take are taken out. */
export const visitedRemovals: readonly Removal[] = [
  {
    guard: 'exposure-sum',
    file: `${SESSION}/exposure.ts`,
    find: 'micros <= profile.exposureMicros && ',
    replace: '',
  },
  {
    guard: 'exposure-count',
    file: `${SESSION}/exposure.ts`,
    find: ' && sessions <= profile.maxSessions',
    replace: '',
  },
  {
    guard: 'revoked-profile',
    file: `${SESSION}/exposure.ts`,
    find: 'openingAtMs <= revokedAtMs + this.#graceMs',
    replace: 'true',
  },
  {
    guard: 'profile-lane',
    file: LEAVE,
    find: 'profile.laneId !== laneOf(open.sessionId)',
    replace: 'false',
  },
  {
    guard: 'register-overlap',
    file: `${SESSION}/meter-register.ts`,
    find: 'last.registerMilliWh <= fromMilliWh',
    replace: 'true',
  },
  {
    guard: 'time-overlap',
    file: `${SESSION}/meter-register.ts`,
    find: 'for (const outletKey of outletKeys)',
    replace: 'for (const outletKey of outletKeys.filter((each) => each !== key))',
  },
  {
    guard: 'outlet-meters',
    file: `${SESSION}/meter-register.ts`,
    find: 'for (const outletKey of outletKeys)',
    replace: 'for (const outletKey of [key])',
  },
  {
    guard: 'meter-group',
    file: 'chaincode/src/consortium/transactions/register-station.ts',
    find: '(bound.utilityId === utilityId && bound.group === group)',
    replace: 'true',
  },
  {
    guard: 'outlet-station',
    file: 'chaincode/src/consortium/transactions/register-station.ts',
    find: 'outlet.stationId === stationId,',
    replace: 'true,',
  },
  {
    guard: 'station-group',
    file: RULES,
    find: 'name.value.group !== ground.station.group',
    replace: 'false',
  },
  {
    guard: 'group-kept',
    file: 'chaincode/src/consortium/transactions/register-station.ts',
    find: 'before === undefined || before.group === station.group',
    replace: 'true',
  },
  {
    guard: 'place-kept',
    file: 'chaincode/src/consortium/transactions/register-station.ts',
    find: 'before === undefined || before.placeId === station.placeId',
    replace: 'true',
  },
  {
    guard: 'country-kept',
    file: 'chaincode/src/consortium/transactions/register-station.ts',
    find: 'before === undefined || before.countryCode === station.countryCode',
    replace: 'true',
  },
  {
    guard: 'tariff-elsewhere',
    file: RULES,
    find: '!isFor(tariff, pathOf(station, quote.evseId))',
    replace: 'false',
  },
  {
    guard: 'meter-key-date',
    file: `${SESSION}/settling.ts`,
    find: 'const [meterKey] = keysAt(evse.meterKeys, openedAtMs);',
    replace:
      'const meterKey = evse.meterKeys.find(({ meterId }) => JSON.stringify(close.statement).includes(`"${meterId}"`));',
  },
  {
    guard: 'station-rereg',
    file: `${SESSION}/settling.ts`,
    find: 'keysAt(evse.meterKeys, openedAtMs)',
    replace: 'keysAt(evse.meterKeys, openedAtMs).filter(({ untilMs }) => untilMs === undefined)',
  },
  {
    guard: 'station-rereg',
    file: `${SESSION}/metering.ts`,
    find: 'meter.serial === meterKey.meterId,',
    replace: 'meter.serial === evse.meterId,',
  },
  {
    guard: 'station-rereg',
    file: 'wire/src/ledger/registry-time.ts',
    find: 'atMs < (evse.removedAtMs ?? Infinity)',
    replace: 'evse.removedAtMs === undefined',
  },
  {
    guard: 'station-rereg',
    file: RULES,
    find: '!stationActiveAt(station, openedAtMs)',
    replace: `station.status !== 'active'`,
  },
  {
    guard: 'station-rereg',
    file: RULES,
    find: 'keysAt(station.signingKeys, consent.consentedAtMs).find',
    replace: 'station.signingKeys.filter(({ untilMs }) => untilMs === undefined).find',
  },
  {
    guard: 'offer-hash',
    file: LEAVE,
    find: 'if (offer === undefined || yes.offerHash',
    replace: 'if (offer === undefined || false && yes.offerHash',
  },
  {
    guard: 'energy-limit',
    file: RULES,
    find: 'quote.requestedEnergyWh > leave.energyLimitWh',
    replace: 'false',
  },
  {
    guard: 'driver-consent',
    file: RULES,
    find: '!verifyEs256(signed, driverConsent.signature, driverKey)',
    replace: 'false',
  },
  {
    guard: 'driver-consent-required',
    file: RULES,
    find: 'const needed = ',
    replace: 'const needed = false && ',
  },
  {
    guard: 'station-consent',
    file: RULES,
    find: '!covered && !verifyEs256(signed, consent.signature, key)',
    replace: 'false',
  },
  {
    guard: 'number-opens-once',
    file: `${SESSION}/lanes.ts`,
    find: `ensure(!bits.has(number), 'WRONG_STATE', \`number`,
    replace: `ensure(true, 'WRONG_STATE', \`number`,
  },
  {
    guard: 'number-ends-once',
    file: `${SESSION}/lanes.ts`,
    find: 'ensure(before === undefined,',
    replace: 'ensure(true,',
  },
  {
    guard: 'opening-proof',
    file: `${SESSION}/openings.ts`,
    find: 'isIncluded(bodyHash(openText), proof, record.root)',
    replace: 'true',
  },
];
