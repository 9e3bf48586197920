/** Pure domain model: money, energy, CIN, tariff rating, session and settlement rules. */
export {};
