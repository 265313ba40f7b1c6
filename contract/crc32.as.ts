// CRC-32 of bytes in the module's own memory: AssemblyScript, compiled by tools/compile-crc32.ts into crc32-kernel.ts. crc32.ts lays its
// eight tables at address 0.

// @ts-ignore: decorators are the compiler's
@inline
function advanced(bytes: usize, value: u32): u32 {
  return load<u32>(bytes * 1024 + <usize>(value & 255) * 4)
}

/** Goes on from `before`, as in crc32.ts: bits inverted at neither end. */
export function advance(before: u32, at: usize, length: usize): u32 {
  let c = before
  const end = at + length
  for (; at + 8 <= end; at += 8) {
    const low = c ^ load<u32>(at)
    const high = load<u32>(at, 4)
    c =
      advanced(7, low) ^
      advanced(6, low >> 8) ^
      advanced(5, low >> 16) ^
      advanced(4, low >> 24) ^
      advanced(3, high) ^
      advanced(2, high >> 8) ^
      advanced(1, high >> 16) ^
      advanced(0, high >> 24)
  }
  for (; at < end; at++) c = advanced(0, c ^ load<u8>(at)) ^ (c >> 8)
  return c
}
