/**
 * A whole program for linux/amd64, a few hundred bytes: it writes one line and ends. The quickstart needs a real
 * executable for its image, and no compiler can be expected on a reader's machine.
 */
export function helloProgram(line: string): Uint8Array {
  const message = Buffer.from(`${line}\n`)
  const start = headerSize + programHeaderSize
  const code = machineCode(message.byteLength)
  return Buffer.concat([headers(start, start + code.byteLength + message.byteLength), code, message])
}

const headerSize = 64
const programHeaderSize = 56
const loadAddress = 0x400000n

/** write(1, message, length); exit(0), with the message right behind the code. */
function machineCode(length: number): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(length)
  return Buffer.concat([
    Buffer.from('b801000000', 'hex'), // mov eax, 1 (write)
    Buffer.from('bf01000000', 'hex'), // mov edi, 1 (stdout)
    Buffer.from('488d3510000000', 'hex'), // lea rsi, [rip + 16]: what follows this code
    Buffer.from('ba', 'hex'),
    size, // mov edx, length
    Buffer.from('0f05', 'hex'), // syscall
    Buffer.from('b83c000000', 'hex'), // mov eax, 60 (exit)
    Buffer.from('31ff', 'hex'), // xor edi, edi
    Buffer.from('0f05', 'hex'), // syscall
  ])
}

/** The ELF64 header and one loadable segment, readable and executable (System V ABI, chapters 4 and 5). */
function headers(entry: number, fileSize: number): Buffer {
  const bytes = Buffer.alloc(headerSize + programHeaderSize)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]) // 64 bits, little endian, version 1
  bytes.writeUInt16LE(2, 16) // ET_EXEC
  bytes.writeUInt16LE(62, 18) // x86-64
  bytes.writeUInt32LE(1, 20)
  bytes.writeBigUInt64LE(loadAddress + BigInt(entry), 24)
  bytes.writeBigUInt64LE(BigInt(headerSize), 32) // program headers follow
  bytes.writeUInt16LE(headerSize, 52)
  bytes.writeUInt16LE(programHeaderSize, 54)
  bytes.writeUInt16LE(1, 56)
  bytes.writeUInt32LE(1, 64) // PT_LOAD
  bytes.writeUInt32LE(5, 68) // readable, executable
  bytes.writeBigUInt64LE(loadAddress, 80)
  bytes.writeBigUInt64LE(loadAddress, 88)
  bytes.writeBigUInt64LE(BigInt(fileSize), 96)
  bytes.writeBigUInt64LE(BigInt(fileSize), 104)
  bytes.writeBigUInt64LE(0x1000n, 112)
  return bytes
}
