/** Messages that cross a process boundary: schemas, canonical JSON, signatures, OpenAPI. */
export {};
