/** Benchmarks and their committed results. */
export {};
