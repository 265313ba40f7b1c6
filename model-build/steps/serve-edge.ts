import type { ServeRequest, StepIo, StepResult } from '../commands/requests.ts'
import { openEdgeHome } from '../publish/edge-home.ts'
import { startEdge, stayWith } from '../publish/edge-process.ts'
import { packageFiles } from '../publish/page-files.ts'

/** Body of `pocketshelf serve`: the edge with the package's own files, until a signal. */
export async function serveEdge(request: ServeRequest, io: StepIo): Promise<StepResult> {
  const home = await openEdgeHome(request.dir)
  const log = (line: string) => void process.stderr.write(`${line}\n`)
  const statics = packageFiles()
  const edge = await startEdge(home, { host: request.host, port: request.port, statics, log })
  const result = { summary: { url: edge.url, pid: edge.pid }, lines: [edge.url] }
  io.ready(result)
  await stayWith(edge, io.signal)
  return result
}
