import { describe, expect, test } from 'vitest'
import { addressReach, isLoopbackHost } from './host.ts'

// Attack B-37: private addresses in every spelling.
describe('B-37 addressReach', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::127.0.0.1', 'loopback'],
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['2002:7f00:1::', 'loopback'],
    ['0.0.0.0', 'link'],
    ['::', 'link'],
    ['169.254.169.254', 'link'],
    ['::ffff:169.254.169.254', 'link'],
    ['64:ff9b::a9fe:a9fe', 'link'],
    ['64:ff9b:1::a9fe:a9fe', 'link'],
    ['2002:a9fe:a9fe::1', 'link'],
    ['fe80::1', 'link'],
    ['fe80::1%eth0', 'link'],
    ['fd00:ec2::254', 'link'],
    ['100.100.100.200', 'link'],
    ['192.0.0.192', 'link'],
    ['224.0.0.1', 'link'],
    ['255.255.255.255', 'link'],
    ['ff02::1', 'link'],
    ['not an address', 'link'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['198.18.0.1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['fc00::1', 'private'],
    ['fec0::1', 'private'],
    ['172.32.0.1', 'public'],
    ['8.8.8.8', 'public'],
    ['::ffff:8.8.8.8', 'public'],
    ['2606:4700::1111', 'public'],
  ])('%s is %s', (address, reach) => {
    expect(addressReach(address)).toBe(reach)
  })
})

test.each([
  ['localhost', true],
  ['LOCALHOST', true],
  ['127.0.0.1', true],
  ['[::1]', true],
  ['localhost.evil.test', false],
  ['127.0.0.1.nip.io', false],
  ['registry.local', false],
  ['10.0.0.1', false],
])('B-40 whether %s is this machine: %s', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected)
})
