/** The version of a key: the block and the index in it of the transaction that wrote it. */
export interface Height {
  readonly block: number;
  readonly tx: number;
}

export function sameHeight(a: Height | undefined, b: Height | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.block === b.block && a.tx === b.tx;
}

/** As Fabric prints a version in its messages. */
export function formatHeight(height: Height | undefined): string {
  return height === undefined ? '<nil>' : `{BlockNum: ${height.block}, TxNum: ${height.tx}}`;
}

function orderPreserving(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  const start = bytes.findIndex((byte) => byte !== 0);
  const significant = start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
  return Buffer.concat([Buffer.from([significant.length]), significant]);
}

/** Fabric's byte form of a version, which enters the commit hash. */
export function heightBytes(height: Height): Buffer {
  return Buffer.concat([orderPreserving(height.block), orderPreserving(height.tx)]);
}
