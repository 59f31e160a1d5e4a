/**
 * A process whose files cannot grow beyond a limit: it stores too much, and tells what came of it as one line of JSON.
 * usage: ulimit -f 300; node --import tsx full-disk-writer.ts DATA_DIR
 */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../../src/contract/errors.ts'
import { renameThread } from '../../src/conversation/thread.ts'
import { createStores } from '../../src/conversation/stores.ts'
import { bytesOf, keyOf, threadWith } from '../contracts/store.ts'

const dataDir = process.argv[2]!
const stores = await createStores({ dataDir })
const small = bytesOf('small')
const first = threadWith('t0', [small])
await stores.commit({ thread: first, pictures: [small] })

const codeOf = (work: Promise<void>) => work.then(() => 'no error').catch((error: unknown) => AppError.from(error).code)
const blobs = () =>
  readdirSync(path.join(dataDir, 'blobs'), { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
    .length
const threads = async () => (await stores.threads.list('web', 'ann')).map(({ key }) => key.threadId).toSorted()

const big = new Uint8Array(1 << 20).fill(7)
const bigPicture = {
  code: await codeOf(stores.commit({ thread: threadWith('t1', [small, big]), pictures: [small, big] })),
  blobs: blobs(),
  threads: await threads(),
}

const other = bytesOf('other')
const title = { ...renameThread(first, 'new', 9), settings: { negativePrompt: 'x'.repeat(1 << 20) } }
const bigThread = {
  code: await codeOf(stores.commit({ thread: title, pictures: [other] })),
  unchanged: isDeepStrictEqual(await stores.threads.get(keyOf('t0')), first),
  blobs: blobs(),
}

await stores.commit({ thread: threadWith('after') })
process.stdout.write(`${JSON.stringify({ bigPicture, bigThread, later: { threads: await threads() } })}\n`)
await stores.close()
