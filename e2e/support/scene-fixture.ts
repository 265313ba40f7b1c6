import type { Scene } from '../promises/scene.ts'
import { type HostPage, serveHost } from './host-page.ts'
import type { OpenSite } from './open-site.ts'
import type { Visitor } from './visitor.ts'
import { layWire } from './wire.ts'

/** Lays wires and serves hosts for one visitor; everything ends with the test. */
export async function withScene(
  { visitor, small, demo }: { readonly visitor: Visitor; readonly small: OpenSite; readonly demo: OpenSite },
  use: (scene: Scene) => Promise<void>,
): Promise<void> {
  const hosts: HostPage[] = []
  const [smallWire, demoWire] = await Promise.all([layWire(small.url), layWire(demo.url)])
  await use({
    visitor,
    small: { site: small, wire: smallWire },
    demo: { site: demo, wire: demoWire },
    host: async (body, options) => {
      const host = await serveHost(body, options)
      hosts.push(host)
      return host
    },
  })
  for (const host of hosts) host.close()
  await Promise.all([smallWire.close(), demoWire.close()])
}
