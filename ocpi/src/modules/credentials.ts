import type { Door } from '../door.ts';
import type { OcpiCall, OcpiReply, OcpiRoute } from '../edge/handler.ts';
import { OcpiRefusal, refused, STATUS, type OcpiStatus } from '../edge/refusal.ts';
import { OBJECTS } from '../objects/index.ts';
import { readObject } from '../objects/read.ts';
import { endPartner, holdPartner, registerPartner } from '../partners/book.ts';
import { readPlatform, rolesOf, type HandshakeFault } from '../partners/handshake.ts';
import { ownCredentials, rotateAtMs } from '../partners/own-credentials.ts';
import { boundOlderTokens, giveToken } from '../partners/tokens.ts';

const STATUS_OF: Readonly<Record<HandshakeFault['code'], OcpiStatus>> = {
  AWAY: STATUS.clientUnusable,
  REFUSED: STATUS.clientError,
  VERSION_UNSUPPORTED: STATUS.versionUnsupported,
  ENDPOINTS_MISSING: STATUS.endpointsMissing,
};

const refusalOf = ({ code, message }: HandshakeFault): OcpiRefusal => refused(STATUS_OF[code], message);

const notAllowed = (message: string): OcpiRefusal => new OcpiRefusal(405, STATUS.clientError, message);

/** Spec: OCPI 2.2.1 and 2.3.0 credentials. */
export const credentialsRoutes = (door: Door): readonly OcpiRoute[] => {
  const { db, asker, seal, settings, nowMs } = door;

  const take = async ({ caller, version, body }: OcpiCall): Promise<OcpiReply> => {
    const { partner } = caller;
    const read = readObject(OBJECTS[version].credentials, body);
    if (!read.ok) throw refused(STATUS.invalid, read.error);
    const { token, url } = read.value;
    const roles = rolesOf(partner, read.value);
    if (!roles.ok) throw refusalOf(roles.error);
    const reach = { versionsUrl: url, token, tokenEncoding: partner.tokenEncoding };
    const platform = await readPlatform(asker, reach, settings.times.call, version);
    if (!platform.ok) throw refusalOf(platform.error);
    const given = await db.transaction().execute(async (trx) => {
      if (!(await holdPartner(trx, partner.partnerId, caller.token)))
        throw new OcpiRefusal(401, STATUS.clientError, 'this token is over: ask for another invitation');
      const made = await giveToken(trx, partner.partnerId, 'access', settings.tokens, nowMs());
      await registerPartner(trx, seal, partner, {
        platform: platform.value,
        roles: roles.value,
        versionsUrl: url,
        token,
        rotateAtMs: rotateAtMs(door),
      });
      await boundOlderTokens(trx, partner.partnerId, made, settings.tokens, nowMs());
      return made;
    });
    return { data: ownCredentials(door, given) };
  };

  const isRegistered = ({ caller }: OcpiCall): boolean => caller.partner.state === 'registered';
  const at = { path: 'credentials', beforeRegistration: true } as const;
  return [
    {
      ...at,
      method: 'GET',
      handle: ({ caller }) => Promise.resolve({ data: ownCredentials(door, caller.token) }),
    },
    {
      ...at,
      method: 'POST',
      isHandshake: true,
      handle(call) {
        if (isRegistered(call)) throw notAllowed('it is registered already: PUT what is new');
        return take(call);
      },
    },
    {
      ...at,
      method: 'PUT',
      isHandshake: true,
      handle(call) {
        if (!isRegistered(call)) throw notAllowed('it is not registered: POST');
        return take(call);
      },
    },
    {
      ...at,
      method: 'DELETE',
      async handle(call) {
        if (!isRegistered(call)) throw notAllowed('it is not registered');
        await endPartner(db, call.caller.partner.partnerId, 'left');
        return {};
      },
    },
  ];
};
