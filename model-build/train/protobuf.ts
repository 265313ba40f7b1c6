/** Writes protocol buffer messages (proto3 wire format) into a growing buffer; `finish` copies the bytes out. */
export class ProtobufWriter {
  #bytes = new Uint8Array(1024)
  #length = 0

  /** Unsigned or negative 64-bit varint field from a safe integer. */
  int(field: number, value: number): this {
    return this.#varint(field * 8).#varint(value)
  }

  /** 32-bit float field. */
  float(field: number, value: number): this {
    this.#varint(field * 8 + 5)
    this.#append(new Uint8Array(new Float32Array([value]).buffer))
    return this
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint(field * 8 + 2).#varint(value.length)
    this.#append(value)
    return this
  }

  message(field: number, write: (inner: ProtobufWriter) => void): this {
    const inner = new ProtobufWriter()
    write(inner)
    return this.bytes(field, inner.finish())
  }

  /** Repeated integers, packed. */
  packedInts(field: number, values: Iterable<number>): this {
    const inner = new ProtobufWriter()
    for (const value of values) inner.#varint(value)
    return this.bytes(field, inner.finish())
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #varint(value: number): this {
    this.#reserve(10)
    let rest = BigInt.asUintN(64, BigInt(value))
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 127n) | 128
    this.#bytes[this.#length++] = Number(rest)
    return this
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #reserve(extra: number): void {
    if (this.#length + extra <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + extra))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
