/** One way to search vectors in a page: what each file of `engines/` exports as `engine`. All vectors have length 1. */
export interface PeerEngine {
  /** What a reader of its numbers must know. */
  readonly note?: string
  /** Makes the index and keeps it where the library keeps it. @param rows - Row-major. @returns What a page would store or download. */
  build(rows: Float32Array, dim: number): Promise<Uint8Array<ArrayBuffer>>
  /** For libraries with storage of their own: puts the index there, as an earlier visit would have. */
  place?(stored: Uint8Array<ArrayBuffer>): Promise<void>
  /** Opens the index; afterwards `search` answers. @param stored - What `build` returned, unless the library has storage of its own. */
  load(stored: Uint8Array<ArrayBuffer>, dim: number): Promise<void>
  /** What the engine still does once it answers. */
  settle?(): Promise<void>
  /** Row numbers, nearest first, at most k. */
  search(query: Float32Array, k: number): readonly number[] | Promise<readonly number[]>
}
