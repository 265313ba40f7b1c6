export { createLog } from './log.ts'
export { createNodeEdge, type NodeEdge, type NodeEdgeOptions } from './node-edge.ts'
export type { StaticDir } from './static-files.ts'
