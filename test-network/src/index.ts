/** The consortium on one machine: embedded development peer and native Fabric network. */
export {};
