const MILLI_WH_PER_WH = 1_000n;

/** A register's gain as a bill has it: whole watt-hours, a half to the even one, as the contracts round. */
export function wholeWh(gainedMilliWh: bigint): bigint {
  const whole = gainedMilliWh / MILLI_WH_PER_WH;
  const twice = (gainedMilliWh % MILLI_WH_PER_WH) * 2n;
  return twice > MILLI_WH_PER_WH || (twice === MILLI_WH_PER_WH && whole % 2n === 1n) ? whole + 1n : whole;
}
