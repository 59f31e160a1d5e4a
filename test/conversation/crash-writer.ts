/**
 * A process that stores threads until it is killed. After each commit that was acknowledged it prints its number.
 * usage: node --import tsx crash-writer.ts DATA_DIR
 */
import { createStores } from '../../src/conversation/stores.ts'
import { bytesOf, jobOf, threadWith } from '../contracts/store.ts'

const stores = await createStores({ dataDir: process.argv[2]! })
process.stdout.write('ready\n')
for (let i = 0; ; i++) {
  const picture = bytesOf(`picture ${i} `.repeat(500))
  await stores.commit({ thread: threadWith(`t${i}`, [picture]), pictures: [picture], jobs: [jobOf(`j${i}`, `t${i}`)] })
  process.stdout.write(`${i}\n`)
}
