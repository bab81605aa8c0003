/** Why a connection failed, in the words of Go's net and crypto packages, which helm and kubectl print. */

const UNKNOWN_AUTHORITY = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';

const WORDS: Record<string, (host: string) => string> = {
  ECONNREFUSED: (host) => `dial tcp ${host}: connect: connection refused`,
  EHOSTUNREACH: (host) => `dial tcp ${host}: connect: no route to host`,
  ENETUNREACH: (host) => `dial tcp ${host}: connect: network is unreachable`,
  ETIMEDOUT: (host) => `dial tcp ${host}: i/o timeout`,
  ENOTFOUND: (host) => `dial tcp: lookup ${host.replace(/:\d+$/, '')}: no such host`,
  ECONNRESET: () => 'EOF',
  SELF_SIGNED_CERT_IN_CHAIN: () => UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () => UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: () => UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: () => 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
};

/** `host` and `port` are what was asked for; where several addresses were tried the last of them is told, as Go does. */
export function dialError(error: unknown, host: string, port: string | number): string {
  const { code, message, address, errors, ...rest } = error as {
    code?: string;
    message: string;
    address?: string;
    port?: number;
    errors?: { address: string; port: number }[];
  };
  const tried = errors?.at(-1) ?? (address ? { address, port: rest.port } : { address: host, port });
  const shown = tried.address.includes(':') ? `[${tried.address}]:${tried.port}` : `${tried.address}:${tried.port}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return namesError(error as MisnamedError);
  return WORDS[code ?? '']?.(shown) ?? message;
}

interface MisnamedError {
  host?: string;
  cert?: { subjectaltname?: string };
}

/** Go tells the names where a name was asked for, and the addresses where it was an address. */
function namesError({ host = '', cert }: MisnamedError): string {
  const asked = host.replace(/\.$/, '');
  const kind = /^[\d.]+$|:/.test(asked) ? 'IP Address' : 'DNS';
  const names = (cert?.subjectaltname ?? '').split(', ').filter((name) => name.startsWith(`${kind}:`));
  const known = names.map((name) => name.slice(kind.length + 1)).join(', ');
  return `tls: failed to verify certificate: x509: certificate is valid for ${known}, not ${asked}`;
}
