// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What the escrows ask of a token. Spec: ERC-20. Answers of `transfer` and `transferFrom` are read in Till, because many
/// tokens in use give none.
interface Erc20 {
    function balanceOf(address holder) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}
