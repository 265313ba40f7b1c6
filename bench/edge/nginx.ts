import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** Serves a directory with one nginx worker on one core, as fast as nginx can: sendfile, open files kept, no log. */
export async function startNginx(
  nginx: string,
  dir: string,
  core: string,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const port = await freePort()
  const root = join(dir, 'static')
  chmodSync(dir, 0o755)
  mkdirSync(join(dir, 'nginx'), { recursive: true })
  const config = join(dir, 'nginx', 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(dir, 'nginx', name)};`)
    .join(' ')
  writeFileSync(
    config,
    `daemon off; master_process off; worker_processes 1; error_log stderr crit; pid ${join(dir, 'nginx', 'pid')};
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; etag on; ${temporary}
  open_file_cache max=100; open_file_cache_valid 60s;
  server {
    listen 127.0.0.1:${port};
    root ${root};
    add_header cache-control "public, max-age=31536000, immutable";
  }
}
`,
  )
  const child = spawn('taskset', ['-c', core, nginx, '-c', config], { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 200; tries++) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    )
    if (isUp) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no free port')
  return address.port
}
