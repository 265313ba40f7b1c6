import { Agent, request } from 'node:http'
import type { Post } from './fleet.ts'

const SOCKETS = 16

/** Posts reports over kept connections, each device from a network of its own, as a proxy in front of the edge would say. */
export function createPost(edgeUrl: string, site: string): { readonly post: Post; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS })
  const url = new URL(`/v1/sites/${site}/r`, edgeUrl)
  const post: Post = (device, bytes) =>
    new Promise((resolve, reject) => {
      const headers = { 'x-forwarded-for': networkOf(device), 'content-length': bytes.length }
      const call = request(url, { method: 'POST', agent, headers }, (answer) => {
        answer.resume().once('end', resolve)
      })
      call.once('error', reject).end(bytes)
    })
  return { post, close: () => agent.destroy() }
}

/** A /24 for each device, below 224. */
function networkOf(device: number): string {
  return `${20 + ((device >> 16) % 200)}.${(device >> 8) & 255}.${device & 255}.1`
}
