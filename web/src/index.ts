/** The pages: station kiosk, driver, utility operations, auditor. */
export {};
