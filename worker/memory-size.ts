import type { Model } from '#worker/core/model'

/** Bytes of all typed arrays that a model holds, its engines' own memory apart. */
export function memoryBytes({ catalogue, gramians, scratch, unavailable }: Model): number {
  const { columns, voters, sequence } = catalogue
  const roots: object[] = [catalogue, columns, voters, sequence ?? {}, scratch, ...gramians, { unavailable }]
  const counted = new Set<ArrayBufferLike>()
  let sum = 0
  for (const root of roots) {
    for (const value of Object.values(root)) {
      if (!ArrayBuffer.isView(value) || counted.has(value.buffer)) continue
      counted.add(value.buffer)
      sum += value.buffer.byteLength
    }
  }
  return sum
}
