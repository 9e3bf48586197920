/** The simplest honest Fabric application: one asset a transaction. What sessions are measured against. */
'use strict';
const { Contract } = require('fabric-contract-api');

class AssetContract extends Contract {
  constructor() {
    super('assets');
  }

  /** A blind write: not even a check that the asset is new, which favours this side. */
  async create(ctx, id, body) {
    await ctx.stub.putState(id, Buffer.from(body));
  }

  /** Many assets in one transaction, nothing checked: what batching alone can bring. `assets` is JSON, [id, body][]. */
  async createMany(ctx, assets) {
    for (const [id, body] of JSON.parse(assets)) await ctx.stub.putState(id, Buffer.from(body));
  }

  async read(ctx, id) {
    return (await ctx.stub.getState(id)).toString();
  }
}

exports.contracts = [AssetContract];
