/** Who is asking, as the token says and the issuer's key proves. Every request acts within `tenant` alone. */
export interface Principal {
  readonly issuer: string;
  readonly subject: string;
  /** The app that acts (RFC 9068 `client_id`). */
  readonly client: string;
  readonly tenant: string;
  /** The reference of the organisation that the app acts for, as in `Organization/f001`. */
  readonly organisation?: string;
  /** The natural person behind the token, where it names one (claim `fhirUser`, SMART App Launch). */
  readonly person?: string;
  readonly scopes: ReadonlySet<string>;
}
