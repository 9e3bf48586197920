/** Names that say their value is money, energy or power, by the unit that ends them. */

const UNITS = ['Micros', 'Cents', 'Wh', 'KWh', 'MWh', 'W', 'KW'];

/** `totalMicros`, `priceMicrosPerKWh`, `maxW`; not `draw`, and not `forecastMw`: forecasts are not metered. */
const CAMEL = new RegExp(`[a-z0-9](?:${UNITS.join('|')})$`);
/** `balance_micros`, `max_w`, `TOTAL_WH`: columns and constants. */
const SNAKE = /_(?:micros|cents|wh|kwh|mwh|w|kw)$/i;
const ALONE = /^(?:micros|cents|wh|kWh|kwh|kW|watts)$/;

export const namesMoneyOrEnergy = (name: string): boolean =>
  CAMEL.test(name) || SNAKE.test(name) || ALONE.test(name);
