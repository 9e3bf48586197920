import { createLogger, createService } from '@roamgrid/service-kit';
import { privateFolder, startRounds } from '@roamgrid/service-kit/runtime';
import { servedCentre, Teller } from '../centre/teller.ts';
import type { AnyDriver } from '../driver.ts';
import { devicesConfig, type DevicesConfig } from './config.ts';
import { FedByLine } from './fed-by-line.ts';
import { makeDriver } from './make-driver.ts';
import { deviceProblems, deviceRoutes } from './routes.ts';

/** The wall's time at the start, and from then on what really passes: a clock that is set must hold up no timer. */
const nowMs = (): number => Math.floor(performance.timeOrigin + performance.now());

const LONGEST_TELL_DELAY_MS = 60_000;

/** The devices of a site: a driver each, and a door for operators and stations. */
export const startDevices = async (
  config: DevicesConfig,
): Promise<{ readonly url: string; close(): Promise<void> }> => {
  const settings = devicesConfig.parse(config);
  const { siteId, stateDir, centre, operatorTokens, stationTokens } = settings;
  const log = createLogger('devices', { level: settings.logLevel });
  privateFolder(stateDir);
  const drivers = new Map<string, AnyDriver>();
  const teller = new Teller(
    servedCentre(centre.url, centre.token),
    { firstDelayMs: settings.tellAgainAfterMs, longestDelayMs: LONGEST_TELL_DELAY_MS },
    (fault) => log.warn({ err: fault }, 'the control centre was not told'),
  );
  const feeds = new Map<string, FedByLine>();
  const look = async (driver: AnyDriver): Promise<void> => {
    await driver.tick(nowMs());
    await feeds.get(driver.deviceId)?.follow(nowMs());
  };
  const tell = (): void => teller.start([...drivers.values()]);
  for (const device of settings.devices) {
    const driver: AnyDriver = makeDriver(device, {
      siteId,
      stateDir,
      nowMs: nowMs(),
      onNotice: tell,
      // What goes wrong with it, as a full disk, goes wrong with the next look, too, and is logged then.
      onChanged: () => void look(driver).catch(() => undefined),
    });
    drivers.set(device.deviceId, driver);
  }
  for (const device of settings.devices) {
    const [gate, line] = [drivers.get(device.deviceId), 'line' in device && drivers.get(device.line)];
    if (gate === undefined || line === undefined || line === false) continue;
    const fed = new FedByLine(gate, line);
    for (const each of [gate, line]) feeds.set(each.deviceId, fed);
    drivers.set(line.deviceId, fed.line);
  }
  const service = createService({
    name: 'devices',
    version: '0.1.0',
    logger: log,
    problems: deviceProblems,
    ...(settings.tls && { tls: settings.tls }),
    routes: deviceRoutes({ drivers, operatorTokens, stationTokens, nowMs }),
    ready: () =>
      Promise.resolve(
        [...drivers.values()].map(({ deviceId, isReached }) => ({
          name: deviceId,
          ok: isReached,
          isAdvisory: true as const,
        })),
      ),
  });
  const url = await service.listen(settings.listen);
  // A look that fails ends none of the next ones, nor makes them later: what is to be switched off is in time.
  const looks = settings.devices.map(({ deviceId, lookEveryMs }) => {
    const driver = drivers.get(deviceId);
    const each = (): Promise<void> => (driver === undefined ? Promise.resolve() : look(driver));
    return startRounds(`look at ${deviceId}`, lookEveryMs, each, log, 'steady');
  });
  // What was not told in an earlier life.
  tell();
  return {
    url,
    close: async () => {
      await service.close();
      teller.close();
      await Promise.all(looks.map((each) => each.stop()));
      for (const driver of drivers.values()) driver.close();
    },
  };
};
