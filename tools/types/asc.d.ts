/**
 * The part of AssemblyScript's compiler that is called here. Its own types declare a `console` and a `WebAssembly` of their own for the
 * whole program; `paths` in the Node projects leads here instead.
 */
export type Streams = {
  readonly writeFile?: (name: string, contents: Uint8Array | string) => void
  readonly readFile?: (name: string, folder: string) => string | null
}

declare const asc: {
  main(
    args: readonly string[],
    streams?: Streams,
  ): Promise<{
    readonly error: Error | null
    readonly stderr: { toString(): string }
    readonly stdout: { toString(): string }
  }>
}
// biome-ignore lint/style/noDefaultExport: the package has it so.
export default asc
