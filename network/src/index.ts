/** The consortium as data: organisations, channel, policies, deployment files. */
export {};
