/** What every service needs and none is about: HTTP edge, problems, assertions, metrics, SQL store. */
export {};
