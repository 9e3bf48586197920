/** Maps a domain linearly to pixels; ticks are 1, 2 or 5 times a power of ten. */
export interface Scale {
  at(value: number): number;
  readonly ticks: readonly number[];
  /** A tick with just the decimals that its step needs. */
  format(tick: number): string;
}

/** A scale over [low, high], widened to whole ticks when `nice`. */
export function linearScale(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  nice = true,
  about = 6,
): Scale {
  const step = tickStep(low === high ? 1 : high - low, about);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  const [start, end] = nice ? [first * step, last * step] : [low, high];
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step).filter(
    (tick) => tick >= start - step * 1e-9 && tick <= end + step * 1e-9,
  );
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    at: (value) => from + ((value - start) / (end - start)) * (to - from),
    ticks,
    format: (tick) => tick.toFixed(decimals).replace(/^-(0(?:\.0*)?)$/u, '$1'),
  };
}

function tickStep(span: number, about: number): number {
  const rough = span / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const times = rough / power;
  return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}
