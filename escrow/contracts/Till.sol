// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Erc20} from "./Erc20.sol";

/// How both escrows take and give tokens. Nobody owns a till: it has no administrator, no pause and no new version.
abstract contract Till {
    /// The longest that money can be bound before its giver can have it back.
    uint64 public constant LONGEST_S = 90 days;

    /// What a till owes someone outside any hold or payment: token => who => amount.
    mapping(address => mapping(address => uint256)) public balances;

    uint256 private entered = 1;

    event Withdrawn(address indexed token, address indexed who, address to, uint256 amount);
    /// A transfer did not go through: the money waits for `withdraw`.
    event Kept(address indexed token, address indexed who, uint256 amount);

    error Reentered();
    /// The token took nothing, or less than it was told to, as one that keeps a fee does.
    error NotReceived(uint256 wanted, uint256 received);
    error NotPaidOut();
    error NothingThere();
    error TimeNotAllowed(uint64 expiresAtS);

    /// One call at a time, and none from inside a token.
    modifier alone() {
        if (entered != 1) revert Reentered();
        entered = 2;
        _;
        entered = 1;
    }

    /// Gives what the till owes the caller outside any hold or payment.
    function withdraw(address token, uint256 amount, address to) external alone {
        uint256 has = balances[token][msg.sender];
        if (amount == 0 || amount > has || to == address(this)) revert NothingThere();
        balances[token][msg.sender] = has - amount;
        if (!tryTransfer(token, to, amount)) revert NotPaidOut();
        emit Withdrawn(token, msg.sender, to, amount);
    }

    /// Takes exactly `amount`, by the allowance that `from` gave this contract.
    function pull(address token, address from, uint256 amount) internal {
        uint256 before = Erc20(token).balanceOf(address(this));
        bool went = succeeded(token, abi.encodeCall(Erc20.transferFrom, (from, address(this), amount)));
        uint256 received = Erc20(token).balanceOf(address(this)) - before;
        if (!went || received != amount) revert NotReceived(amount, received);
    }

    /// Pays out, or keeps it for `withdraw`: one who cannot receive holds up nobody else.
    function push(address token, address to, uint256 amount) internal {
        if (amount == 0 || tryTransfer(token, to, amount)) return;
        balances[token][to] += amount;
        emit Kept(token, to, amount);
    }

    function requireTime(uint64 expiresAtS) internal view {
        if (expiresAtS <= block.timestamp || expiresAtS > block.timestamp + LONGEST_S) revert TimeNotAllowed(expiresAtS);
    }

    function tryTransfer(address token, address to, uint256 amount) private returns (bool) {
        return succeeded(token, abi.encodeCall(Erc20.transfer, (to, amount)));
    }

    /// True when the call did not revert and answered nothing, as old tokens do, or one word that is `true`.
    function succeeded(address token, bytes memory data) private returns (bool) {
        (bool went, bytes memory answer) = token.call(data);
        if (!went) return false;
        if (answer.length == 0) return token.code.length > 0;
        return answer.length >= 32 && abi.decode(answer, (uint256)) == 1;
    }
}
