/** All kernels, compiled by compile.ts into the committed kernels.wasm. Every threaded one has the shape (begin, end, scratch, …arguments). */
export * from './gemm.as'
export * from './ials.as'
export * from './inverse.as'
export * from './trees.as'
export * from './item-pairs.as'
export * from './sparse.as'
export * from './factors.as'
