import { common } from '@hyperledger/fabric-protos';
import type { BundledBlock } from '@roamgrid/wire';
import type { Ledger } from '../../ledger/ledger.ts';
import { hex } from '../../blocks/proto.ts';
import type { ChainTree } from './checkpoint.ts';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Number of the block whose configuration the block's signers knew. */
const configNumber = (signatures: Uint8Array): number => {
  const value = common.Metadata.deserializeBinary(signatures).getValue_asU8();
  return common.OrdererBlockMetadata.deserializeBinary(value).getLastConfig()?.getIndex() ?? 0;
};

/** Block 0 of Fabric's own channels is signed by nobody: what else may lie there proves nothing. */
const isUnsigned = (signatures: Uint8Array): boolean =>
  common.Metadata.deserializeBinary(signatures).getSignaturesList().length === 0;

/** The blocks that a bundle needs, from the own organisation's peer: each once, with the configuration that it stands on. */
export class BundleBlocks {
  readonly #ledger: Ledger;
  readonly #chain: ChainTree;
  readonly #blocks = new Map<number, common.Block>();

  constructor(ledger: Ledger, chain: ChainTree) {
    this.#ledger = ledger;
    this.#chain = chain;
  }

  async #take(number: number): Promise<common.Block> {
    const known = this.#blocks.get(number);
    if (known !== undefined) return known;
    const block = common.Block.deserializeBinary(await this.#ledger.block(BigInt(number)));
    this.#blocks.set(number, block);
    return block;
  }

  static #signatures(block: common.Block): Uint8Array {
    const metadata = block.getMetadata()?.getMetadataList_asU8() ?? [];
    return metadata[common.BlockMetadataIndex.SIGNATURES] ?? new Uint8Array();
  }

  /** Takes a block in, with the block of its configuration. */
  async need(number: number): Promise<common.Block> {
    const block = await this.#take(number);
    await this.#take(configNumber(BundleBlocks.#signatures(block)));
    return block;
  }

  /** All that were needed, ascending. */
  all(): BundledBlock[] {
    return [...this.#blocks]
      .sort(([a], [b]) => a - b)
      .map(([number, block]) => {
        const metadata = block.getMetadata()?.getMetadataList_asU8() ?? [];
        const codes = metadata[common.BlockMetadataIndex.TRANSACTIONS_FILTER] ?? new Uint8Array();
        return {
          number,
          previousHash: hex(block.getHeader()?.getPreviousHash_asU8() ?? new Uint8Array()),
          envelopes: (block.getData()?.getDataList_asU8() ?? []).map(base64),
          codes: number === 0 ? '' : base64(codes),
          signatures: isUnsigned(BundleBlocks.#signatures(block))
            ? ''
            : base64(BundleBlocks.#signatures(block)),
          path: [...this.#chain.tree.pathTo(number).path],
        };
      });
  }
}
