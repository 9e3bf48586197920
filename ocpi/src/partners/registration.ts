import { ServiceError } from '@roamgrid/service-kit';
import type { Door } from '../door.ts';
import { OBJECTS } from '../objects/index.ts';
import type { OcpiProblem } from '../problems.ts';
import { credentialsToken } from '../objects/credentials.ts';
import { isTree, readObject } from '../objects/read.ts';
import { holdPartner, keepToken, registerPartner, tokenFor } from './book.ts';
import { dataOf, readPlatform, rolesOf, type HandshakeFault, type Platform } from './handshake.ts';
import { ownCredentials, rotateAtMs } from './own-credentials.ts';
import { endpointOf, type Partner } from './partner.ts';
import { boundOlderTokens, giveToken, withdrawToken } from './tokens.ts';

const problemOf = ({ code, message }: HandshakeFault): ServiceError<OcpiProblem> =>
  new ServiceError(code === 'AWAY' ? 'PARTNER_AWAY' : 'PARTNER_REFUSED', message);

/** A platform with the address at which it was asked. */
type Reached = Platform & { readonly versionsUrl: string };

/**
 * A platform that says yes goes by its new token from then on, whatever else it says is worth. So that much is kept, and who it is and
 * what it has stays as it was: the next rotation, or its end, is told it with a token that it knows.
 */
const keepNewToken = async (
  { db, seal }: Door,
  { partnerId }: Partner,
  platform: Reached,
  given: string,
  answer: unknown,
): Promise<void> => {
  const told = isTree(answer) ? readObject(credentialsToken, answer['token']) : undefined;
  if (told?.ok !== true) return;
  await db.transaction().execute(async (trx) => {
    if (await holdPartner(trx, partnerId, given)) await keepToken(trx, seal, partnerId, told.value, platform);
  });
};

/** Exchanges tokens: ours goes there, theirs comes back, and is what we show from then on. */
const exchange = async (
  door: Door,
  partner: Partner,
  method: 'POST' | 'PUT',
  platform: Reached,
  shown: string,
): Promise<void> => {
  const { db, asker, seal, settings, nowMs } = door;
  const given = await giveToken(db, partner.partnerId, 'access', settings.tokens, nowMs());
  const { tokenEncoding } = partner;
  const outcome = await asker.ask({
    method,
    url: platform.credentialsUrl,
    token: shown,
    tokenEncoding,
    body: ownCredentials(door, given),
    timeoutMs: settings.times.call,
  });
  const theirs = dataOf(outcome, OBJECTS[platform.version].credentials, 'credentials');
  const roles = theirs.ok ? rolesOf(partner, theirs.value) : theirs;
  if (!theirs.ok || !roles.ok) {
    // Unless it refused it may have taken our token, whatever its answer is worth to us: then both go on to count.
    if (outcome.kind === 'refused') await withdrawToken(db, given);
    if (outcome.kind === 'ok') await keepNewToken(door, partner, platform, given, outcome.data);
    throw problemOf(roles.ok ? { code: 'AWAY', message: 'credentials' } : roles.error);
  }
  await db.transaction().execute(async (trx) => {
    if (!(await holdPartner(trx, partner.partnerId, given)))
      throw new ServiceError<OcpiProblem>(
        'PARTNER_NOT_REGISTERED',
        `${partner.partnerId} was sent away while tokens were exchanged`,
      );
    await registerPartner(trx, seal, partner, {
      platform,
      roles: roles.value,
      versionsUrl: theirs.value.url,
      token: theirs.value.token,
      rotateAtMs: rotateAtMs(door),
    });
    await boundOlderTokens(trx, partner.partnerId, given, settings.tokens, nowMs());
  });
};

/** Registers at a partner that invited us. @throws ServiceError */
export const registerAt = async (
  door: Door,
  partner: Partner,
  versionsUrl: string,
  invitation: string,
): Promise<void> => {
  const { asker, settings } = door;
  const reach = { versionsUrl, token: invitation, tokenEncoding: partner.tokenEncoding };
  const platform = await readPlatform(asker, reach, settings.times.call);
  if (!platform.ok) throw problemOf(platform.error);
  await exchange(door, partner, 'POST', { ...platform.value, versionsUrl }, invitation);
};

/** Makes both tokens new, ours and theirs, and reads again what the partner's platform has. @throws ServiceError */
export const rotateWith = async (door: Door, partner: Partner): Promise<void> => {
  const { asker, db, seal, settings } = door;
  const token = await tokenFor(db, seal, partner.partnerId);
  const { versionsUrl, tokenEncoding } = partner;
  if (token === undefined || versionsUrl === undefined)
    throw new ServiceError<OcpiProblem>(
      'PARTNER_NOT_REGISTERED',
      `${partner.partnerId} has no token of ours`,
    );
  const platform = await readPlatform(asker, { versionsUrl, token, tokenEncoding }, settings.times.call);
  if (!platform.ok) throw problemOf(platform.error);
  await exchange(door, partner, 'PUT', { ...platform.value, versionsUrl }, token);
};

/** Tells a partner that its credentials are over. @returns why it may not know, if so */
export const takeLeave = async (
  { asker, db, seal, settings }: Door,
  partner: Partner,
): Promise<string | undefined> => {
  const token = await tokenFor(db, seal, partner.partnerId);
  const url = endpointOf(partner, 'credentials', 'RECEIVER') ?? endpointOf(partner, 'credentials', 'SENDER');
  if (token === undefined || url === undefined) return undefined;
  const { tokenEncoding } = partner;
  const outcome = await asker.ask({
    method: 'DELETE',
    url,
    token,
    tokenEncoding,
    timeoutMs: settings.times.call,
  });
  return outcome.kind === 'ok' ? undefined : outcome.detail;
};
