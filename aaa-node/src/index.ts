/** One utility's AAA node: OpenID provider, charging rules, consumer profiles, accounts. */
export {};
