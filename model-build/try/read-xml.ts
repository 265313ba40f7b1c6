import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { RecError } from '#contract/errors'
import { isRecord, type SourceRecord } from '../import/values.ts'

/** Deepest nesting of elements. */
const MAX_DEPTH = 60

/**
 * An XML document as objects: prefixes of namespaces gone, attributes under `@name`, text of an element with attributes under `#text`.
 * @throws RecError `input-malformed` for what is not well-formed, and for every document type: entities are how XML attacks work, and no
 *   feed needs them.
 */
export function parseXml(text: string, name: string): SourceRecord {
  if (hasDocumentType(text))
    throw new RecError(
      'input-malformed',
      `${name} has a document type (<!DOCTYPE …>), which may hide entities; remove it`,
    )
  const checked = XMLValidator.validate(text)
  if (checked !== true) throw malformed(name, checked.err.msg, checked.err.line)
  const parser = new XMLParser({
    removeNSPrefix: true,
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    parseAttributeValue: false,
    htmlEntities: true,
    maxNestedTags: MAX_DEPTH,
  })
  try {
    const value: unknown = parser.parse(text)
    return isRecord(value) ? value : {}
  } catch (cause) {
    throw malformed(name, cause instanceof Error ? cause.message : String(cause))
  }
}

function malformed(name: string, reason: string, line?: number): RecError {
  return new RecError(
    'input-malformed',
    `${name} is not well-formed XML: ${reason}`,
    line === undefined ? {} : { line },
  )
}

/** Whether a document type stands before the first element; texts in CDATA may speak of one. */
function hasDocumentType(text: string): boolean {
  let at = 0
  for (;;) {
    at = text.indexOf('<', at)
    if (at < 0) return false
    if (text.startsWith('<?', at)) at = text.indexOf('?>', at)
    else if (text.startsWith('<!--', at)) at = text.indexOf('-->', at + 4)
    else return /^<!doctype/i.test(text.slice(at, at + 10))
    if (at < 0) return false
  }
}

/** The elements of this name, whether there are none, one or many. */
export function childrenOf(parent: unknown, name: string): SourceRecord[] {
  const value = isRecord(parent) ? parent[name] : undefined
  return (Array.isArray(value) ? value : [value]).filter(isRecord)
}

/** The text of an element, with or without attributes. */
export function elementText(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim()
  if (isRecord(value)) return elementText(value['#text'])
  if (Array.isArray(value)) return value.map(elementText).find((text) => text !== undefined)
  return undefined
}
