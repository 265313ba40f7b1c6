import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The file of hnswlib-wasm 0.8.2 that is patched, and its SHA-256; any other version must be looked at by a person first. */
const PINNED_FILE = 'hnswlib-317962d7.js'
const PINNED_HASH = 'dd53b526f1cc6c6b379d2ed012bca6b6d28f04d967801029218840a3efb07826'

/** Name of the binary beside the script. */
export const HNSW_WASM_NAME = 'hnswlib.wasm'

/** The patched library: an ES module whose default export is the Emscripten factory, and its binary, to be given to it as `wasmBinary`. */
export type PatchedHnswlib = { readonly js: string; readonly wasm: Uint8Array<ArrayBuffer> }

/** What embind's method invokers do, as a closure instead of generated code (a strict CSP refuses `new Function`). */
const METHOD_INVOKER = `var nArgs = argCount - 2;
      return function () {
        if (arguments.length !== nArgs) throwBindingError('function ' + humanName + ' called with ' + arguments.length + ' arguments, expected ' + nArgs);
        var destructors = needsDestructorStack ? [] : null, wired = [], passed = [cppTargetFunc];
        if (isClassMethodFunc) passed.push(wired[1] = argTypes[1].toWireType(destructors, this));
        for (var i = 0; i < nArgs; ++i) passed.push(wired[i + 2] = argTypes[i + 2].toWireType(destructors, arguments[i]));
        var rv = cppInvokerFunc.apply(null, passed);
        if (needsDestructorStack) runDestructors(destructors);
        else for (var j = isClassMethodFunc ? 1 : 2; j < argTypes.length; ++j)
          if (argTypes[j].destructorFunction !== null) argTypes[j].destructorFunction(wired[j]);
        if (returns) return argTypes[0].fromWireType(rv);
      };`

/** The same for calls from C++ into JavaScript values. */
const METHOD_CALLER = `var invokerFunction = function (handle, name, destructors, args) {
        var values = [], offset = 0;
        for (var i = 0; i < argCount - 1; ++i) {
          values.push(types[i + 1].readValueFromPointer(args + offset));
          offset += types[i + 1]['argPackAdvance'];
        }
        var rv = handle[name].apply(handle, values);
        for (var i = 0; i < argCount - 1; ++i) if (types[i + 1]['deleteObject']) types[i + 1].deleteObject(values[i]);
        if (!retType.isVoid) return retType.toWireType(destructors, rv);
      };`

/** Text in the library -> what stands there instead. Each must be found exactly once. */
const REPLACEMENTS: readonly (readonly [string, string])[] = [
  ['return newFunc(Function, args1).apply(null, args2);', METHOD_INVOKER],
  ['var invokerFunction = newFunc(Function, params).apply(null, args);', METHOD_CALLER],
  ['FS.staticInit();ERRNO_CODES', "FS.staticInit();Module['FS']=FS;ERRNO_CODES"],
  ["if (!(typeof window == 'object' || typeof importScripts == 'function')) throw", 'if (false) throw'],
  ['var _scriptDir = import.meta.url;', "var _scriptDir = '';"],
  ['export { hnswlib as default };', 'export { hnswlib as default };'],
  ['//# sourceMappingURL=hnswlib-317962d7.js.map', ''],
]

const INLINED = /'data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)'/g

/**
 * Makes hnswlib-wasm fit for a strict CSP and for loading graphs from bytes: no generated code, `FS` exposed, no host check, and the binary,
 * without its custom sections, in a file of its own.
 * @param source - The published module.
 * @throws Error when the file is not the pinned one or a text is not found exactly once.
 */
export function patchHnswlib(source: string): PatchedHnswlib {
  const hash = createHash('sha256').update(source).digest('hex')
  if (hash !== PINNED_HASH) throw new Error(`hnswlib-wasm is not the pinned file: SHA-256 ${hash}`)
  return applyPatch(source)
}

/** The patch without the pin. @throws Error when a text is not found exactly once. */
export function applyPatch(source: string): PatchedHnswlib {
  const [inlined, ...more] = source.matchAll(INLINED)
  if (inlined?.[1] === undefined || more.length > 0) throw new Error('hnswlib-wasm does not inline exactly one binary')
  const wasm = stripCustomSections(new Uint8Array(Buffer.from(inlined[1], 'base64')))
  let js = source.replace(inlined[0], `'${HNSW_WASM_NAME}'`)
  for (const [before, after] of REPLACEMENTS) {
    const parts = js.split(before)
    if (parts.length !== 2) throw new Error(`hnswlib-wasm has ${parts.length - 1} times: ${before.slice(0, 60)}`)
    js = parts.join(after)
  }
  return { js, wasm }
}

/** Drops sections with id 0 (names, producers) from a WebAssembly binary: they change nothing but its size. */
export function stripCustomSections(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  const kept: Uint8Array[] = [binary.subarray(0, 8)]
  let at = 8
  while (at < binary.length) {
    const start = at
    const id = binary[at++]
    let size = 0
    let shift = 0
    for (let more = true; more; shift += 7) {
      const byte = binary[at++]
      size += (byte & 127) * 2 ** shift
      more = byte > 127
    }
    at += size
    if (id !== 0) kept.push(binary.subarray(start, at))
  }
  return new Uint8Array(Buffer.concat(kept))
}

/** Reads the installed package and patches it. @throws Error as `patchHnswlib` */
export async function readHnswlib(): Promise<PatchedHnswlib> {
  const folder = dirname(createRequire(import.meta.url).resolve('hnswlib-wasm/package.json'))
  return patchHnswlib(await readFile(join(folder, 'dist', PINNED_FILE), 'utf8'))
}

/** The patched factory as Node can import it: without a file, from a data URL. */
export async function importHnswlib(): Promise<{ readonly factory: unknown; readonly wasm: Uint8Array<ArrayBuffer> }> {
  const { js, wasm } = await readHnswlib()
  const module: { default: unknown } = await import(`data:text/javascript;base64,${Buffer.from(js).toString('base64')}`)
  return { factory: module.default, wasm }
}

/** A plugin for Vite, Rolldown or Rollup: patches the library on its way into a bundle and puts the binary beside it. */
export function hnswPlugin(): {
  readonly name: string
  readonly enforce: 'pre'
  transform(
    this: {
      emitFile(file: { type: 'asset'; fileName: string; source: Uint8Array }): string
      error(text: string): never
    },
    code: string,
    id: string,
  ): { code: string; map: null } | null
} {
  return {
    name: 'pocketshelf-hnswlib',
    enforce: 'pre',
    transform(code, id) {
      if (!/hnswlib-wasm\/dist\/hnswlib-\w+\.js/.test(id)) return null
      try {
        const { js, wasm } = patchHnswlib(code)
        this.emitFile({ type: 'asset', fileName: HNSW_WASM_NAME, source: wasm })
        return { code: js, map: null }
      } catch (thrown) {
        return this.error(thrown instanceof Error ? thrown.message : String(thrown))
      }
    },
  }
}
