import { BlockList, isIP } from 'node:net'

/** Whether a host (without port; IPv6 with or without brackets) is this machine by its very name: no resolver is asked. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (bare === 'localhost' || bare === '::1') return true
  return isIP(bare) === 4 && bare.startsWith('127.')
}

/** How far an address reaches: this machine, this link (cloud metadata lives there), this organisation, or everywhere. */
export type AddressReach = 'loopback' | 'link' | 'private' | 'public'

/** Classifies an IPv4 or IPv6 address, looking through the forms that embed IPv4 (mapped, compatible, NAT64, 6to4). */
export function addressReach(address: string): AddressReach {
  const bare = address.replace(/%.*$/, '')
  const family = isIP(bare)
  if (family === 0) return 'link'
  const plain = family === 6 ? (embeddedV4(bare) ?? bare) : bare
  const kind = isIP(plain) === 4 ? 'ipv4' : 'ipv6'
  if (loopback.check(plain, kind)) return 'loopback'
  if (link.check(plain, kind)) return 'link'
  return inner.check(plain, kind) ? 'private' : 'public'
}

// RFC 6890, and the metadata services of clouds that live elsewhere (100.100.100.200, 192.0.0.192, fd00:ec2::254).
const loopback = subnets(['127.0.0.0/8'], ['::1/128'])
const link = subnets(
  ['0.0.0.0/8', '169.254.0.0/16', '100.100.100.200/32', '192.0.0.0/24', '224.0.0.0/3'],
  ['::/128', 'fe80::/10', 'ff00::/8', 'fd00:ec2::/32'],
)
const inner = subnets(
  ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15'],
  ['fc00::/7', 'fec0::/10'],
)

function subnets(v4: readonly string[], v6: readonly string[]): BlockList {
  const list = new BlockList()
  for (const [family, nets] of [['ipv4', v4] as const, ['ipv6', v6] as const]) {
    for (const net of nets) {
      const slash = net.indexOf('/')
      list.addSubnet(net.slice(0, slash), Number(net.slice(slash + 1)), family)
    }
  }
  return list
}

// ::ffff:0:0/96, ::/96 (RFC 4291), 64:ff9b::/96 and 64:ff9b:1::/48 (RFC 6052, 8215), 2002::/16 (RFC 3056)
const lastQuad = /^(?:0:0:0:0:0:(?:ffff|0)|64:ff9b:[0-9a-f:]+):([0-9a-f]+):([0-9a-f]+)$/
const sixToFour = /^2002:([0-9a-f]+):([0-9a-f]+):/

function embeddedV4(address: string): string | undefined {
  const full = expand(address)
  const [, high, low] = lastQuad.exec(full) ?? sixToFour.exec(full) ?? []
  if (high === undefined || low === undefined || full === '0:0:0:0:0:0:0:1' || full === '0:0:0:0:0:0:0:0')
    return undefined
  const value = Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16)
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

/** All eight groups, without leading zeros; URL does the canonical spelling. */
function expand(address: string): string {
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  if (right === undefined) return left
  const head = left.split(':').filter((group) => group !== '')
  const tail = right.split(':').filter((group) => group !== '')
  const middle = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...middle, ...tail].join(':')
}
