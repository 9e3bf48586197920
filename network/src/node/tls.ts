/** Files of a node's TLS certificate; `rootCert` is the organisation's TLS certificate authority. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly rootCert: string;
}
