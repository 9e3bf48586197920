import { exactJsonText } from '@roamgrid/wire';
import type { Door } from '../door.ts';
import type { OcpiRoute } from '../edge/handler.ts';
import { notFound, refused, STATUS } from '../edge/refusal.ts';
import { COMMANDS, type CommandType } from '../objects/commands.ts';
import { OBJECTS } from '../objects/index.ts';
import { readObject } from '../objects/read.ts';
import { numberOf, type OcpiDoorVersion } from '../objects/scalars.ts';
import { speaksFor, type Partner } from '../partners/partner.ts';
import { isOfPartner } from '../partners/ask-partner.ts';
import type { CommandAsk, StationSide } from '../roaming/ports.ts';
import { answerLater, resultKept } from './answers.ts';

const commandIn = (text: string | undefined): CommandType => {
  const command = COMMANDS.find((one) => one === text);
  if (command === undefined) throw notFound('there is no such command');
  return command;
};

const askOf = (kind: CommandType, version: OcpiDoorVersion, body: unknown): CommandAsk => {
  const read = readObject(OBJECTS[version].commands.bodies[kind], body);
  if (!read.ok) throw refused(STATUS.invalid, read.error);
  // The schema is the one of this very kind.
  return { kind, body: read.value } as CommandAsk;
};

/** A token in a command is one of the partner's own: it starts nothing for another's customer. */
const judgeToken = (partner: Partner, ask: CommandAsk): void => {
  if (ask.kind !== 'START_SESSION' && ask.kind !== 'RESERVE_NOW') return;
  const { country_code: country, party_id: party } = ask.body.token;
  if (!speaksFor(partner, country, party, 'EMSP'))
    throw refused(STATUS.unknownToken, 'the token is not of this platform');
};

/** Spec: OCPI 2.2.1 and 2.3.0 mod_commands, Receiver Interface. */
export const commandRoute = (door: Door, stations: StationSide): OcpiRoute => ({
  method: 'POST',
  path: 'receiver/commands/*',
  module: { identifier: 'commands', role: 'RECEIVER' },
  async handle({ caller, params, version, body }) {
    const { partner } = caller;
    const ask = askOf(commandIn(params[0]), version, body);
    judgeToken(partner, ask);
    const { response_url: url } = ask.body;
    if (!isOfPartner(partner, url)) throw refused(STATUS.invalid, '/response_url: is not of this platform');
    const taken = await stations.command(partner, ask);
    if (taken.response === 'ACCEPTED') {
      const late = { result: 'TIMEOUT' } as const;
      const result = taken.result.then((one) => ({ result: one }));
      answerLater(door, partner, { kind: ask.kind, url, result, late, failed: { result: 'FAILED' } });
    }
    return { data: { result: taken.response, timeout: numberOf(timeoutS(door)) } };
  },
});

export const timeoutS = ({ settings }: Door): string => Math.ceil(settings.times.command / 1_000).toString();

/** What came of a command of ours. Spec: OCPI 2.2.1 mod_commands, Sender Interface. */
export const commandResultRoute = (door: Door): OcpiRoute => ({
  method: 'POST',
  path: 'sender/commands/*/*',
  module: { identifier: 'commands', role: 'SENDER' },
  async handle({ caller, params, version, body }) {
    const read = readObject(OBJECTS[version].commands.result, body);
    if (!read.ok) throw refused(STATUS.invalid, read.error);
    const kind = commandIn(params[0]);
    await resultKept(door, caller.partner, kind, params[1] ?? '', exactJsonText(body));
    return {};
  },
});
