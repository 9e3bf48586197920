import type { Door } from '../door.ts';
import type { OcpiRoute } from '../edge/handler.ts';
import type { CustomerSide, StationSide } from '../roaming/ports.ts';
import { authorizeRoute } from './authorize.ts';
import { cdrRoutes } from './cdrs.ts';
import { chargingProfileRoutes, profileResultRoutes } from './charging-profiles.ts';
import { commandResultRoute, commandRoute } from './commands.ts';
import { credentialsRoutes } from './credentials.ts';
import { hubClientInfoRoutes } from './hub-client-info.ts';
import { locationRoutes } from './locations.ts';
import { preferencesRoute } from './preferences.ts';
import { receiverRoutes } from './receivers.ts';
import { senderRoutes } from './senders.ts';
import { versionRoutes } from './versions.ts';

/** Everything that partners may ask, for the roles that the utility has. */
export const allRoutes = (
  door: Door,
  stations: StationSide,
  customers: CustomerSide,
): readonly OcpiRoute[] => {
  const { roles } = door.settings;
  const modules = [
    ...senderRoutes(door),
    ...receiverRoutes(door),
    ...hubClientInfoRoutes(door),
    ...(roles.includes('CPO')
      ? [
          preferencesRoute(door, stations),
          commandRoute(door, stations),
          ...chargingProfileRoutes(door, stations),
        ]
      : []),
    ...(roles.includes('EMSP')
      ? [
          ...locationRoutes(door),
          ...cdrRoutes(door),
          authorizeRoute(door, customers),
          commandResultRoute(door),
          ...profileResultRoutes(door),
        ]
      : []),
  ];
  return [...credentialsRoutes(door), ...modules, ...versionRoutes(door, modules)];
};
