/** A small contract that shows what a network can do; the native network's own tests call it. */
'use strict';
const { createHash } = require('node:crypto');
const { Contract } = require('fabric-contract-api');

const implicitCollection = (mspId) => `_implicit_org_${mspId}`;

class ProbeContract extends Contract {
  constructor() {
    super('probe');
  }

  async put(ctx, key, value) {
    await ctx.stub.putState(key, Buffer.from(value));
    return key;
  }

  async get(ctx, key) {
    const value = await ctx.stub.getState(key);
    if (value.length === 0) throw new Error(`NOT_FOUND: ${key}`);
    return value.toString();
  }

  /** Who runs this code, and who calls it with what role. */
  async whoami(ctx) {
    return JSON.stringify({
      executedBy: ctx.stub.getMspID(),
      caller: ctx.clientIdentity.getMSPID(),
      role: ctx.clientIdentity.getAttributeValue('role'),
    });
  }

  /** Lays the transient `body` into the implicit collections of organisations, named with commas between. */
  async share(ctx, key, mspIds) {
    const body = ctx.stub.getTransient().get('body');
    if (body === undefined) throw new Error('INVALID_ARGUMENT: no transient body');
    for (const mspId of mspIds.split(','))
      await ctx.stub.putPrivateData(implicitCollection(mspId), key, body);
    return createHash('sha256').update(body).digest('hex');
  }

  async readShared(ctx, key, mspId) {
    const body = await ctx.stub.getPrivateData(implicitCollection(mspId), key);
    return Buffer.from(body).toString();
  }

  async sharedHash(ctx, key, mspId) {
    const hash = await ctx.stub.getPrivateDataHash(implicitCollection(mspId), key);
    return Buffer.from(hash).toString('hex');
  }
}

exports.contracts = [ProbeContract];
