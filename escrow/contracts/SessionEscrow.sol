// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Till} from "./Till.sol";

/// Whether a contract stands for a signature. Spec: ERC-1271.
interface SigningContract {
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4);
}

/// Holds a driver's money for one charging session: the cap that the driver consented to goes in, the drawer that the driver
/// named takes at most that, once, for the payee that the driver named, and the rest goes back at once. What nobody draws
/// in time goes back to the driver, whoever asks for it.
contract SessionEscrow is Till {
    /// What the driver permits; signed as EIP-712 typed data, or given by the driver's own transaction.
    struct Permission {
        /// keccak256 of the session's id.
        bytes32 session;
        address driver;
        address token;
        /// In the token's base units.
        uint256 cap;
        /// Who may draw: the utility whose station delivers.
        address drawer;
        /// Who gets what is drawn: the utility that bills the driver.
        address payee;
        /// From this second on nothing is drawn, and the driver's money goes back.
        uint64 expiresAtS;
    }

    enum State {
        None,
        Open,
        Drawn,
        Released
    }

    struct Hold {
        Permission permission;
        State state;
        uint256 drawn;
    }

    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant PERMISSION = keccak256(
        "Permission(bytes32 session,address driver,address token,uint256 cap,address drawer,address payee,uint64 expiresAtS)"
    );
    /// Half the order of the curve: of a signature and its mirror image only one counts.
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    mapping(bytes32 => Hold) private holds;
    /// drawer => session: a session is drawn for once, whoever paid for it.
    mapping(address => mapping(bytes32 => bool)) public isDrawn;

    event Opened(bytes32 indexed holdId, bytes32 indexed session, address indexed driver, address token, uint256 cap);
    event Drawn(bytes32 indexed holdId, bytes32 indexed session, address indexed payee, uint256 amount, uint256 refunded);
    event Released(bytes32 indexed holdId, bytes32 indexed session, address indexed driver, uint256 refunded);

    error NotTheDriver();
    error NotTheDrawer();
    error NotOpen(State state);
    error UsedBefore(bytes32 holdId);
    error OverCap(uint256 cap);
    error NotComplete();
    error TooLate();
    error TooEarly();

    /// The name of a hold. The driver is part of it, so that nobody can use up another's session by naming it first.
    function holdIdOf(bytes32 session, address driver) public pure returns (bytes32) {
        return keccak256(abi.encode(session, driver));
    }

    function holdOf(bytes32 holdId) external view returns (Hold memory) {
        return holds[holdId];
    }

    /// The driver deposits the cap.
    function open(Permission calldata permission) external alone {
        if (msg.sender != permission.driver) revert NotTheDriver();
        store(permission);
    }

    /// Anyone brings the driver's signed permission; the cap comes out of the allowance that the driver gave.
    function openSigned(Permission calldata permission, bytes calldata signature) external alone {
        if (!isSignedBy(permission.driver, digestOf(permission), signature)) revert NotTheDriver();
        store(permission);
    }

    /// Takes what the session cost, and gives the rest back; zero gives everything back.
    function draw(bytes32 holdId, uint256 amount) external alone {
        Hold storage hold = holds[holdId];
        if (hold.state != State.Open) revert NotOpen(hold.state);
        Permission memory permission = hold.permission;
        if (msg.sender != permission.drawer) revert NotTheDrawer();
        if (amount > permission.cap) revert OverCap(permission.cap);
        if (block.timestamp >= permission.expiresAtS) revert TooLate();
        if (isDrawn[msg.sender][permission.session]) revert UsedBefore(holdId);
        isDrawn[msg.sender][permission.session] = true;
        hold.state = State.Drawn;
        hold.drawn = amount;
        uint256 refunded = permission.cap - amount;
        emit Drawn(holdId, permission.session, permission.payee, amount, refunded);
        push(permission.token, permission.payee, amount);
        push(permission.token, permission.driver, refunded);
    }

    /// Gives the driver everything back once the time is over. Anyone may ask for it.
    function release(bytes32 holdId) external alone {
        Hold storage hold = holds[holdId];
        if (hold.state != State.Open) revert NotOpen(hold.state);
        Permission memory permission = hold.permission;
        if (block.timestamp < permission.expiresAtS) revert TooEarly();
        hold.state = State.Released;
        emit Released(holdId, permission.session, permission.driver, permission.cap);
        push(permission.token, permission.driver, permission.cap);
    }

    /// What the driver signs. The chain is asked for its id each time: after a split it counts on one side only.
    function digestOf(Permission calldata permission) public view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN, keccak256("Roamgrid SessionEscrow"), keccak256("1"), block.chainid, address(this))
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, keccak256(abi.encode(PERMISSION, permission))));
    }

    function store(Permission calldata permission) private {
        if (
            permission.cap == 0 || permission.drawer == address(0) || permission.payee == address(0)
                || permission.payee == address(this) || permission.token == address(this)
        ) revert NotComplete();
        requireTime(permission.expiresAtS);
        bytes32 holdId = holdIdOf(permission.session, permission.driver);
        Hold storage hold = holds[holdId];
        if (hold.state != State.None) revert UsedBefore(holdId);
        hold.permission = permission;
        hold.state = State.Open;
        emit Opened(holdId, permission.session, permission.driver, permission.token, permission.cap);
        pull(permission.token, permission.driver, permission.cap);
    }

    function isSignedBy(address driver, bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signature.length == 65) {
            bytes32 r = bytes32(signature[0:32]);
            bytes32 s = bytes32(signature[32:64]);
            if (uint256(s) <= HALF_ORDER) {
                address signer = ecrecover(digest, uint8(signature[64]), r, s);
                if (signer != address(0) && signer == driver) return true;
            }
        }
        if (driver.code.length == 0) return false;
        return SigningContract(driver).isValidSignature(digest, signature) == SigningContract.isValidSignature.selector;
    }
}
