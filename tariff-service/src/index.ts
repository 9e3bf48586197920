/** Load forecasting and tariff publication. */
export {};
