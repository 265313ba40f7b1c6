import { RecError } from './errors.ts'

/** Appends unsigned LEB128 numbers (0…2^32-1) to a growing buffer. */
export class VarintWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  write(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      throw new RecError('shard-malformed', 'a varint holds 0…2^32-1', { value })
    }
    if (this.#length + 5 > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    let rest = value
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest & 127) | 128
      rest = rest >>> 7
    }
    this.#bytes[this.#length++] = rest
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }
}

/** Reads unsigned LEB128 numbers; refuses cut, over-long and over-large ones with `shard-malformed`. */
export class VarintReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  read(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#at >= this.#bytes.length) throw new RecError('shard-malformed', 'a varint is cut')
      const byte = this.#bytes[this.#at++]
      value += (byte & 127) * 2 ** shift
      if (byte < 128) {
        if (value > 0xffffffff) break
        if (byte === 0 && shift > 0) throw new RecError('shard-malformed', 'a varint is longer than it must be')
        return value
      }
    }
    throw new RecError('shard-malformed', 'a varint is too large')
  }

  /** @throws RecError `shard-malformed` when bytes are left. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new RecError('shard-malformed', 'bytes trail the last varint')
  }
}
