import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { RecError } from '#contract/errors'

const LOOPBACK = ['127.0.0.0/8', '::1/128']

/**
 * Networks by CIDR (`10.0.0.0/8`, `::1`).
 * @throws RecError `config-invalid`
 */
export function parseNetworks(cidrs: readonly string[]): BlockList {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/')
    const version = isIP(address)
    const family = version === 6 ? 'ipv6' : 'ipv4'
    const prefix = bits === undefined ? (version === 6 ? 128 : 32) : Number(bits)
    if (version === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > (version === 6 ? 128 : 32)) {
      throw new RecError('config-invalid', 'a trusted network is not an address or CIDR')
    }
    list.addSubnet(address, prefix, family)
  }
  return list
}

/** Loopback: where metrics may be read from unless configured otherwise. */
export const LOOPBACK_NETWORKS: readonly string[] = LOOPBACK

/** Whether an address lies in the networks; IPv4 inside IPv6 counts as IPv4. */
export function isWithin(networks: BlockList, address: string | undefined): boolean {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/i, '')
  const version = plain === undefined ? 0 : isIP(plain)
  return plain !== undefined && version !== 0 && networks.check(plain, version === 6 ? 'ipv6' : 'ipv4')
}

/**
 * The client's address: the peer of the socket, or, when that is a trusted proxy, the last address in X-Forwarded-For that is not one.
 * Entries further left were written by whoever is further away, so they are never believed.
 */
export function clientAddressOf(incoming: IncomingMessage, trusted: BlockList): string | undefined {
  let address = incoming.socket.remoteAddress
  if (!isWithin(trusted, address)) return address
  const forwarded = incoming.headers['x-forwarded-for']
  const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',')
  for (const hop of hops.reverse()) {
    const candidate = withoutPort(hop.trim())
    if (isIP(candidate) === 0) return address
    address = candidate
    if (!isWithin(trusted, address)) return address
  }
  return address
}

function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)
  if (bracketed) return bracketed[1] ?? ''
  return /^\d+\.\d+\.\d+\.\d+:\d+$/.test(hop) ? hop.slice(0, hop.indexOf(':')) : hop
}
