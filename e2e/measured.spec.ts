import { MEASURED_PROMISES } from './promises/measured.ts'
import { testPromises } from './promises/promises.ts'
import { pageTest } from './support/page-test.ts'

pageTest.use({ trace: 'off' }) // a recording works on the page's main thread too

testPromises(pageTest, MEASURED_PROMISES)
