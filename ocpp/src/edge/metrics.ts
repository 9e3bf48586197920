import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { LiveStations } from './live-stations.ts';

/** What is counted of stations; never by id, of which there are many. */
export const createEdgeMetrics = (registry: Registry, live: LiveStations) => {
  const connected = new Gauge({
    name: 'roamgrid_ocpp_connected_stations',
    help: 'Stations that are connected, by subprotocol',
    labelNames: ['protocol'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { protocol } of live.all()) this.inc({ protocol });
    },
  });
  return {
    connected,
    refused: new Counter({
      name: 'roamgrid_ocpp_refused_connections_total',
      help: 'Connections refused before they were any, by reason',
      labelNames: ['reason'] as const,
      registers: [registry],
    }),
    calls: new Counter({
      name: 'roamgrid_ocpp_calls_total',
      help: 'Calls of stations by action and what they were answered',
      labelNames: ['action', 'answer'] as const,
      registers: [registry],
    }),
    seconds: new Histogram({
      name: 'roamgrid_ocpp_call_seconds',
      help: 'Time from a call to its answer, by action',
      labelNames: ['action'] as const,
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    }),
    badMessages: new Counter({
      name: 'roamgrid_ocpp_bad_messages_total',
      help: 'What stations sent that is no message',
      registers: [registry],
    }),
  };
};
export type EdgeMetrics = ReturnType<typeof createEdgeMetrics>;
