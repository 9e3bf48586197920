/** One utility as a whole: the supervisor of its parts, and its services as processes. */
export type { Outage, Part, PartHandle, PartRun, PartState } from './supervisor/part.ts';
export { createSupervisor, type Supervisor } from './supervisor/supervisor.ts';
export { SERVICE_NAMES, type ServiceName, type ServiceOrder } from './services/order.ts';
export { inProcessPart, processPart, servicePart } from './services/service-part.ts';
export { readSharedClock, SharedClock } from './services/shared-clock.ts';
