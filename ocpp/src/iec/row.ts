/** What a row of the table of IEC objects and services consists of. */

export const OCPP_VERSIONS = ['1.6', '2.0.1', '2.1'] as const;
export type OcppVersion = (typeof OCPP_VERSIONS)[number];

/**
 * How much of what a row stands on could be read: the definition itself, an abstract or a title of it, or nothing, so that
 * the row is what its name lets one expect.
 */
export type Reading = 'definition' | 'abstract' | 'title' | 'not read';

/** A public text, and where in it. */
export interface Source {
  readonly standard: string;
  /** What the row stands on: file, page, section. */
  readonly readIn: string;
}

export interface IecRow {
  /** A logical node with its data objects (IEC 61850), or a service (IEC 63110). */
  readonly object: string;
  /** Fields of the wire schemas, as `schema.field.field`; empty where Roamgrid has no such fact. */
  readonly facts: readonly string[];
  /** OCPP messages, by the names of their requests. */
  readonly messages: Readonly<Record<OcppVersion, readonly string[]>>;
  readonly source: keyof typeof SOURCES;
  readonly reading: Reading;
  readonly note?: string;
}

export const SOURCES = {
  N420: {
    standard: 'IEC 61850-7-420:2021 (Ed. 2), namespace 2019A4',
    readIn:
      'the namespace file of the standard (code component, `IEC_61850-7-420_2019A4.nsd`), as the open-source editor OpenSCD ships it: all LN classes, data objects and enumerations',
  },
  N74: {
    standard: 'IEC 61850-7-4 (Ed. 2.1), namespace 2007B5',
    readIn:
      'the namespace file of the standard (code component, `IEC_61850-7-4_2007B5.nsd`), as OpenSCD ships it: all LN classes and data objects',
  },
  T908: {
    standard: 'IEC TR 61850-90-8:2016',
    readIn:
      'abstract and scope (catalogue pages of IEC and BSI), contents up to 5.3.2 (preview of PD IEC/TR 61850-90-8:2016); the logical nodes’ own clauses were not readable',
  },
  P110: {
    standard: 'IEC 63110-1:2022',
    readIn:
      'scope, with the features that it lists (catalogue pages of IEC, BSI and SIST); the use cases’ own clauses were not readable',
  },
} as const satisfies Record<string, Source>;
