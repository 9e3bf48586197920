import type { Door } from '../door.ts';
import type { OcpiRoute } from '../edge/handler.ts';
import { OcpiRefusal, refused, STATUS } from '../edge/refusal.ts';
import { OBJECTS } from '../objects/index.ts';
import { tokenKey } from '../objects/modules.ts';
import { readObject } from '../objects/read.ts';
import type { CustomerSide } from '../roaming/ports.ts';
import { findOwn } from '../store/own-objects.ts';

/** Real-time authorisation. Spec: OCPI 2.2.1 mod_tokens, Sender Interface, POST Method. */
export const authorizeRoute = ({ db }: Door, customers: CustomerSide): OcpiRoute => ({
  method: 'POST',
  path: 'sender/tokens/*/authorize',
  module: { identifier: 'tokens', role: 'SENDER' },
  async handle({ caller, params, query, version, body }) {
    const { partner } = caller;
    const [uid = ''] = params;
    const key = tokenKey(uid, query.get('type') ?? 'RFID');
    const { token: schema, locationReferences } = OBJECTS[version];
    const known = await findOwn(db, 'tokens', partner.partnerId, key);
    if (known === undefined) throw new OcpiRefusal(404, STATUS.unknownToken, 'the token is not known');
    const token = readObject(schema, known);
    if (!token.ok) throw refused(STATUS.unknownToken, 'the token is not of this version');
    const location = body === undefined ? undefined : readObject(locationReferences, body);
    if (location?.ok === false) throw refused(STATUS.invalid, location.error);
    const { allowed, reference, info } = await customers.authorize(partner, token.value, location?.value);
    return {
      data: {
        allowed,
        token: known,
        ...(allowed === 'ALLOWED' && location !== undefined && { location: location.value }),
        ...(reference !== undefined && { authorization_reference: reference }),
        ...(info !== undefined && { info: { language: 'en', text: info } }),
      },
    };
  },
});
