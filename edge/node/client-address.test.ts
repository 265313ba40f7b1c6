import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { networkPrefix } from '../core/network-prefix.ts'
import { clientAddressOf, isWithin, parseNetworks } from './client-address.ts'

const trusted = parseNetworks(['10.0.0.0/8', '::1'])

const addressOf = (peer: string, forwarded?: string) =>
  clientAddressOf(
    {
      socket: { remoteAddress: peer },
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    } as unknown as IncomingMessage,
    trusted,
  ) // the two fields it reads

describe('clientAddressOf', () => {
  test.each([
    ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
    ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '1.1.1.1, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['10.1.2.3', '[2001:db8::1]:443', '2001:db8::1'],
    ['10.1.2.3', '198.51.100.1:5000', '198.51.100.1'],
    ['10.1.2.3', '198.51.100.1, unknown', '10.1.2.3'],
    ['10.1.2.3', '', '10.1.2.3'],
    ['::1', undefined, '::1'],
  ])('peer %s that forwards for %s is %s', (peer, forwarded, address) => {
    expect(addressOf(peer, forwarded)).toBe(address)
  })
})

describe('networkPrefix', () => {
  test.each([
    ['203.0.113.7', '203.0.113'],
    ['::ffff:203.0.113.9', '203.0.113'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1'],
    ['2001:0db8:0001::6', '2001:db8:1'],
    ['2001:db8::6', '2001:db8:0'],
    ['::1', '0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0'],
    ['nonsense', 'unknown'],
    [undefined, 'unknown'],
  ])('of %s is %s', (address, prefix) => {
    expect(networkPrefix(address)).toBe(prefix)
  })
})

describe('parseNetworks', () => {
  test('keeps addresses outside out and refuses nonsense', () => {
    expect([
      isWithin(trusted, '11.0.0.1'),
      isWithin(trusted, '10.255.0.1'),
      isWithin(trusted, 'x'),
      isWithin(trusted, undefined),
    ]).toEqual([false, true, false, false])
    for (const bad of ['10.0.0.0/33', 'host', '10.0.0.0/x', '/8'])
      expect(() => parseNetworks([bad])).toThrow('not an address or CIDR')
  })
})
