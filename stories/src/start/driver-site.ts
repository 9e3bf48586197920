import { UTILITIES } from '../system/consortium.ts';
import type { RunningUtility } from '../system/utility.ts';
import { startSite, type Site } from './site.ts';

/**
 * Serve a utility's driver page from the origin that its OpenID provider and its gateway know as an app's.
 * @param partners at whose stations its customers charge: the page hands consents, and what phones carry, to their gateways
 * @param radios where the radios of chargers are simulated, by outlet: the page may connect to these and no others
 */
export function startDriverSite(
  utility: RunningUtility,
  folder: string,
  partners: readonly RunningUtility[],
  radios?: Readonly<Record<string, string>>,
): Promise<Site> {
  const visited = [utility, ...partners];
  const { driverApp, definition, aaa, gateway } = utility;
  const config = {
    utilityId: definition.utilityId,
    utilityName: definition.name,
    issuer: aaa.issuer,
    clientId: driverApp.clientId,
    gatewayUrl: gateway.url,
    gateways: Object.fromEntries(
      visited.map((each) => [each.definition.utilityId, new URL(each.gateway.url).origin]),
    ),
    ...(radios !== undefined && { radios }),
    names: Object.fromEntries(UTILITIES.map(({ utilityId, name }) => [utilityId, name])),
  };
  return startSite({
    folder,
    port: driverApp.port,
    connectTo: [
      ...[aaa.issuer, ...visited.map((each) => each.gateway.url)].map((url) => new URL(url).origin),
      ...Object.values(radios ?? {}),
    ],
    routes: (app) => {
      app.get('/config.json', (_request, response) => void response.json(config));
    },
  });
}
