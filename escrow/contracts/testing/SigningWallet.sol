// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A driver whose account is a contract: what its owner permitted counts as signed.
contract SigningWallet {
    mapping(bytes32 => bool) public isPermitted;

    function permit(bytes32 digest) external {
        isPermitted[digest] = true;
    }

    function approve(address token, address spender, uint256 amount) external {
        (bool went,) = token.call(abi.encodeWithSignature("approve(address,uint256)", spender, amount));
        require(went);
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        return isPermitted[hash] ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}
