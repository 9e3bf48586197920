// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Till} from "./Till.sol";

/// Net payments between utilities. A payer deposits before the period ends, so that others see that it can pay; pays by
/// binding part of the deposit to one payee under the payment's id; the payee confirms and has the money with that. What
/// is not confirmed in time the payer takes back, and may pay anew.
contract NettingEscrow is Till {
    enum State {
        None,
        Sent,
        Confirmed,
        TakenBack
    }

    struct Payment {
        address payer;
        address payee;
        address token;
        uint64 expiresAtS;
        State state;
        uint256 amount;
    }

    mapping(bytes32 => Payment) private payments;

    event Deposited(address indexed token, address indexed payer, uint256 amount);
    event Sent(bytes32 indexed key, bytes32 indexed paymentId, address indexed payee, address token, uint256 amount);
    event Confirmed(bytes32 indexed key, address indexed payer, address indexed payee, address token, uint256 amount);
    event TakenBack(bytes32 indexed key);

    error UsedBefore(bytes32 key);
    error NotComplete();
    error NotDeposited(uint256 has);
    error NotSent(State state);
    error NotAsSaid(address token, uint256 amount);
    error NotTheParty();
    error TooLate();
    error TooEarly();

    /// The name of a payment here. The payer is part of it, so that nobody can use up another's id.
    function keyOf(bytes32 paymentId, address payer) public pure returns (bytes32) {
        return keccak256(abi.encode(paymentId, payer));
    }

    function paymentOf(bytes32 key) external view returns (Payment memory) {
        return payments[key];
    }

    function deposit(address token, uint256 amount) external alone {
        if (amount == 0 || token == address(this)) revert NotComplete();
        balances[token][msg.sender] += amount;
        emit Deposited(token, msg.sender, amount);
        pull(token, msg.sender, amount);
    }

    /// Binds part of the caller's deposit to one payee, once for each payment id, and again only after it was taken back.
    function pay(bytes32 paymentId, address payee, address token, uint256 amount, uint64 expiresAtS) external alone {
        if (amount == 0 || payee == address(0) || payee == address(this)) revert NotComplete();
        requireTime(expiresAtS);
        bytes32 key = keyOf(paymentId, msg.sender);
        State before = payments[key].state;
        if (before != State.None && before != State.TakenBack) revert UsedBefore(key);
        uint256 has = balances[token][msg.sender];
        if (amount > has) revert NotDeposited(has);
        balances[token][msg.sender] = has - amount;
        payments[key] = Payment(msg.sender, payee, token, expiresAtS, State.Sent, amount);
        emit Sent(key, paymentId, payee, token, amount);
    }

    /// The payee says that this is what it was owed, and has it. It names what it saw bound: a payer that took it back may have
    /// bound something else since.
    function confirm(bytes32 key, address token, uint256 amount) external alone {
        Payment storage payment = payments[key];
        if (payment.state != State.Sent) revert NotSent(payment.state);
        if (msg.sender != payment.payee) revert NotTheParty();
        if (payment.token != token || payment.amount != amount) revert NotAsSaid(payment.token, payment.amount);
        if (block.timestamp >= payment.expiresAtS) revert TooLate();
        payment.state = State.Confirmed;
        emit Confirmed(key, payment.payer, payment.payee, payment.token, payment.amount);
        push(payment.token, payment.payee, payment.amount);
    }

    /// What was not confirmed in time is the payer's deposit again.
    function takeBack(bytes32 key) external alone {
        Payment storage payment = payments[key];
        if (payment.state != State.Sent) revert NotSent(payment.state);
        if (msg.sender != payment.payer) revert NotTheParty();
        if (block.timestamp < payment.expiresAtS) revert TooEarly();
        payment.state = State.TakenBack;
        balances[payment.token][payment.payer] += payment.amount;
        emit TakenBack(key);
    }
}
