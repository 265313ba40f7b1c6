import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { projectFiles, ROOT } from '../project-files.ts'

/** TypeScript blocks of the pages for people who write pages, by a file name of their own. */
function examples(): Map<string, string> {
  const pages = projectFiles().filter((file) => /^docs\/(?:recipes\/.*|page)[.]md$/.test(file))
  return new Map(
    pages.flatMap((page) =>
      Array.from(readFileSync(join(ROOT, page), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g), ([, code = ''], index) => [
        join(ROOT, 'tools', `${page.replace(/\W/g, '-')}-${index}.ts`),
        `${code}\nexport {}\n`,
      ]),
    ),
  )
}

test('the TypeScript of the recipes fits the module', () => {
  const codes = examples()
  expect(codes.size).toBeGreaterThan(3)
  const config = ts.parseJsonConfigFileContent(
    { extends: join(ROOT, 'tsconfig.json'), compilerOptions: { types: [], noUnusedLocals: false } },
    ts.sys,
    ROOT,
  )
  const host = ts.createCompilerHost(config.options)
  const { readFile, fileExists } = host
  host.readFile = (file) => codes.get(file) ?? readFile(file)
  host.fileExists = (file) => codes.has(file) || fileExists(file)
  const css = join(ROOT, 'client', 'css.d.ts')
  const program = ts.createProgram([...codes.keys(), css], { ...config.options, noEmit: true }, host)
  const faults = ts.getPreEmitDiagnostics(program).filter(({ file }) => file !== undefined && codes.has(file.fileName))
  expect(
    faults.map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`),
  ).toEqual([])
})
