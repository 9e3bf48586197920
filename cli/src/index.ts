/** The roamgrid command-line tool. */
export {};
