/** Charging-station agent and simulator. */
export {};
