// How fast node's own zlib inflates a gzip file in one thread with buffers that are used again: what nobody who
// decompresses in this process can be faster than. Prints { cpu: seconds, bytes: uncompressed }.
import { openSync, readSync } from 'node:fs'
import { createGunzip } from 'node:zlib'

const [, , path] = process.argv
const input = Buffer.allocUnsafe(256 * 1024)
const output = Buffer.allocUnsafe(256 * 1024)
const gunzip = createGunzip()
// The streams of node:zlib make a new buffer for each chunk; only their handle lets one be used again.
const { _handle: handle, _writeState: state } = gunzip
const file = openSync(path)
const start = process.cpuUsage()
let bytes = 0
for (let length = read(); length > 0; length = read()) {
  for (let offset = 0, full = true; full;) {
    handle.writeSync(0, input, offset, length - offset, output, 0, output.length)
    const [spare, left] = state
    bytes += output.length - spare
    offset = length - left
    full = spare === 0
  }
}
const { user, system } = process.cpuUsage(start)
process.stdout.write(JSON.stringify({ cpu: (user + system) / 1e6, bytes }))

function read() {
  return readSync(file, input, 0, input.length, null)
}
