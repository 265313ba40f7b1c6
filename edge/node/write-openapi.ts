import { writeFileSync } from 'node:fs'
import { openApiDocument } from '../core/openapi.ts'

// Entry: writes docs/openapi.json, which tools/generate.ts keeps unchanged.
writeFileSync(new URL('../../docs/openapi.json', import.meta.url), `${JSON.stringify(openApiDocument(), null, 2)}\n`)
