/**
 * Temperature without holes, from earlier cells only: the last value for three hours, then the same time the day
 * before.
 */
export function fillTemperature(temperature: Float64Array, slots: number): Float64Array {
  const filled = Float64Array.from(temperature);
  let last = temperature.find((value) => !Number.isNaN(value)) ?? 0;
  let run = 0;
  for (let cell = 0; cell < filled.length; cell++) {
    const value = filled[cell] as number;
    run = Number.isNaN(value) ? run + 1 : 0;
    if (run === 0) last = value;
    else filled[cell] = run > slots / 8 && cell >= slots ? (filled[cell - slots] as number) : last;
  }
  return filled;
}
