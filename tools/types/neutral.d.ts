/**
 * What every engine has but TypeScript declares only with the DOM, WebWorker or Node: the whole world of `contract/` and `worker/core/`,
 * which may know nothing else. Text, WebAssembly and hashes; no clock, no randomness, no network. Read by those two projects alone.
 */

interface TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number }
}
declare var TextEncoder: { new (): TextEncoder }

interface TextDecoder {
  decode(input?: ArrayBuffer | ArrayBufferView): string
}
declare var TextDecoder: { new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder }

declare function atob(data: string): string

declare function structuredClone<T>(value: T): T

interface CryptoKey {
  readonly type: string
}
interface SubtleCrypto {
  digest(algorithm: string, data: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Promise<ArrayBuffer>
  importKey(
    format: 'raw' | 'spki' | 'pkcs8',
    keyData: ArrayBuffer | ArrayBufferView<ArrayBuffer>,
    algorithm: string | { name: string },
    extractable: boolean,
    usages: readonly ('sign' | 'verify')[],
  ): Promise<CryptoKey>
  verify(
    algorithm: string | { name: string },
    key: CryptoKey,
    signature: ArrayBuffer | ArrayBufferView<ArrayBuffer>,
    data: ArrayBuffer | ArrayBufferView<ArrayBuffer>,
  ): Promise<boolean>
}
declare var crypto: { readonly subtle: SubtleCrypto }

declare namespace WebAssembly {
  interface Module {
    readonly __module: never
  }
  interface Instance {
    readonly exports: Record<string, unknown>
  }
  interface Memory {
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  var Module: { new (bytes: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Module }
  var Instance: { new (module: Module, imports?: Record<string, Record<string, unknown>>): Instance }
  var Memory: { new (descriptor: { initial: number; maximum?: number; shared?: boolean }): Memory }
  function validate(bytes: ArrayBuffer | ArrayBufferView<ArrayBuffer>): boolean
  function compile(bytes: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Promise<Module>
  function instantiate(module: Module, imports?: Record<string, Record<string, unknown>>): Promise<Instance>
  function instantiate(
    bytes: ArrayBuffer | ArrayBufferView<ArrayBuffer>,
    imports?: Record<string, Record<string, unknown>>,
  ): Promise<{ module: Module; instance: Instance }>
}
