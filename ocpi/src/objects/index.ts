import { cdrsOf } from './cdrs.ts';
import { commandsOf } from './commands.ts';
import { credentialsOf } from './credentials.ts';
import { locationsOf } from './locations.ts';
import { sessionsOf } from './sessions.ts';
import { tariffsOf } from './tariffs.ts';
import { tokensOf } from './tokens.ts';
import type { OcpiDoorVersion } from './scalars.ts';

const build = (version: OcpiDoorVersion) => ({
  ...credentialsOf(version),
  ...locationsOf(version),
  ...sessionsOf(version),
  ...cdrsOf(version),
  ...tariffsOf(version),
  ...tokensOf(version),
  commands: commandsOf(version),
});

export type ObjectSchemas = ReturnType<typeof build>;

/** Every object of each version. Fields that no version knows stay where they are. */
export const OBJECTS: Readonly<Record<OcpiDoorVersion, ObjectSchemas>> = {
  '2.3.0': build('2.3.0'),
  '2.2.1': build('2.2.1'),
};
