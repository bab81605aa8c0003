/** Which key signs; without openpgp's types, so that the library's declarations need none of them. */
export interface SigningOptions {
  keyring: string;
  /** A user name in the keyring, or a part of one. */
  key: string;
  /** Asked for where the key is locked; `name` is the key's user name. */
  passphrase(name: string): Promise<string>;
}
