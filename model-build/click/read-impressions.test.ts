import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveConfig } from '../config/resolve-config.ts'
import { withDatabase } from '../ingest/database.ts'
import { NO_LABEL, readImpressions } from './read-impressions.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pocketshelf-impressions-'))
})
afterAll(() => rm(dir, { recursive: true }))

async function read(train: string, tested: string, users?: string) {
  const write = async (name: string, text: string) => {
    await writeFile(join(dir, name), `${text.replaceAll(' ', '\n')}\n`)
    return [join(dir, name)]
  }
  const files = {
    train: await write('train.csv', train),
    test: await write('test.csv', tested),
    users: users === undefined ? [] : await write('users.csv', users),
    items: [],
  }
  const { input } = await resolveConfig(undefined, {})
  return withDatabase(input, (connection) => readImpressions(connection, files, input))
}

describe('readImpressions', () => {
  test.each([
    ['click,label', 'a,x,0,1,p b,y,1,0,q', 'a,y,0,1,p'],
    ['label,click', 'a,x,1,0,p b,y,0,1,q', 'a,y,1,0,p'],
    ['CLICKED,Label', 'a,x,0,1,p b,y,1,0,q', 'a,y,0,1,p'],
  ])('takes the label for the label and no other label’s column for a feature: %s', async (names, train, tested) => {
    const header = `user_id,item_id,${names},device`
    const rows = await read(`${header} ${train}`, `${header} ${tested}`)
    expect([...rows.label]).toEqual([1, 0, 1])
    expect(rows.columns.map(({ name }) => name)).toEqual(['device'])
  })

  test('reads the test rows’ labels from a column of another name', async () => {
    const rows = await read('user_id,item_id,click a,x,1 b,y,0', 'user_id,item_id,label a,y,1 b,x,0')
    expect([...rows.label]).toEqual([1, 0, 1, 0])
    expect(rows.columns).toEqual([])
  })

  test('takes no column of test rows for their labels that stands beside the label in the train rows', async () => {
    const rows = await read('user_id,item_id,label,click a,x,1,1 b,y,0,1', 'user_id,item_id,click a,y,1')
    expect([...rows.label]).toEqual([1, 0, NO_LABEL])
  })

  test('keeps ids that are spelt like no value, and only trims them', async () => {
    const rows = await read(
      'user_id,item_id,label,device NA,null,1,p none,NaN,0,NA',
      'user_id,item_id,label,device "NA\t",None,1,q ,n/a,1,q',
      'user_id,age NA,20 none,30',
    )
    expect(rows.userIds).toEqual(['NA', 'none'])
    expect(rows.itemIds).toEqual(['null', 'NaN', 'None', 'n/a'])
    expect([...rows.user]).toEqual([0, 1, 0, -1])
    expect(rows.dropped).toBe(0)
    const age = rows.columns.find(({ name, kind }) => name === 'age' && kind === 'number')
    expect(age).toMatchObject({ values: Float64Array.from([20, 30]) })
    const device = rows.columns.find(({ name }) => name === 'device')
    expect(device).toMatchObject({ size: 2 })
  })
})
