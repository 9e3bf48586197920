import { createLogger } from '@roamgrid/service-kit';
import { Registry } from 'prom-client';
import { edgeConfig, type Credential, type EdgeConfig } from '../edge/config.ts';
import { createEdge, type Edge } from '../edge/edge.ts';
import { hashPassword } from '../edge/password.ts';
import { SUBPROTOCOLS, type Subprotocol } from '../edge/rpc.ts';
import { SimulatedStation, type SimulatorOptions } from '../simulator/simulated-station.ts';
import { createRecordingDesk } from './recording-desk.ts';

export const PASSWORD = 'a-password-of-20-bytes';
/** Cheap, so that a test with many stations is quick. */
const TEST_COST = 1_024;

export interface Stage extends ReturnType<typeof createRecordingDesk> {
  readonly url: string;
  readonly edge: Edge;
  readonly registry: Registry;
  readonly credentials: Map<string, Credential>;
  /** A station of the configuration, by its password. */
  station(
    stationId: string,
    protocol?: Subprotocol,
    options?: Partial<SimulatorOptions>,
  ): Promise<SimulatedStation>;
  /** What a counter says, by one label. */
  count(metric: string, label: string, value: string): Promise<number>;
  close(): Promise<void>;
}

const PLAIN: EdgeConfig = { insecurePlainTransport: true };

/** An edge with a desk that writes down, over real sockets. */
export const startStage = async (
  config: EdgeConfig = PLAIN,
  nowMs: () => number = Date.now,
): Promise<Stage> => {
  const credentials = new Map<string, Credential>();
  const registry = new Registry();
  const edge = createEdge({
    settings: edgeConfig.parse(config),
    credentialOf: (stationId) => credentials.get(stationId),
    registry,
    log: createLogger('ocpp-test', { level: 'silent' }),
    nowMs,
  });
  const recording = createRecordingDesk();
  const url = await edge.listen(recording.desk);
  const passwordHash = await hashPassword(PASSWORD, TEST_COST);
  return {
    ...recording,
    ...{ url, edge, registry, credentials },
    station: (stationId, protocol = SUBPROTOCOLS[0], options = {}) => {
      if (!credentials.has(stationId)) credentials.set(stationId, { passwordHash });
      return Promise.resolve(
        new SimulatedStation({ url, stationId, protocol, password: PASSWORD, ...options }),
      );
    },
    async count(metric, label, value) {
      const found = await registry.getSingleMetric(metric)?.get();
      return found?.values.find(({ labels }) => String(labels[label]) === value)?.value ?? 0;
    },
    close: () => edge.close(),
  };
};
