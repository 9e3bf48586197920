import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** Metrics of one service: a registry of its own, so that several services live in one process. */
export interface ServiceMetrics {
  readonly registry: Registry;
  /** Seconds by method, route and status. */
  readonly requests: Histogram<'method' | 'route' | 'status'>;
}

/** @param processMetrics also collect the process's own (memory, event loop); only for a process with one service. */
export const createMetrics = (service: string, processMetrics: boolean): ServiceMetrics => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers: [registry],
  });
  return { registry, requests };
};
