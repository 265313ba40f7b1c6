/** Binaries that the bundle of an engine holds (esbuild's loader `binary`). */
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>
  export default bytes
}
