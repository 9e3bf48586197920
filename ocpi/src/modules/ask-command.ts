import { randomUUID } from 'node:crypto';
import { exactJsonText } from '@roamgrid/wire';
import type { Door } from '../door.ts';
import type { CommandType } from '../objects/commands.ts';
import { chargingProfile, chargingProfileResponse } from '../objects/charging-profiles.ts';
import { OBJECTS } from '../objects/index.ts';
import { readObject, type JsonTree } from '../objects/read.ts';
import type { OcpiOutcome } from '../partners/ask.ts';
import { askPartner } from '../partners/ask-partner.ts';
import { ownerOf } from '../store/peer-objects.ts';
import { idKey } from '../objects/scalars.ts';
import { endpointOf, type Partner } from '../partners/partner.ts';
import { PROFILE_KINDS } from './charging-profiles.ts';
import { versionBase } from './versions.ts';

/** What a partner said at once; what came of it comes later, by the id. */
export interface Asked {
  readonly commandId: string;
  readonly response: string;
}
/** Why nothing was asked: it is away, or what was to be asked is none. */
export interface NotAsked {
  readonly fault: 'away' | 'refused' | 'invalid';
  readonly detail: string;
}

type Send = (endpoint: string, responseUrl: string) => Parameters<typeof askPartner>[2];

/** The object of the partner's that is asked about. */
interface Concerned {
  readonly module: 'locations' | 'sessions';
  readonly id: string;
}

/** Of a platform's parties the one whose station it is, else one that has stations. */
const partyOf = async ({ db }: Door, { partnerId, roles }: Partner, of: Concerned | undefined) =>
  (of && (await ownerOf(db, partnerId, of.module, idKey(of.id)))) ?? roles.find(({ role }) => role === 'CPO');

const withId = async (
  door: Door,
  partner: Partner,
  {
    module,
    kind,
    send,
    of,
  }: {
    readonly module: string;
    readonly kind: string;
    readonly send: Send;
    readonly of: Concerned | undefined;
  },
  responseIn: (outcome: OcpiOutcome & { kind: 'ok' }) => string | undefined,
): Promise<Asked | NotAsked> => {
  const { db, nowMs, settings } = door;
  const endpoint = endpointOf(partner, module, 'RECEIVER');
  if (endpoint === undefined || partner.version === undefined)
    return { fault: 'refused', detail: `it takes no ${module}` };
  const commandId = randomUUID();
  const url = `${versionBase(door, partner.version)}/sender/${module}/${kind}/${commandId}`;
  const to = await partyOf(door, partner, of);
  const request = { ...send(endpoint.replace(/\/$/, ''), url), ...(to && { to }) };
  const madeAtMs = nowMs();
  // Written down first: its result may come before the answer does.
  await db
    .insertInto('command')
    .values({
      command_id: commandId,
      partner_id: partner.partnerId,
      kind,
      body: exactJsonText(request.body ?? {}),
      response: null,
      result: null,
      made_at_ms: madeAtMs,
      expires_at_ms: madeAtMs + settings.times.command,
    })
    .execute();
  const outcome = await askPartner(door, partner, request);
  if (outcome.kind !== 'ok') return { fault: outcome.kind, detail: outcome.detail };
  const response = responseIn(outcome);
  if (response === undefined) return { fault: 'away', detail: 'it answered in no form of OCPI' };
  await db.updateTable('command').set({ response }).where('command_id', '=', commandId).execute();
  return { commandId, response };
};

/** Sends a command to a partner's stations. Spec: OCPI 2.2.1 mod_commands. */
export const askCommand = async (
  door: Door,
  partner: Partner,
  kind: CommandType,
  body: JsonTree,
): Promise<Asked | NotAsked> => {
  const { commands } = OBJECTS[partner.version ?? '2.2.1'];
  const complete = readObject(commands.bodies[kind], { ...body, response_url: 'https://door.example/' });
  if (!complete.ok) return { fault: 'invalid', detail: complete.error };
  const send: Send = (endpoint, url) => ({
    method: 'POST',
    url: `${endpoint}/${kind}`,
    body: { ...body, response_url: url },
    timeoutMs: door.settings.times.call,
  });
  const { location_id: location, session_id: session } = body;
  const of: Concerned | undefined =
    typeof location === 'string'
      ? { module: 'locations', id: location }
      : typeof session === 'string'
        ? { module: 'sessions', id: session }
        : undefined;
  return withId(door, partner, { module: 'commands', kind, send, of }, ({ data }) => {
    // Platforms leave `timeout` out, which the specification requires: what they do is done all the same.
    const read = readObject(commands.response.partial({ timeout: true }), data);
    return read.ok ? read.value.result : undefined;
  });
};

export type ProfileCommand =
  | { readonly kind: 'get'; readonly durationS: number }
  | { readonly kind: 'set'; readonly profile: JsonTree }
  | { readonly kind: 'clear' };

/** Asks for, sets or clears the profile of a session at a partner's station. Spec: OCPI 2.2.1 mod_charging_profiles. */
export const askProfile = async (
  door: Door,
  partner: Partner,
  sessionId: string,
  ask: ProfileCommand,
): Promise<Asked | NotAsked> => {
  if (ask.kind === 'set') {
    const read = readObject(chargingProfile, ask.profile);
    if (!read.ok) return { fault: 'invalid', detail: read.error };
  }
  const METHOD = { get: 'GET', set: 'PUT', clear: 'DELETE' } as const;
  const send: Send = (endpoint, url) => {
    const at = new URL(`${endpoint}/${encodeURIComponent(sessionId)}`);
    if (ask.kind === 'get') at.searchParams.set('duration', ask.durationS.toString());
    if (ask.kind !== 'set') at.searchParams.set('response_url', url);
    return {
      method: METHOD[ask.kind],
      url: at.href,
      ...(ask.kind === 'set' && { body: { charging_profile: ask.profile, response_url: url } }),
      timeoutMs: door.settings.times.call,
    };
  };
  const of = { module: 'sessions', id: sessionId } as const;
  const command = { module: 'chargingprofiles', kind: PROFILE_KINDS[ask.kind], send, of };
  return withId(door, partner, command, ({ data }) => {
    const read = readObject(chargingProfileResponse.partial({ timeout: true }), data);
    return read.ok ? read.value.result : undefined;
  });
};
