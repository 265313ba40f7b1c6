import { MEASURED_PROMISES } from './promises/measured.ts'
import { testPromises } from './promises/promises.ts'
import { pageTest } from './support/page-test.ts'

pageTest.use({ trace: 'off' }) // a recording works on the page's main thread too

pageTest.describe.configure({ timeout: 240_000 }) // up to eight loads

testPromises(pageTest, MEASURED_PROMISES)
