/** The role that a party of OCPI has. Spec: OCPI 2.2.1, types §16 Role. */
export type OcpiRole = 'CPO' | 'EMSP';
