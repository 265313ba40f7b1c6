import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { compile } from 'svelte/compiler'
import { compileScript, parse } from 'vue/compiler-sfc'
import { ROOT } from './command-line.ts'

/** Bundles one of `examples/` as an application's own tools would; `pocketshelf` is the built module. */
export async function buildExample(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'examples', entry)],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    minify: true,
    conditions: ['browser'],
    define: {
      'process.env.NODE_ENV': '"production"',
      __VUE_OPTIONS_API__: 'false',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
    alias: { pocketshelf: join(ROOT, 'dist', 'pocketshelf.mjs') },
    plugins: [components()],
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

/** Components of Vue and Svelte by the frameworks' own compilers. */
function components(): Plugin {
  return {
    name: 'components',
    setup({ onLoad }) {
      onLoad({ filter: /[.]svelte$/ }, async ({ path }) => {
        const { js } = compile(await readFile(path, 'utf8'), { filename: path, generate: 'client' })
        return { contents: js.code, loader: 'js' }
      })
      onLoad({ filter: /[.]vue$/ }, async ({ path }) => {
        const { descriptor } = parse(await readFile(path, 'utf8'), { filename: path })
        const templateOptions = { compilerOptions: { isCustomElement: (tag: string) => tag === 'pocket-shelf' } }
        const { content } = compileScript(descriptor, { id: 'app', inlineTemplate: true, templateOptions })
        return { contents: content, loader: 'js' }
      })
    },
  }
}
