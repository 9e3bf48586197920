/**
 * The CIN behind a keypad entry, a card's text record or a QR code, or what is wrong with it (ROAM-1):
 * checked here, before anything is sent on. A card's serial number is never the CIN and does not come this way.
 */
export declare const readCin: (text: string) => import("@roamgrid/domain").Result<import("@roamgrid/domain").Cin, import("@roamgrid/domain").AliasError | import("@roamgrid/domain").CinError>;
