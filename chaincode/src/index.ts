/** The smart contracts of the roaming consortium. */
export {};
