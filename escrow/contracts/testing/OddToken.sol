// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// A token with the habits that tokens in use have. Tests choose one.
contract OddToken {
    enum Habit {
        Plain,
        /// Answers nothing, and reverts on failure.
        Silent,
        /// Answers false on failure, and true otherwise.
        FalseOnFailure,
        /// Keeps a hundredth of what is moved.
        Fee,
        /// Answers true and moves nothing.
        Liar,
        /// Calls `callback` of `target` while it moves.
        Reentering
    }

    Habit public habit;
    address private target;
    bytes private callback;
    bool public reentryFailed;
    mapping(address => uint256) public balanceOf;
    mapping(address => bool) public isBarred;

    constructor(Habit chosen) {
        habit = chosen;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    /// As issuers of large tokens do: nothing goes to this address any more.
    function bar(address who, bool barred) external {
        isBarred[who] = barred;
    }

    function aim(address aimedAt, bytes calldata data) external {
        target = aimedAt;
        callback = data;
    }

    function transfer(address to, uint256 amount) external {
        answer(move(msg.sender, to, amount));
    }

    function transferFrom(address from, address to, uint256 amount) external {
        answer(move(from, to, amount));
    }

    function move(address from, address to, uint256 amount) private returns (bool) {
        if (habit == Habit.Liar) return true;
        if (isBarred[to] || balanceOf[from] < amount) return false;
        if (habit == Habit.Reentering && target != address(0)) {
            (bool went,) = target.call(callback);
            reentryFailed = !went;
        }
        balanceOf[from] -= amount;
        balanceOf[to] += habit == Habit.Fee ? amount - amount / 100 : amount;
        return true;
    }

    function answer(bool went) private view {
        if (habit == Habit.Silent) {
            require(went, "barred or short");
            return;
        }
        assembly {
            mstore(0, went)
            return(0, 32)
        }
    }
}
