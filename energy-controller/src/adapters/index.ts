/** Adapters of what stands at a site, and what they are configured by. */
export { AdapterError, type LoadAdapter, type SourceAdapter } from './adapter.ts';
export { machineClock, type AdapterClock } from './adapter-clock.ts';
export { ModbusSource } from './modbus/modbus-source.ts';
export { modbusSourceConfig, type ModbusSourceConfig } from './modbus/table.ts';
export { startPlant } from './http/simulator/start-plant.ts';
export { startSite, type StartedSite } from './modbus/simulator/start-site.ts';
export { createServerCabinet, type ServerCabinetOptions } from './servers/server-cabinet.ts';
export { outletLoadConfig, type OutletLoadConfig } from './outlet/config.ts';
export { OutletLoad } from './outlet/outlet-load.ts';
