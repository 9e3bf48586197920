import { UTILITIES } from '../system/consortium.ts';
import type { RunningUtility } from '../system/utility.ts';
import { startSite, type Site } from './site.ts';

/**
 * Serve a utility's driver page from the origin that its OpenID provider and its gateway know as an app's.
 * @param partners at whose stations its customers charge: the page hands consents to their gateways
 */
export function startDriverSite(
  utility: RunningUtility,
  folder: string,
  partners: readonly RunningUtility[],
): Promise<Site> {
  const { driverApp, definition, aaa, gateway } = utility;
  const config = {
    utilityId: definition.utilityId,
    utilityName: definition.name,
    issuer: aaa.issuer,
    clientId: driverApp.clientId,
    gatewayUrl: gateway.url,
    names: Object.fromEntries(UTILITIES.map(({ utilityId, name }) => [utilityId, name])),
  };
  return startSite({
    folder,
    port: driverApp.port,
    connectTo: [aaa.issuer, gateway.url, ...partners.map((each) => each.gateway.url)].map(
      (url) => new URL(url).origin,
    ),
    routes: (app) => {
      app.get('/config.json', (_request, response) => void response.json(config));
    },
  });
}
