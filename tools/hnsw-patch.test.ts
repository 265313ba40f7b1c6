import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { applyPatch, hnswPlugin, importHnswlib, patchHnswlib, readHnswlib, stripCustomSections } from './hnsw-patch.ts'

const PUBLISHED = new URL('../node_modules/hnswlib-wasm/dist/hnswlib-317962d7.js', import.meta.url)

test('the patched library generates no code at run time and inlines no binary', async () => {
  const { js, wasm } = await readHnswlib()
  expect(js).not.toMatch(/newFunc\(Function/)
  expect(js).not.toMatch(/new Function\(|\beval\(/)
  expect(js).not.toMatch(/base64,[A-Za-z0-9+/]{40}/)
  expect(js).not.toContain('import.meta')
  expect(wasm.length).toBe(318_128)
  expect(WebAssembly.validate(wasm)).toBe(true)
})

test('the patched library exposes its file system and starts from given bytes without a window', async () => {
  const { factory, wasm } = await importHnswlib()
  const lines: string[] = []
  const print = (text: string) => lines.push(text)
  const start = factory as (options: object) => Promise<{ FS: { mkdir(path: string): void } }>
  const library = await start({ wasmBinary: wasm, print, printErr: print })
  expect(typeof library.FS.mkdir).toBe('function')
  expect(lines).toEqual([])
})

test('patchHnswlib refuses a file that is not the pinned one, and applyPatch one without an expected text', async () => {
  const source = await readFile(PUBLISHED, 'utf8')
  expect(() => patchHnswlib(`${source} `)).toThrow(/not the pinned file/)
  expect(() => applyPatch(source.replace('newFunc(Function, params)', 'newFunc(Function, other)'))).toThrow(
    /has 0 times/,
  )
  expect(() => applyPatch(source.replace('base64,AGFzbQ', 'base64,?'))).toThrow(/exactly one binary/)
})

test('hnswPlugin patches the library alone, emits its binary and stops the build where it cannot', async () => {
  const plugin = hnswPlugin()
  const emitted: string[] = []
  const context = {
    emitFile: (file: { fileName: string }) => {
      emitted.push(file.fileName)
      return ''
    },
    error: (text: string): never => {
      throw new Error(`build: ${text}`)
    },
  }
  const id = '/x/node_modules/hnswlib-wasm/dist/hnswlib-317962d7.js'
  expect(plugin.transform.call(context, 'let a', '/x/other.js')).toBeNull()
  expect(plugin.transform.call(context, await readFile(PUBLISHED, 'utf8'), id)?.code).toContain("Module['FS']=FS")
  expect(emitted).toEqual(['hnswlib.wasm'])
  expect(() => plugin.transform.call(context, 'let a', id)).toThrow(/^build: hnswlib-wasm is not the pinned file/)
})

test('stripCustomSections drops sections of id 0 and keeps the rest in place', () => {
  const head = [0, 97, 115, 109, 1, 0, 0, 0]
  const stripped = stripCustomSections(Uint8Array.of(...head, 0, 2, 1, 65, 1, 1, 0, 0, 1, 0))
  expect([...stripped]).toEqual([...head, 1, 1, 0])
})
