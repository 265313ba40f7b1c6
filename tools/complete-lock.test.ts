import { describe, expect, test } from 'vitest'
import { missingEntries } from './complete-lock.ts'
import { missingPackages } from './launcher/packages.mjs'

describe('missingEntries', () => {
  test('adds the packages for other machines that the lock file mentions but lacks', () => {
    const packages = {
      'node_modules/tool': {
        dev: true,
        optionalDependencies: { 'tool-linux-arm64-musl': '1.2.3', 'tool-darwin-x64': '1.2.3', fsevents: '2.3.3' },
      },
      'node_modules/tool-darwin-x64': { version: '1.2.3' },
    }
    expect([...missingEntries({ packages })]).toEqual([
      [
        'node_modules/tool-linux-arm64-musl',
        { version: '1.2.3', dev: true, optional: true, os: ['linux'], cpu: ['arm64'], libc: ['musl'] },
      ],
    ])
  })

  test('reads machines under other words', () => {
    const packages = { 'node_modules/tool': { optionalDependencies: { '@tool/bin-windows-64': '1.0.0' } } }
    expect([...missingEntries({ packages })]).toEqual([
      ['node_modules/@tool/bin-windows-64', { version: '1.0.0', optional: true, os: ['win32'], cpu: ['x64'] }],
    ])
  })
})

describe('missingPackages', () => {
  const own = { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] }
  const other = { version: '1.0.0', optional: true, os: ['none-such'] }

  test('names an optional package for this machine that an older Node skipped, and none for other machines', () => {
    expect(missingPackages({ '': {}, 'node_modules/own': own, 'node_modules/other': other }, {})).toEqual([
      'node_modules/own',
    ])
  })

  test('names a package of another version', () => {
    const present = { 'node_modules/a': { version: '1.0.0' } }
    expect(missingPackages({ 'node_modules/a': { version: '1.0.1' } }, present)).toEqual(['node_modules/a'])
  })
})
